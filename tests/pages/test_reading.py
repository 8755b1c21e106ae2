"""What a project says of the reading of its pages, and the languages that it is read in."""

from collections.abc import Callable

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.parts.project_reading import language_name
from storage import machines
from storage.core import now
from storage.index import Index
from storage.machines import Info
from storage.projects import PROJECTS
from storage.words import words
from storage.words.words import Reader, Words
from tests.runs import Runs

Open = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    st.cache_data.clear()


def report(runs: Runs, *languages: str, left: bool = False) -> None:
    """The machine reads in these languages."""
    seen = {"since": now(), "at": now(), "left": left}
    info = Info(host="h", pid=1, worker="w", seq=2, cores=2, memory=1, memory_used=1, languages=languages, **seen)
    machines.report(runs.store, runs.machine.id, info)


def read_one(runs: Runs) -> None:
    index = Index(runs.store)
    index.refresh(runs.project.id)
    for row in index.images(runs.project.id, "all"):
        if words.keep(runs.store.project(runs.project.id), Words(image=row.image, turn=0), Reader(("eng",)), None):
            return


def progress(app: AppTest) -> list[str]:
    return [bar.proto.text for bar in app.get("progress")]


def test_the_overview_tells_how_many_pages_were_read_until_all_are(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    runs.label_one()
    assert progress(open_page("projects.py", project=runs.project.id)) == ["0 of 2 pages read"]
    read_one(runs)
    st.cache_data.clear()
    assert progress(open_page("projects.py", project=runs.project.id)) == ["1 of 2 pages read"]
    read_one(runs)
    st.cache_data.clear()
    assert progress(open_page("projects.py", project=runs.project.id)) == []


def test_without_a_machine_nothing_is_said_of_reading(runs: Runs, open_page: Open) -> None:
    runs.label_one()
    runs.heartbeat(left=True)
    app = open_page("projects.py", project=runs.project.id)
    assert (progress(app), [warning.value for warning in app.warning]) == ([], [])


def test_a_language_that_no_machine_reads_is_named_with_what_to_install(runs: Runs, open_page: Open) -> None:
    report(runs, "eng")
    app = open_page("projects.py", project=runs.project.id)
    assert "No machine can read Russian: install tesseract-ocr-rus" in app.warning[0].value
    report(runs, "eng", "rus")
    st.cache_data.clear()
    assert not open_page("projects.py", project=runs.project.id).warning


def test_the_languages_of_a_project_are_chosen_from_those_that_machines_have(runs: Runs, open_page: Open) -> None:
    report(runs, "eng", "kaz")
    app = open_page("projects.py", project=runs.project.id, view="settings")
    chosen = app.multiselect(key="languages")
    assert chosen.options == ["English", "Kazakh", "Russian"]
    chosen.set_value(["kaz", "eng"])
    app.button(key="save_languages").click().run()
    assert set(PROJECTS.get(runs.store, runs.project.id)[1].languages) == {"eng", "kaz"}


def test_languages_have_names_where_they_are_known() -> None:
    assert [language_name(name) for name in ("eng", "rus", "chi_sim", "frk")] == ["English", "Russian", "Simplified Chinese", "frk"]


def test_a_machine_tells_its_languages(runs: Runs, open_page: Open) -> None:
    report(runs, "eng", "rus")
    app = open_page("machines.py", machine=runs.machine.id)
    assert any(caption.value == "Reads pages in: English, Russian" for caption in app.caption)
