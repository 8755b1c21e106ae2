"""The journal over HTTP: as a file, for those with the right alone; and what routes put on record."""

import csv
import io
import json
import zipfile
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from server.routes import routes
from storage import access, journal, projects
from storage.check import check_store
from storage.core import ProjectPaths, Store, acting_as, record
from storage.images import Image
from storage.journal import Filter
from storage.projects import Project

Browser = Callable[..., TestClient]
PASSWORD = "correct horse battery"


def newest(store: Store, operation: str | None = None) -> journal.JournalEntry:
    return next(journal.entries(store, Filter(operation=operation)))


def test_the_journal_is_a_table_for_spreadsheets(client: TestClient, store: Store) -> None:
    with acting_as("local"):
        project = projects.create(store, "чеки", "fields")
    answer = client.get("/api/journal.csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["by"], row["operation"], row["id"], row["name"]) == ("local", "project.create", project.id, "чеки")
    assert "journal-" in answer.headers["content-disposition"]


def test_as_json_lines_it_is_what_is_kept(client: TestClient, store: Store) -> None:
    record(store, "label.save", "label", "a", rev=3)
    (line,) = client.get("/api/journal.jsonl").text.splitlines()
    assert json.loads(line)["details"] == {"rev": 3}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"entity": "label"}, ["label.save"]),
        ({"object": "b"}, ["image.add"]),
        ({"by": "ann"}, ["image.add"]),
        ({"thread": "t"}, ["process.start"]),
        ({"operation": "label.save", "by": ""}, ["label.save"]),
        ({"until": "2020-01-01T00:00:00+00:00"}, []),
        ({"since": "2020-01-01T00:00:00+00:00"}, ["process.start", "image.add", "label.save"]),
    ],
    ids=str,
)
def test_the_file_has_what_the_filters_leave(client: TestClient, store: Store, query: dict[str, str], expected: list[str]) -> None:
    record(store, "label.save", "label", "a")
    with acting_as("ann"):
        record(store, "image.add", "image", "b")
    record(store, "process.start", "process", "c", thread="t")
    lines = client.get("/api/journal.jsonl", params=query).text.splitlines()
    assert [json.loads(line)["operation"] for line in lines] == expected


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"colour": "red"}, {"since": "2026-01-01T00:00:00"}], ids=str)
def test_a_query_that_cannot_be_meant_is_refused(client: TestClient, query: dict[str, str]) -> None:
    assert client.get("/api/journal.csv", params=query).status_code == 400


def test_who_takes_the_journal_along_is_in_it(client: TestClient, store: Store) -> None:
    client.get("/api/journal.csv?entity=label")
    entry = newest(store)
    assert (entry.operation, entry.by, entry.details) == ("journal.export", "local", {"form": "csv", "filters": {"entity": "label"}})


@pytest.mark.parametrize("path", ["/api/journal.csv", "/api/journal.jsonl"])
def test_without_the_right_there_is_no_journal(browser: Browser, path: str) -> None:
    assert browser("bob").get(path).status_code == 403
    assert browser().get(path).status_code == 401
    assert browser("ann").get(path).status_code == 200


def test_what_is_about_a_hidden_project_is_left_out(signing_in: Store, browser: Browser, project: Project) -> None:
    from storage import accounts, roles

    auditor = roles.create(signing_in, "auditor", frozenset({("journal", "view")}))
    accounts.create(signing_in, "eva", "", password=PASSWORD, roles=(auditor.id,))
    lines = [json.loads(line) for line in browser("eva").get("/api/journal.jsonl").text.splitlines()]
    assert project.id in {line["id"] for line in lines}
    access.write(signing_in, project.id, 0, (), "ann")
    lines = [json.loads(line) for line in browser("eva").get("/api/journal.jsonl").text.splitlines()]
    assert project.id not in {line["id"] for line in lines}


def test_what_a_route_changes_is_recorded_as_whoever_asked(client: TestClient, project: Project, image: Image, store: Store) -> None:
    client.post(f"/api/projects/{project.id}/images/{image.id}/label", json={"base": 0, "boxes": []})
    entry = newest(store)
    assert (entry.by, entry.operation, entry.id) == ("local", "label.save", image.id)


def test_an_archive_is_one_record_with_counts(
    client: TestClient, paths: ProjectPaths, store: Store, document: Callable[..., bytes]
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in ("a.png", "b.png"):
            archive.writestr(name, document(name))
        archive.writestr("c.png", b"no image")
    client.post(f"/api/projects/{paths.id}/archives", params={"name": "scans.zip"}, content=packed.getvalue())
    entry = newest(store)
    assert (entry.operation, entry.by, entry.id) == ("project.import", "local", paths.id)
    assert entry.details == {"source": "archive", "file": "scans.zip", "added": 2, "refused": 1}
    assert not list(journal.entries(store, Filter(operation="image.add")))


def test_signing_in_and_out_and_failing_to_is_recorded(browser: Browser, signing_in: Store) -> None:
    client = browser("bob")
    client.post("/sign-out")
    client.post("/sign-in", data={"name": "bob", "password": "wrong wrong wrong"})
    found = [entry.operation for entry in journal.entries(signing_in, Filter()) if entry.operation.startswith("session.")]
    assert found == ["session.refuse", "session.end", "session.open"]


def test_no_secret_is_in_the_journal(browser: Browser, signing_in: Store) -> None:
    client = browser("bob")
    client.post("/sign-in", data={"name": "bob", "password": "wrong wrong wrong"})
    cookie = "".join(client.cookies.values())
    text = b"".join(path.read_bytes() for path in signing_in.journal.iterdir()).decode()
    assert cookie
    for secret in (PASSWORD, "wrong wrong", cookie, "argon2"):
        assert secret not in text
    assert [problem for problem in check_store(signing_in) if not problem.harmless] == []


def test_the_routes_of_the_journal_ask_for_the_right_to_it() -> None:
    needs = {route.path: route.endpoint.needs for route in routes() if route.path.startswith("/api/journal")}
    assert set(needs.values()) == {("journal", "view")}
