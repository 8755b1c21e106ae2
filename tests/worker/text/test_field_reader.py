"""`base-SmartOCR-02` on letters made of words: what it learns from a few, and what it says of others."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import load, save

from tests.worker.test_train import Record
from tests.worker.text.letters import FIELDS, SIZE, example
from worker.detect import detect
from worker.models import build, continue_from, weights
from worker.text import learning
from worker.text.candidates import Candidate
from worker.text.learning import calibrate, learn
from worker.text.prepared import prepare_page
from worker.train import TrainSettings, TrainState, train

CANVAS = (64, 96)
CPU = torch.device("cpu")
SETTINGS = TrainSettings(iterations=120, batch=2, lr=0.005, augment="none", loaders=1, seed=3, device=CPU, evaluate_every=40)


def new_model(pages, seed=3, classes=len(FIELDS), unlabelled=()):
    model = build("base-SmartOCR-02", classes, CANVAS, pretrained=False, seed=seed)
    learn(model, pages, unlabelled, seed, unheard)
    return model


def unheard(done, of):
    pass


def unread():
    raise AssertionError("words that are of no use were read")


def unsaid(template, **values):
    raise AssertionError(template.format(**values))


@pytest.fixture(scope="module")
def learned():
    pages = [example(number) for number in range(8)]
    model = new_model(pages)
    train(model, pages, pages, SETTINGS, Record())
    return model, pages


def concluded(model, pages):
    """A copy of a model that has learned, ready for other pages."""
    copy = new_model(pages)
    copy.load_state_dict(model.state_dict())
    copy.conclude()
    return copy


def best(found, label):
    return found.xyxy[found.class_id == label][0]


def test_eight_letters_are_enough_to_find_the_fields_of_others(learned):
    model = concluded(*learned)
    others = [example(number) for number in range(20, 26)]
    for found, truth in zip(detect(model, others, CPU, 1, unsaid), others, strict=True):
        for label in range(len(FIELDS)):
            np.testing.assert_allclose(best(found, label), truth.xyxy[truth.class_id == label][0], atol=6)


def test_what_is_written_in_a_box_comes_with_it(learned):
    model = concluded(*learned)
    found = next(detect(model, [example(20)], CPU, 1, unsaid))
    texts = {int(label): text for label, text in reversed(list(zip(found.class_id, found.texts, strict=True)))}
    assert texts == {0: "21.03.2026", 1: "151.90", 2: "Alder Mills"}
    assert set(found.read) == {0.9}


def test_no_pixel_is_looked_at_where_all_fields_are_print(learned):
    model, pages = learned
    assert not model.sees
    assert not pages[0].path.exists()


@pytest.mark.parametrize("unlabelled", [range(0), range(20, 26)])
def test_each_labelled_page_is_judged_by_weights_that_have_not_seen_it(unlabelled):
    pages = [example(number) for number in range(8)]
    model = new_model(pages, unlabelled=[example(number) for number in unlabelled])
    features = {page.image: prepare_page(page).features for page in [*pages, *map(example, unlabelled)]}
    for page in pages:
        _, copy = model.known_page(page.image)
        others = np.concatenate([known for image, known in features.items() if image != page.image])
        own = np.searchsorted(model.text.vocabulary, np.setdiff1d(features[page.image], others))
        learned_from_it = model.text.weight[own].unflatten(1, (model.text.copies, -1)).detach().abs().sum(dim=(0, 2)) > 0
        assert len(own)
        assert learned_from_it.tolist() == [number != copy for number in range(model.text.copies)]


def bridging(number):
    """A letter whose date has another name beside the one that is known, or with an odd number that other name alone."""
    page = example(number)
    words = page.words()
    name = "Issued:" if number % 2 else "Issued: Date:"
    texts = tuple(name if text == "Date:" else text for text in words.texts)
    return replace(page, words=lambda: words.model_copy(update={"texts": texts}))


def test_what_unlabelled_pages_call_a_field_is_learned_from_those_that_are_found_for_sure():
    pages = [example(number) for number in range(8)]
    others = [bridging(number) for number in range(20, 40, 2)]
    knowing, alone = (new_model(pages, unlabelled=unlabelled) for unlabelled in (others, []))
    dates = {}
    for name, model in (("knowing", knowing), ("alone", alone)):
        model.conclude()
        page = prepare_page(bridging(41))
        odds = model.text.word_logits(model.text.tensors(page), 0)[:, 0]
        dates[name] = float(odds[page.page.texts.index("14.06.2026")])
    assert dates["knowing"] > dates["alone"] + 1


@pytest.mark.parametrize(("labelled", "looked_at"), [(8, 2), (10, 0), (12, 0)])
def test_the_more_pages_are_labelled_the_fewer_others_are_learned_from(monkeypatch, labelled, looked_at):
    monkeypatch.setattr(learning, "_MOST", 10 * len(FIELDS))
    asked = set()

    def read(page):
        asked.add(page.image)
        return page.words()

    others = [replace(example(number), words=partial(read, example(number))) for number in range(20, 40)]
    new_model([example(number) for number in range(labelled)], unlabelled=others)
    assert len(asked) == looked_at


def test_published_weights_find_the_same_as_they_did_before_they_were_kept(learned):
    model, pages = learned
    new = example(30)
    published = build("base-SmartOCR-02", len(FIELDS), CANVAS, pretrained=False)
    fresh = concluded(model, pages)
    before = next(detect(fresh, [new], CPU, 1, unsaid))
    published.load_state_dict(load(save(weights(fresh))))
    after = next(detect(published, [new], CPU, 1, unsaid))
    np.testing.assert_allclose(before.xyxy, after.xyxy, atol=0.01)
    np.testing.assert_allclose(before.score, after.score, atol=1e-3)


def test_a_field_that_is_not_there_is_not_found():
    pages = [example(number, rows=number % 2) for number in range(10)]
    model = new_model(pages)
    train(model, pages, [], SETTINGS, Record())
    calibrate(model, pages, [], CPU, 1, unsaid)
    model.conclude()
    with_total, without = detect(model, [example(31), example(32, rows=0)], CPU, 1, unsaid)
    assert with_total.score[with_total.class_id == 1].max() > 0.5
    assert without.score[without.class_id == 1].max(initial=0) < 0.5


def test_a_field_that_repeats_is_found_as_often():
    pages = [example(number, rows=1 + number % 3) for number in range(12)]
    model = new_model(pages)
    train(model, pages, [], SETTINGS, Record())
    calibrate(model, pages, [], CPU, 1, unsaid)
    model.conclude()
    found = next(detect(model, [example(40, rows=3)], CPU, 1, unsaid))
    best_three = found.xyxy[found.class_id == 1][:3]
    np.testing.assert_allclose(sorted(best_three[:, 1]), sorted(example(40, rows=3).xyxy[2:, 1]), atol=3)


def test_scores_mean_how_often_they_are_right_on_pages_not_learned_from(learned):
    model, pages = learned
    calibrate(model, pages, [], CPU, 1, unsaid)
    found = list(detect(model, pages, CPU, 1, unsaid))
    best_scores = [each.score[each.class_id == label].max() for each in found for label in range(len(FIELDS))]
    assert np.mean(best_scores) > 0.8


def test_calibrated_scores_average_to_the_share_that_is_right():
    model = build("base-SmartOCR-02", 4, CANVAS, pretrained=False)
    odds, fields, right = 0.1 * (np.arange(52) % 13), np.arange(52) % 4, np.arange(52) % 10 != 0
    judged = [Candidate(int(field), (0, 0, 9, 9), float(each), None, "a", 0.9) for each, field in zip(odds, fields, strict=True)]
    model.calibrate_words(list(zip(judged, right.tolist(), strict=True)))
    scores = torch.sigmoid(model.slope * torch.tensor(odds) + model.shifts[fields])
    assert scores.mean() == pytest.approx(right.mean(), abs=0.01)


def test_scores_by_words_and_looks_average_to_the_share_that_is_right_also_where_no_words_stand():
    model = build("base-SmartOCR-02", 2, CANVAS, pretrained=False)
    model.text.textual[0] = 1
    judged = [Candidate(number % 2, (0, 0, 9, 9), None if number % 2 else 1.0, 0.1 * (number % 13), "a", 0.9) for number in range(52)]
    right = [number % 9 != 0 for number in range(52)]
    model.calibrate(list(zip(judged, right, strict=True)))
    for field in (0, 1):
        scores = [model.score(each) for each in judged if each.class_id == field]
        shares = [each for each, found in zip(right, judged, strict=True) if found.class_id == field]
        assert np.mean(scores) == pytest.approx(np.mean(shares), abs=0.06)


def test_only_boxes_that_may_be_applied_say_what_scores_mean(learned, monkeypatch):
    model, pages = learned
    twice = [Candidate(field, (0, 0, 9, 9), odds, None, "a", 0.9) for field in range(len(FIELDS)) for odds in (-1.0, 1.0)]
    judged = []
    monkeypatch.setattr(model, "candidates", lambda *_: twice)
    monkeypatch.setattr(model, "calibrate_words", judged.extend)
    calibrate(model, pages, [], CPU, 1, unsaid)
    assert len(judged) == len(pages) * len(FIELDS)
    assert {each.by_words for each, _ in judged} == {1.0}


def test_a_page_without_words_has_no_fields(learned):
    model = concluded(*learned)
    blank = replace(example(50), words=lambda: None)
    assert len(next(detect(model, [blank], CPU, 1, unsaid)).score) == 0


def drawn(number, folder):
    """A letter with a stamp that no words say, drawn."""
    page = Image.new("RGB", SIZE, "white")
    left = 300 + 20 * (number % 5)
    ImageDraw.Draw(page).ellipse((left, 300, left + 120, 380), outline="black", width=12)
    path = folder / f"{number}.png"
    page.save(path)
    return replace(with_another(number, [left, 300, left + 120, 380]), path=path)


def test_pixels_are_looked_at_for_a_field_that_stands_in_no_words(tmp_path):
    pages = [drawn(number, tmp_path) for number in range(6)]
    model = new_model(pages, classes=4)
    assert model.sees
    assert model.text.textual.tolist() == [1, 1, 1, 0]
    record = Record()
    train(model, pages[:4], pages[4:], replace(SETTINGS, iterations=30), record)
    model.conclude()
    found = next(detect(model, [drawn(9, tmp_path)], CPU, 1, unsaid))
    np.testing.assert_allclose(best(found, 0), drawn(9, tmp_path).xyxy[1], atol=12)


@pytest.mark.parametrize(("printed", "goes_by_words"), [(2, 0), (3, 1)])
def test_a_field_goes_by_words_where_they_fit_half_of_its_labels_or_more(printed, goes_by_words):
    pages = [with_another(number, example(number).xyxy[0] if number < printed else [300, 300, 420, 380]) for number in range(6)]
    assert new_model(pages, classes=4).text.textual.tolist() == [1, 1, 1, goes_by_words]


@pytest.mark.parametrize(("drawn_wider", "sees"), [(0, False), (1, False), (2, True)])
def test_one_label_drawn_much_wider_than_its_words_is_no_reason_to_look_at_pixels(drawn_wider, sees):
    pages = [with_another(number, example(number).xyxy[0]) for number in range(6 - drawn_wider)]
    for number in range(6 - drawn_wider, 6):
        left, top, right, bottom = example(number).xyxy[0].tolist()
        pages.append(with_another(number, [left, top, left + 2.3 * (right - left), bottom]))
    assert new_model(pages, classes=4).sees == sees


def with_another(number, box):
    """A letter with a fourth field."""
    page = example(number)
    return replace(page, xyxy=np.concatenate([page.xyxy, np.array([box], np.float32)]), class_id=np.append(page.class_id, 3))


def test_where_pixels_are_looked_at_words_are_learned_from_labels_alone(tmp_path):
    pages = [drawn(number, tmp_path) for number in range(6)]
    alone, beside = (new_model(pages, classes=4, unlabelled=others) for others in ([], [example(20), example(21)]))
    assert torch.equal(alone.text.weight, beside.text.weight)
    new_model(pages, classes=4, unlabelled=[replace(example(20), words=unread)])


def test_a_run_resumed_through_safetensors_repeats_the_uninterrupted_one():
    pages = [example(number) for number in range(6)]
    settings = replace(SETTINGS, iterations=12, evaluate_every=6)
    whole, first, second = Record(), Record(stop_after=7), Record()
    entire = train(new_model(pages), pages, pages, settings, whole)
    train(new_model(pages), pages, pages, settings, first)
    state = TrainState(load(save(first.state.tensors)), first.state.meta)
    resumed = train(new_model(pages), pages, pages, settings, second, resume=state)
    np.testing.assert_allclose(first.losses + second.losses, whole.losses, rtol=1e-4)
    assert resumed.best.map_50 == pytest.approx(entire.best.map_50, abs=1e-3)


def test_a_model_that_is_gone_on_from_gives_what_it_knows_of_fields_of_the_same_name(learned):
    model, pages = learned
    parent = concluded(model, pages)
    child = build("base-SmartOCR-02", 2, CANVAS, pretrained=False)
    continue_from(child, parent, {0: 1})
    assert torch.equal(child.text.weight[:, 0], parent.text.weight[:, 1])
    assert not child.text.weight[:, 1].any()
    # Ready to learn from two letters, it already knows what a total is.
    two = [replace(each, xyxy=each.xyxy[2:], class_id=np.array([0])) for each in (example(60), example(61))]
    learn(child, two, [], 3, unheard)
    found = next(detect(child, [replace(example(62), image="new")], CPU, 1, unsaid))
    np.testing.assert_allclose(best(found, 0), example(62).xyxy[2], atol=6)


def test_a_model_that_is_gone_on_from_still_knows_words_that_are_on_none_of_the_new_pages(learned):
    parent = concluded(*learned)
    child = build("base-SmartOCR-02", len(FIELDS), CANVAS, pretrained=False)
    continue_from(child, parent, {label: label for label in range(len(FIELDS))})
    learn(child, [example(60), example(61)], [], 3, unheard)
    elsewhere = np.setdiff1d(np.flatnonzero(parent.text.weight.any(dim=1)), child.text.vocabulary)
    child.conclude()
    assert len(elsewhere)
    assert torch.equal(child.text.weight[elsewhere], parent.text.weight[elsewhere])
