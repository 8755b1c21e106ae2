"""The stages of a run that goes by what is written: letters whose words lie in the store, some of them sideways."""

import io
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont
from safetensors.torch import load_file

from storage import actions, detections, evaluations, images, labels, models, processes, progress, projects, uploads
from storage.attempts import Outcome
from storage.core.paths import Store
from storage.core.root import open_store
from storage.labels import Box
from storage.projects import Project
from storage.turns import turned_size, unturn_box
from storage.words import words
from storage.words.words import Words
from tests.worker import house
from tests.worker.conftest import StopAfter, run_here
from tests.worker.text.letters import FIELDS, SIZE, example, letter
from worker import stages, trained
from worker.apply import carry_out
from worker.reading.languages import reader_of
from worker.reevaluate import reevaluate
from worker.text.prepared import prepare_page
from worker.text.targets import iou
from worker.train import train

LABELLED, ALL = 8, 12
PARAMETERS = {"base_model": "base-SmartOCR-02", "iterations": 120, "refresh": 60, "lr": 0.005}
SIDEWAYS = 9  # the letter that must be turned by 90 degrees, as its words say
SAID = 10  # the one of which a person said 270, whatever its words say
UNTOLD = 11  # the one that lies upside down, and whose words do not tell
TURNS = {SIDEWAYS: 90, SAID: 270, UNTOLD: 180}


@dataclass(frozen=True)
class Desk:
    """A project of letters, the first ones labelled, and the ids of its images."""

    store: Store
    project: Project
    images: list[str]

    @property
    def paths(self):
        return self.store.project(self.project.id)

    def process(self, **parameters):
        """A new process, not started."""
        return house.new_process(self.store, self.project, **{**PARAMETERS, **parameters})

    def run(self, process, stop=None):
        """Run it, or go on with it → how that ended, and what was found by image."""
        ended = run_here(self.store, process, stop)
        return ended.outcome, self.found(process)

    def found(self, process):
        """What its last attempt found, by image."""
        path = processes.get(self.store, process).last.paths.detections
        return {found.image: found for found in detections.read_detections(path)}

    def best(self, found):
        """The surest box of each field."""
        named = {field.id: field.name for field in self.project.fields}
        return {named[each.field]: each for each in reversed(found.detections)}


