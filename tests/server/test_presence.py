"""Who has which image open: others are told, and nobody is remembered who went away."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from server import presence
from server.presence import PATIENCE_S, Presence
from storage.images import Image
from storage.projects import Project

FIRST, SECOND = "a" * 64, "b" * 64


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def looking(clock: Clock) -> Presence:
    return Presence(clock)


@pytest.fixture(autouse=True)
def nobody_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets the windows of another."""
    monkeypatch.setattr(presence, "_presence", Presence())


def test_a_window_learns_of_all_others_in_its_project(looking: Presence) -> None:
    looking.look("p", "ann", "1", FIRST)
    looking.look("other project", "cid", "3", FIRST)
    others = looking.look("p", "bob", "2", SECOND)
    assert [(look.account, look.image) for look in others] == [("ann", FIRST)]


def test_a_window_has_one_image_open_at_a_time(looking: Presence) -> None:
    looking.look("p", "ann", "1", FIRST)
    looking.look("p", "ann", "1", SECOND)
    assert [look.image for look in looking.look("p", "bob", "2", FIRST)] == [SECOND]


def test_a_window_that_left_or_was_not_heard_of_is_forgotten(looking: Presence, clock: Clock) -> None:
    looking.look("p", "ann", "left", FIRST)
    looking.look("p", "ann", "left", None)
    looking.look("p", "ann", "silent", SECOND)
    clock.now = PATIENCE_S - 1
    assert [look.image for look in looking.look("p", "bob", "2", None)] == [SECOND]
    clock.now = PATIENCE_S + 1
    assert looking.look("p", "bob", "2", None) == []


def test_nobody_can_end_the_look_of_anothers_window(looking: Presence) -> None:
    looking.look("p", "ann", "1", FIRST)
    looking.look("p", "bob", "1", None)
    assert [look.account for look in looking.look("p", "cid", "2", None)] == ["ann"]


def test_one_account_cannot_fill_the_memory(looking: Presence) -> None:
    for window in range(1000):
        looking.look("p", "ann", str(window), FIRST)
    assert len(looking.look("p", "bob", "2", None)) <= 50


def test_two_windows_of_one_account_are_told_of_each_other(client: TestClient, project: Project, image: Image) -> None:
    address = f"/api/projects/{project.id}/presence"
    said = [client.post(address, json={"window": window, "image": image.id}).json() for window in ("one", "two")]
    assert said[0] == {"here": [], "own": False, "taken": []}
    assert said[1] == {"here": [], "own": True, "taken": [image.id]}


def test_who_leaves_is_told_nothing_of_an_image(client: TestClient, project: Project, image: Image) -> None:
    address = f"/api/projects/{project.id}/presence"
    client.post(address, json={"window": "one", "image": image.id})
    assert client.post(address, content=b'{"window": "two", "image": null}').json() == {"here": [], "own": False, "taken": [image.id]}


@pytest.mark.parametrize("said", [{"window": ""}, {"window": "w" * 41, "image": None}, {"image": None}, {"window": "w", "image": 1}, []])
def test_what_no_editor_says_is_refused(client: TestClient, project: Project, said: Any) -> None:
    assert client.post(f"/api/projects/{project.id}/presence", json=said).status_code == 400


def test_whoever_may_not_label_is_told_nothing(ask: Callable[[str], TestClient], project: Project) -> None:
    assert ask("nobody").post(f"/api/projects/{project.id}/presence", json={"window": "w", "image": None}).status_code == 403
