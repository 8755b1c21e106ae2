"""Uploads over HTTP: one image at a time, and archives that are taken in while the browser watches."""

import asyncio
import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient
from starlette.types import Message, Receive

from server import access, uploads
from server.identity import IdentityMiddleware
from storage import images, labels, pictures
from storage.core import ProjectPaths, Store
from storage.images import Image
from storage.index import Index
from storage.projects import Project
from tests.server.conftest import THIS_HOST

Document = Callable[..., bytes]
Send = Callable[..., httpx.Response]


@pytest.fixture
def put(client: TestClient, project: Project) -> Send:
    """Upload an image."""
    return lambda data, name="scan.png": client.post(f"/api/projects/{project.id}/uploads", params={"name": name}, content=data)


@pytest.fixture
def put_archive(client: TestClient, project: Project) -> Send:
    """Upload an archive."""
    return lambda data, name="scans.zip": client.post(f"/api/projects/{project.id}/archives", params={"name": name}, content=data)


def packed(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def in_project(store: Store, project: Project) -> int:
    index = Index(store)
    index.refresh(project.id)
    return index.counts(project.id).images


def temporary_files() -> list[str]:
    """Open files of this process that have no name any more and lie in the cache."""
    targets = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [target for target in targets if target.startswith(str(access.get_cache())) and target.endswith("(deleted)")]


def test_an_image_goes_in_with_its_name_and_its_author(put: Send, paths: ProjectPaths, document: Document) -> None:
    data = document("12.50")
    answer = put(data, "чек 1.png")
    assert answer.status_code == 201
    assert answer.json() == {"image": answer.json()["image"], "name": "чек 1.png", "restored": False}
    kept = images.get(paths, answer.json()["image"])
    assert (kept.name, kept.author, paths.original(kept.id).read_bytes()) == ("чек 1.png", "local", data)


@pytest.mark.parametrize("data", [b"", b"total 12.50", b"\xff\xd8\xff\xe0" + bytes(50)], ids=["empty", "text", "cut off"])
def test_what_is_no_image_is_refused_by_name(put: Send, store: Store, project: Project, data: bytes) -> None:
    answer = put(data, "letter.png")
    assert (answer.status_code, answer.json()["values"]["name"]) == (400, "letter.png")
    assert in_project(store, project) == 0


def test_an_image_that_is_there_is_refused_with_the_name_it_has(put: Send, image: Image, document: Document) -> None:
    answer = put(document("12.50"), "second.png")
    assert (answer.status_code, answer.json()["values"]) == (400, {"name": "second.png", "known": "receipt.png"})


def test_a_deleted_image_comes_back_with_its_label_split_and_turn(put: Send, paths: ProjectPaths, image: Image, document: Document) -> None:
    labels.save(paths, image.id, 0, (), "ann")
    images.change(paths, images.change(paths, image, "ann", split="test", turn=90), "ann", deleted=True)
    assert put(document("12.50")).json() == {"image": image.id, "name": "scan.png", "restored": True}
    back = images.get(paths, image.id)
    assert (back.split, back.turn, labels.head_rev(paths, image.id)) == ("test", 90, 1)


def test_a_file_that_says_it_is_too_large_is_refused_by_name(put: Send, monkeypatch: pytest.MonkeyPatch, document: Document) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", 1000)
    answer = put(document("12.50", (900, 900), "BMP"), "huge.bmp")
    assert (answer.status_code, answer.json()["values"]["name"]) == (400, "huge.bmp")
    assert "Save it smaller" in answer.json()["error"]


def test_a_file_that_turns_out_too_large_is_refused_without_reading_it_all(
    client: TestClient, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", 1000)
    pieces: list[int] = []

    async def receive() -> Message:
        pieces.append(400)
        return {"type": "http.request", "body": bytes(400), "more_body": True}

    answer = asyncio.run(talk(project, "uploads", receive))
    assert (answer[0]["status"], sum(pieces)) == (400, 1200)
    assert b"Save it smaller" in answer[1]["body"]


def test_an_upload_without_a_name_is_refused(client: TestClient, project: Project, document: Document) -> None:
    assert client.post(f"/api/projects/{project.id}/uploads", content=document("1")).status_code == 400


def test_an_archive_is_answered_file_by_file(put_archive: Send, store: Store, project: Project, document: Document) -> None:
    first, total, last = document("1"), document("2"), document("3")
    files = {"scans/": b"", "scans/1.png": first, "scans/notes.txt": b"hello", "scans/a/2.png": total, "again.png": first, "3.tif": last}
    clutter = {"__MACOSX/scans/._1.png": b"x", "scans/.DS_Store": b"x", "scans/Thumbs.db": b"x"}
    begin, *found, end = lines(put_archive(packed(files | clutter)))
    assert (begin, end) == ({"total": 5}, {"added": 3, "refused": 2})
    assert [line["name"] for line in found] == ["1.png", "notes.txt", "2.png", "again.png", "3.tif"]
    assert ["error" in line for line in found] == [False, True, False, True, False]
    assert found[3]["values"] == {"name": "again.png", "known": "1.png"}
    assert in_project(store, project) == 3
    assert temporary_files() == []


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06 and no more", bytes(1000)], ids=["empty", "cut off", "no ZIP"])
def test_an_archive_that_is_damaged_is_one_refusal(put_archive: Send, data: bytes) -> None:
    answer = put_archive(data, "scans.zip")
    assert (answer.status_code, answer.json()["values"]["name"]) == (400, "scans.zip")
    assert temporary_files() == []


def test_an_archive_that_is_too_large_is_refused_by_name(put_archive: Send, document: Document, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_ARCHIVE_BYTES", 1000)
    answer = put_archive(packed({f"{number}.png": document(str(number)) for number in range(9)}))
    assert (answer.status_code, "several archives" in answer.json()["error"]) == (400, True)
    assert temporary_files() == []


def test_a_full_disk_ends_an_archive_and_says_so(
    put_archive: Send, document: Document, monkeypatch: pytest.MonkeyPatch, store: Store, project: Project
) -> None:
    whole, calls = uploads.archives.add_entry, []

    def add(*args: Any) -> Image:
        calls.append(args)
        if len(calls) == 2:
            raise OSError(28, "No space left on device", "/secret")
        return whole(*args)

    monkeypatch.setattr(uploads.archives, "add_entry", add)
    *_, end = lines(put_archive(packed({f"{number}.png": document(str(number)) for number in range(4)})))
    assert (end["added"], end["refused"], end["values"]) == (1, 0, {"reason": "No space left on device"})
    assert in_project(store, project) == 1


def test_who_goes_away_stops_it_and_what_is_in_stays(client: TestClient, project: Project, document: Document, store: Store) -> None:
    body = packed({f"{number}.png": document(str(number)) for number in range(50)})

    async def leave() -> None:
        gone = asyncio.Event()
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> Message:
            message = next(messages, None)
            if message is None:
                await gone.wait()
            return message or {"type": "http.disconnect"}

        await talk(project, "archives", receive, lambda message: gone.set() if b'"image"' in message.get("body", b"") else None)

    asyncio.run(leave())
    assert 1 <= in_project(store, project) < 50
    assert temporary_files() == []


def test_who_goes_away_while_sending_leaves_nothing(client: TestClient, project: Project, store: Store) -> None:
    messages = iter([{"type": "http.request", "body": bytes(1000), "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> Message:
        return next(messages)

    asyncio.run(talk(project, "archives", receive))
    assert (in_project(store, project), temporary_files()) == (0, [])


async def talk(project: Project, path: str, receive: Receive, on_sent: Callable[[Message], None] = lambda message: None) -> list[Message]:
    """One request as the server itself hears it, down to its pieces; what was answered."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        on_sent(message)

    about = {"type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "method": "POST", "headers": [(b"host", b"here")]}
    app = Starlette(routes=uploads.routes(), middleware=[Middleware(IdentityMiddleware)])
    address = {"path": f"/api/projects/{project.id}/{path}", "query_string": b"name=scans.zip", "client": THIS_HOST}
    await app({**about, **address}, receive, send)
    return sent