def drawn(number):
    """Letter ``number`` as it lies in the file."""
    found, _, _ = letter(number)
    page = Image.new("RGB", SIZE, "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(16)
    for text, (left, top, _, _) in zip(found.texts, found.boxes, strict=True):
        draw.text((left, top), text, fill="black", font=font)
    buffer = io.BytesIO()
    page.rotate(TURNS.get(number, 0), expand=True).save(buffer, "PNG")  # PIL turns the other way
    return buffer.getvalue()


def as_stored(boxes, turn):
    """Boxes of the upright letter in pixels of the file."""
    return [unturn_box(tuple(box), *turned_size(*SIZE, turn), turn) for box in np.asarray(boxes, dtype=float).tolist()]


def truth(number):
    """Where the fields of letter ``number`` are, in pixels of the file."""
    _, boxes, places = letter(number)
    return {FIELDS[place]: box for place, box in zip(places, as_stored(boxes, TURNS.get(number, 0)), strict=True)}


def said(number, image, turn, certainty):
    """The words of letter ``number`` as a reader finds them that brings it upright by ``turn``."""
    found, _, _ = letter(number)
    boxes = tuple(as_stored(found.boxes, turn))
    return Words(**{**dict(found), "image": image, "boxes": boxes, "turn": turn, "turn_certainty": certainty})


def keep_words(desk):
    """What was read on each letter; of those that lie askew also what is read once they are known to."""
    reader = reader_of(desk.project)
    for number, image in enumerate(desk.images):
        turn = TURNS.get(number, 0)
        # Read as if nobody had said a thing: one contradicts the person, and of one upside down no word is read.
        alone = {SAID: said(number, image, 90, 0.9), UNTOLD: Words(image=image, turn=0, turn_certainty=0.0)}
        words.keep(desk.paths, alone.get(number, said(number, image, turn, 0.9)), reader, None)
        if number in alone:
            words.keep(desk.paths, said(number, image, turn, None), reader, turn)


def set_up(folder, count=ALL, more=None):
    """Letters, some of them labelled; ``more`` has boxes of fields that stand in no words, by name."""
    more = more or {}
    store = open_store(folder)
    project = projects.create(store, "letters", "fields", (*FIELDS, *more), gate=0)
    paths = store.project(project.id)
    added = [uploads.add(paths, f"{number}.png", drawn(number), "ann").id for number in range(count)]
    for number, image in enumerate(added[:LABELLED]):
        boxes = tuple(Box(field=project.field(name).id, xyxy=xyxy) for name, xyxy in (truth(number) | more).items())
        labels.save(paths, image, 0, boxes, "ann")
    images.change(paths, images.get(paths, added[SAID]), "ann", turn=TURNS[SAID])
    desk = Desk(store, project, added)
    keep_words(desk)
    return desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("letters")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_CACHE", str(folder / "cache"))
        yield set_up(folder / "store")


@pytest.fixture(scope="module")
def whole(desk):
    """A run that nobody stopped: its process, and what it found by image."""
    process = desk.process()
    outcome, found = desk.run(process)
    assert outcome == Outcome.COMPLETED
    return process, found


def assert_right(desk, found, number):
    """Each field is found where it stands, with what is written there."""
    best = desk.best(found[desk.images[number]])
    texts = {"date": f"{number % 28 + 1:02d}.0{number % 9 + 1}.2026", "total": f"{number * 7 + 11}.90"}
    for name, xyxy in truth(number).items():
        assert iou(np.array(best[name].xyxy), np.array([xyxy]))[0] > 0.8, name
        assert best[name].text == texts.get(name, best[name].text)
        assert best[name].read == 0.9


def test_eight_labelled_letters_find_the_fields_of_others_and_what_is_written_there(desk, whole):
    _, found = whole
    assert set(found) == set(desk.images[LABELLED:])
    for number in (8, SIDEWAYS, SAID):
        assert_right(desk, found, number)


def test_a_run_that_reads_goes_through_every_stage(desk, whole):
    status = progress.read_status(processes.get(desk.store, whole[0]).last.paths)
    assert [(stage.name, stage.state) for stage in status.stages] == [(name, "done") for name in progress.StageName]


def test_its_model_says_what_it_goes_by_and_from_which_score_on_to_believe_it(desk, whole):
    model = models.get(desk.store, whole[0])
    assert (model.base_model, model.fields) == ("base-SmartOCR-02", desk.project.fields)
    assert set(model.rule.thresholds) == {field.id for field in desk.project.fields}
    assert all(0 < least < 1 for least in model.rule.thresholds.values())
    # No pixel is looked at, so every labelled letter is judged, by weights that have not learned from it.
    assert (model.images, model.test_images) == (LABELLED, LABELLED)
    assert all(score.recall == 1 for score in model.per_field.values())


def test_its_model_has_learned_words_that_stand_on_no_labelled_letter(desk, whole):
    weights = load_file(models.weights_path(desk.store, models.get(desk.store, whole[0])))["text.weight"]
    labelled, found = (np.concatenate([buckets(number) for number in numbers]) for numbers in (range(LABELLED), range(LABELLED, ALL)))
    assert weights[np.setdiff1d(found, labelled)].any()


def buckets(number):
    return prepare_page(example(number)).features


def test_judged_again_it_is_worth_what_it_was_before_it_learned_from_what_it_is_judged_by(desk, whole):
    model = models.get(desk.store, whole[0])
    kept = {judged.image: judged for judged in evaluations.newest(processes.get(desk.store, whole[0]).attempts).images}
    again = reevaluate(desk.store, model, trained.load(desk.store, model), desk.project.id, torch.device("cpu"))
    assert again.evaluation.images
    for judged in again.evaluation.images:
        before = kept[judged.image]
        assert [round(each.score, 4) for each in judged.detections] == [each.score for each in before.detections]
        assert (judged.right, judged.missing, judged.wrong) == (before.right, before.missing, before.wrong)


def test_where_pixels_are_looked_at_what_is_published_has_learned_from_the_test_pages_that_judged_it(store, monkeypatch):
    monkeypatch.setattr(stages, "_LEAST_TOGETHER", 2)
    own, model, ended = run_stamped(store, monkeypatch)
    assert model.images == LABELLED > model.test_images > 0
    published = load_file(models.weights_path(own.store, model))
    for name, weights in ended.whole.items():
        if name.startswith("detector."):
            torch.testing.assert_close(published[name], weights)


def test_a_run_too_short_to_begin_again_keeps_its_test_pages_apart(store, monkeypatch):
    _, model, ended = run_stamped(store, monkeypatch)
    assert ended.whole is None
    assert (model.images + model.test_images, model.test_images > 0) == (LABELLED, True)


def run_stamped(store, monkeypatch):
    """Four iterations on letters with a stamp that no words say → their desk, the model, and how training ended."""
    own = set_up(store.root.parent / "stamped", more={"stamp": (300.0, 300.0, 420.0, 380.0)})
    ends = []
    monkeypatch.setattr(stages, "train", lambda *given: ends.append(train(*given)) or ends[-1])
    process = own.process(iterations=4, batch=1)
    outcome, _ = own.run(process)
    assert outcome == Outcome.COMPLETED
    return own, models.get(own.store, process), ends[0]


def test_how_a_page_must_be_turned_is_kept_with_what_was_found(desk, whole):
    _, found = whole
    assert found[desk.images[8]].turn == 0
    assert found[desk.images[SIDEWAYS]].turn == 90


def test_what_a_person_said_stands_above_what_the_words_say(desk, whole):
    _, found = whole
    assert found[desk.images[SAID]].turn is None


def test_a_page_whose_words_do_not_tell_is_brought_upright_by_its_looks(desk):
    _, found = desk.run(desk.process(augment="rotations-exposure-noise"))
    assert found[desk.images[UNTOLD]].turn == 180
    assert_right(desk, found, UNTOLD)


# Looked at once after reading, then after each iteration.
_STOPS = [(1, "Reading"), (20, "Training"), (90, "Training"), (2 + PARAMETERS["iterations"] + 1, "Detection")]


@pytest.mark.parametrize(("looks", "stage"), _STOPS)
def test_a_run_stopped_anywhere_and_resumed_finds_the_same_as_an_uninterrupted_one(desk, whole, looks, stage):
    process = desk.process()
    outcome, _ = desk.run(process, StopAfter(looks))
    status = progress.read_status(processes.get(desk.store, process).last.paths)
    begun = [each.name for each in status.stages if each.state != "waiting"]
    assert (outcome, begun[-1]) == (Outcome.STOPPED, stage)
    outcome, found = desk.run(process)
    assert outcome == Outcome.COMPLETED
    assert_same(found, whole[1])


def assert_same(found, other):
    assert set(found) == set(other)
    for image, line in found.items():
        kept = other[image]
        assert line.turn == kept.turn
        assert [(each.field, each.text) for each in line.detections] == [(each.field, each.text) for each in kept.detections]
        for one, two in zip(line.detections, kept.detections, strict=True):
            assert one.xyxy == pytest.approx(two.xyxy, abs=0.05)
            assert one.score == pytest.approx(two.score, abs=0.01)


def test_applied_pages_are_shown_upright_and_their_boxes_lie_right_in_the_file(store):
    own = set_up(store.root.parent / "letters")
    process = own.process()
    own.run(process)
    actions.apply(own.store, processes.get(own.store, process), "ann")
    carry_out(own.store, processes.get(own.store, process))
    turns = [images.get(own.paths, own.images[number]).turn for number in (8, SIDEWAYS, SAID)]
    assert turns == [0, 90, 270]
    for number in (8, SIDEWAYS, SAID):
        kept = {own.project.field(name).id: xyxy for name, xyxy in truth(number).items()}
        boxes = labels.head(own.paths, own.images[number]).boxes
        assert {box.field for box in boxes} == set(kept)
        assert all(iou(np.array(box.xyxy), np.array([kept[box.field]]))[0] > 0.8 for box in boxes)
