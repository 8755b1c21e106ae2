"""Applying and rolling back on the Processes page: thresholds, counts, pictures and the notice at the end."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from storage import actions, images, labels, plans, processes
from storage.labels import Box
from storage.processes import Process, State
from storage.turns import Turn
from tests.found_classes import find_classes
from tests.runs import Runs
from tests.worker import house
from worker.apply import carry_out

Open = Callable[..., AppTest]


class Bench:
    """A process that found a date and a total on each of three pages, both with score 0.9."""

    def __init__(self, runs: Runs, turns: tuple[Turn, ...] = ()) -> None:
        self.runs = runs
        self.project, self.images = house.fill(runs.store, "pages", 3, 0)
        found = dict(zip(self.images, turns, strict=False))
        self.identifier = house.completed(runs.store, self.project, self.images, turns=found)

    @property
    def process(self) -> Process:
        return processes.get(self.runs.store, self.identifier)

    def apply(self) -> None:
        actions.apply(self.runs.store, self.process, "ann")
        carry_out(self.runs.store, self.process)

    def label(self, number: int) -> None:
        paths, image = self.runs.store.project(self.project.id), self.images[number]
        box = Box(field=self.project.fields[0].id, xyxy=(1, 1, 9, 9))
        labels.save(paths, image, labels.head_rev(paths, image), (box,), "bob")


@pytest.fixture
def bench(runs: Runs) -> Bench:
    return Bench(runs)


def opened(open_page: Open, bench: Bench, deed: str, **state: object) -> AppTest:
    """The page with the question of this deed."""
    app = open_page("processes.py", process=bench.identifier)
    app.button(key=f"{deed}_{bench.identifier}").click().run()
    for key, value in state.items():
        app.session_state[key] = value
    return app.run()


def texts(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def test_the_button_says_to_how_many_images(bench: Bench, open_page: Open) -> None:
    assert opened(open_page, bench, "apply").button(key="confirm").label == "Apply to 3 images"


def test_pictures_say_how_many_of_the_boxes_found_are_applied(bench: Bench, open_page: Open) -> None:
    first, _ = bench.project.fields
    app = opened(open_page, bench, "apply", apply_thresholds={first.id: 0.95})
    assert sum(caption.value.endswith("· 1 of 2") for caption in app.caption) == 3


def test_a_threshold_that_was_moved_goes_with_the_request_and_the_others_stay_the_models_own(bench: Bench, open_page: Open) -> None:
    first, _ = bench.project.fields
    app = opened(open_page, bench, "apply", apply_thresholds={first.id: 0.95})
    app.button(key="confirm").click().run()
    assert bench.process.state == State.APPLYING
    assert bench.process.requests[-1].thresholds == {first.id: 0.95}


def test_thresholds_that_let_nothing_through_cannot_be_applied(bench: Bench, open_page: Open) -> None:
    app = opened(open_page, bench, "apply", apply_thresholds={field.id: 1.0 for field in bench.project.fields})
    assert app.button(key="confirm").disabled
    assert app.button(key="confirm").label == "Apply to 0 images"


def test_images_labelled_meanwhile_are_named_as_left_out(bench: Bench, open_page: Open) -> None:
    bench.label(1)
    app = opened(open_page, bench, "apply")
    assert app.expander[0].label == "1 image is left out: it was labelled, changed or deleted meanwhile"
    assert app.expander[0].caption[0].value == "pages1.png"
    assert app.button(key="confirm").label == "Apply to 2 images"


def test_pages_that_lie_sideways_are_counted_and_shown_upright(runs: Runs, open_page: Open) -> None:
    bench = Bench(runs, turns=(90, 180, 90))
    paths = runs.store.project(bench.project.id)
    images.change(paths, images.get(paths, bench.images[2]), "bob", turn=0)
    app = opened(open_page, bench, "apply")
    assert app.toggle[0].label == "Show 2 pages upright"
    app.button(key="confirm").click().run()
    carry_out(runs.store, bench.process)
    assert [images.get(paths, image).turn for image in bench.images] == [90, 180, 0]


def test_pages_are_left_as_they_lie_if_that_is_wanted(runs: Runs, open_page: Open) -> None:
    bench = Bench(runs, turns=(90, 180, 90))
    app = opened(open_page, bench, "apply")
    app.toggle[0].set_value(False).run()
    app.button(key="confirm").click().run()
    carry_out(runs.store, bench.process)
    paths = runs.store.project(bench.project.id)
    assert [images.get(paths, image).turn for image in bench.images] == [0, 0, 0]
    assert labels.head(paths, bench.images[0]) is not None


def test_where_no_page_lies_sideways_nothing_is_asked_of_it(bench: Bench, open_page: Open) -> None:
    assert not opened(open_page, bench, "apply").toggle


def test_a_label_made_while_the_dialog_is_open_is_counted_at_its_next_run(bench: Bench, open_page: Open) -> None:
    app = opened(open_page, bench, "apply")
    bench.label(0)
    assert app.run().button(key="confirm").label == "Apply to 2 images"


def test_when_an_apply_is_done_whoever_asked_for_it_is_told(bench: Bench, open_page: Open) -> None:
    app = opened(open_page, bench, "apply")
    app.button(key="confirm").click().run()
    carry_out(bench.runs.store, bench.process)
    app.run()
    # Beside it stands the end of the run: of the same second here, so either may come first.
    assert sum(toast.value.endswith("Labels applied to 3 images") for toast in app.toast) == 1
    assert not app.run().toast


def test_without_any_worker_an_apply_says_what_it_waits_for(bench: Bench, open_page: Open) -> None:
    bench.runs.heartbeat(left=True)
    actions.apply(bench.runs.store, bench.process, "ann")
    app = open_page("processes.py", process=bench.identifier)
    assert any("as soon as a worker runs" in warning.value for warning in app.warning)


def test_a_roll_back_says_what_comes_back_and_names_what_people_changed_since(bench: Bench, open_page: Open) -> None:
    bench.apply()
    bench.label(2)
    shown = texts(opened(open_page, bench, "rollback"))
    assert "**2** images get back the label they had before." in shown
    assert "**1** image stays as it is: a person changed or reviewed it since." in shown
    assert "pages2.png" in shown


def test_a_roll_back_is_asked_for_after_its_question(bench: Bench, open_page: Open) -> None:
    bench.apply()
    opened(open_page, bench, "rollback").button(key="confirm").click().run()
    assert bench.process.state == State.ROLLING_BACK
    carry_out(bench.runs.store, bench.process)
    outcome = plans.outcome(bench.runs.store.process(bench.identifier), "rollback", bench.process.requests[-1].apply or "")
    assert outcome is not None
    assert outcome.changed == 3


class ClassBench(Bench):
    """A process that found an invoice on each of three pages, with scores 0.9, 0.7 and 0.4."""

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self.project, self.images, self.identifier = find_classes(runs.store, "letters", (0.9, 0.7, 0.4))


@pytest.fixture
def classes(runs: Runs) -> ClassBench:
    return ClassBench(runs)


def test_pictures_of_classes_bear_their_class_and_score_crossed_out_below_the_least_one(classes: ClassBench, open_page: Open) -> None:
    app = opened(open_page, classes, "apply")
    colour = classes.project.fields[0].colour
    shown = [element.value for element in app.markdown if "invoice" in element.value]
    swatch = f':color[■]{{foreground="{colour}"}}'
    assert sorted(shown) == [f"{swatch} **invoice 0.70**", f"{swatch} **invoice 0.90**", ":gray[~~invoice 0.40~~]"]
    assert app.button(key="confirm").label == "Apply to 2 images"


def test_a_threshold_of_a_class_decides_which_images_receive_it(classes: ClassBench, open_page: Open) -> None:
    invoice, _order = classes.project.fields
    app = opened(open_page, classes, "apply", apply_thresholds={invoice.id: 0.8})
    app.button(key="confirm").click().run()
    carry_out(classes.runs.store, classes.process)
    paths = classes.runs.store.project(classes.project.id)
    heads = [labels.head(paths, image) for image in classes.images]
    assert [head and head.class_id for head in heads] == [invoice.id, None, None]


def test_a_roll_back_of_classes_counts_the_images(classes: ClassBench, open_page: Open) -> None:
    classes.apply()
    shown = texts(opened(open_page, classes, "rollback"))
    assert "**2** images get back the label they had before." in shown
