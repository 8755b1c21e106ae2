"""Trying a model over HTTP: a form of files in, pages and a job out."""

import io
from collections.abc import Callable

import httpx
import pytest
from PIL import Image
from starlette.testclient import TestClient

from server import jobs as routes
from storage import jobs, machines
from storage.core import Store, list_names, new_id
from tests.finished import finish
from tests.runs import Runs
from tests.storage.test_documents import pdf

Try = Callable[..., httpx.Response]


@pytest.fixture
def runs(store: Store) -> Runs:
    return Runs(store.root)


@pytest.fixture
def model(runs: Runs) -> str:
    return finish(runs, []).id


@pytest.fixture
def send(client: TestClient, model: str) -> Try:
    """Send files, by name, to be tried on the model."""

    def sent(files: dict[str, bytes], **address: str) -> httpx.Response:
        form = [("file", (name, data)) for name, data in files.items()]
        return client.post("/api/jobs/try", params={"model": model, **address}, files=form)

    return sent


def test_files_become_the_pages_of_one_job(store: Store, runs: Runs, model: str, send: Try, document: Callable[..., bytes]) -> None:
    answer = send({"scan.png": document("12.50"), "two.pdf": pdf(2)})
    assert answer.status_code == 201
    assert answer.json() == {"job": answer.json()["job"], "pages": 3, "left_out": 0, "refused": []}
    (job,) = jobs.list_open(store, runs.machine.id)
    assert (job.id, job.kind, job.model, job.author) == (answer.json()["job"], "try", model, "local")
    assert [page.name for page in job.pages] == ["scan.png", "two.pdf · 1", "two.pdf · 2"]


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(send: Try, document: Callable[..., bytes]) -> None:
    answer = send({"notes.txt": b"not a page", "scan.png": document("12.50")}).json()
    assert answer["pages"] == 1
    assert [refused["name"] for refused in answer["refused"]] == ["notes.txt"]
    assert answer["refused"][0]["template"].startswith("Image {name!r} is not an image")


def test_without_one_page_nothing_is_asked(store: Store, send: Try) -> None:
    answer = send({"notes.txt": b"not a page", "broken.pdf": b"%PDF-1.4"})
    assert answer.status_code == 400
    assert [refused["name"] for refused in answer.json()["refused"]] == ["notes.txt", "broken.pdf"]
    assert list_names(store.jobs) == []


def test_pages_beyond_the_most_are_said(monkeypatch: pytest.MonkeyPatch, send: Try, document: Callable[..., bytes]) -> None:
    monkeypatch.setattr(routes, "MAX_PAGES", 2)
    answer = send({"three.pdf": pdf(3), "scan.png": document("12.50")}).json()
    assert (answer["pages"], answer["left_out"]) == (2, 2)


def test_nothing_tried_enters_a_project(store: Store, runs: Runs, send: Try, document: Callable[..., bytes]) -> None:
    before = sorted(store.projects.rglob("*"))
    send({"scan.png": document("12.50")})
    assert sorted(store.projects.rglob("*")) == before


def test_the_machine_asked_is_the_one_chosen(store: Store, runs: Runs, send: Try, document: Callable[..., bytes]) -> None:
    other = machines.register(store, "other")
    answer = send({"scan.png": document("12.50")}, machine=other.id)
    assert answer.status_code == 400
    assert "does not respond" in answer.json()["error"]


REFUSED = [
    ({"model": "../etc"}, 400, "is not an id"),
    ({"model": new_id()}, 404, "does not exist"),
    ({"machine": new_id()}, 404, "does not exist"),
]


@pytest.mark.parametrize(("address", "status", "said"), REFUSED, ids=["no id", "no model", "no machine"])
def test_a_job_about_what_is_not_there_is_refused(send: Try, document, address, status, said) -> None:
    answer = send({"scan.png": document("12.50")}, **address)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True)


def test_more_bytes_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch, send: Try) -> None:
    monkeypatch.setattr(routes, "MAX_BYTES", 2_000_000)
    answer = send({"large.png": bytes(2_000_001)})
    assert (answer.status_code, "more than 2 million bytes together" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("sent", [{"content": b"bare"}, {"data": {"file": "text"}}, {"files": []}], ids=["bare", "no file", "empty"])
def test_a_body_that_is_no_form_of_files_is_refused(client: TestClient, model: str, sent) -> None:
    answer = client.post("/api/jobs/try", params={"model": model}, **sent)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_page_can_be_looked_at_and_in_small(client: TestClient, send: Try, document: Callable[..., bytes]) -> None:
    data = document("12.50", (900, 600), "JPEG")
    job = send({"scan.jpg": data}).json()["job"]
    page, small = client.get(f"/api/jobs/{job}/pages/0"), client.get(f"/api/jobs/{job}/pages/0?small=1")
    assert (page.headers["content-type"], page.content) == ("image/jpeg", data)
    assert max(Image.open(io.BytesIO(small.content)).size) == 320


@pytest.mark.parametrize("address", ["/pages/1", "/pages/-1", "/pages/x"])
def test_there_is_no_other_page(client: TestClient, send: Try, document: Callable[..., bytes], address: str) -> None:
    job = send({"scan.png": document("12.50")}).json()["job"]
    assert client.get(f"/api/jobs/{job}{address}").status_code == 404


def test_whoever_may_not_view_models_may_do_nothing_here(ask: Callable[[str], TestClient], send: Try, model: str, document) -> None:
    job, stranger = send({"scan.png": document("12.50")}).json()["job"], ask("stranger")
    assert stranger.get(f"/api/jobs/{job}/pages/0").status_code == 403
    assert stranger.post("/api/jobs/try", params={"model": model}, files=[("file", ("a.png", b""))]).status_code == 403
