"""The Monitoring page, and the words it finds for figures."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import run_figures
from pages.parts.run_figures import Figures
from storage.attempts import Outcome
from tests.runs import Runs

Open = Callable[..., AppTest]


def test_without_a_process_the_page_says_where_to_start_one(runs: Runs, open_page: Open) -> None:
    assert "There is no process to watch yet" in open_page("monitoring.py").info[0].value


def test_without_a_link_the_newest_run_is_shown_and_another_can_be_chosen(runs: Runs, open_page: Open) -> None:
    other, newest = runs.running(20), runs.running(10)
    app = open_page("monitoring.py")
    assert app.selectbox[0].value == newest.id
    app.selectbox[0].select(other.id).run()
    assert app.query_params["process"] == other.id
    assert app.metric[3].value == "20 of 1,000"


def test_the_figures_are_those_of_the_newest_iteration(runs: Runs, open_page: Open) -> None:
    process = runs.running(640)
    runs.report(process, 650, start=640)
    shown = {metric.label: metric.value for metric in open_page("monitoring.py", process=process.id).metric}
    assert shown["Iteration"] == "650 of 1,000"
    assert shown["Test AP"] == "0.783"


def test_the_sentence_tells_what_it_is_trained_on(runs: Runs, open_page: Open) -> None:
    app = open_page("monitoring.py", process=runs.running(640).id)
    assert any(caption.value.startswith("Trains on 45 images, tested on 11, batch 2, epoch 28, on CPU.") for caption in app.caption)


def test_the_log_shows_its_last_lines(runs: Runs, open_page: Open) -> None:
    process = runs.ended(Outcome.COMPLETED)
    assert process.last is not None
    process.last.paths.log.write_text("\n".join(f"line {number}" for number in range(60)))
    assert open_page("monitoring.py", process=process.id).code[0].value.startswith("line 10\n")


def test_a_link_to_no_process_offers_the_list(runs: Runs, open_page: Open) -> None:
    runs.running(10)
    app = open_page("monitoring.py", process="0" * 26)
    assert not app.exception
    assert not app.metric


@pytest.mark.parametrize(
    ("loss", "ap", "words"),
    [
        (0.3, 0.85, "below 0.5, as it should be. Test AP is above 0.8: excellent."),
        (0.3, 0.75, "Test AP is 0.75 or more: good."),
        (0.9, 0.5, "still above 0.5"),
        (0.9, None, "There is no test AP yet"),
    ],
)
def test_the_verdict_follows_the_reading_guide(loss: float, ap: float | None, words: str) -> None:
    assert words in run_figures.verdict(Figures(100, loss, 0.005, ap))
