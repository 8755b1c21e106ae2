"""`base-Classifier-02`: the class of a page by its words and its looks, each as far as it can be believed."""

import numpy as np
import pytest
import torch

from tests.worker.text.letters import words_of
from worker.models import build
from worker.text.page_words import page_words

CANVAS = (64, 96)
_ABOUT = (("invoice", "total", "payable"), ("contract", "party", "agrees"))
_NAMES = ("alder", "birch", "cedar", "dogwood", "elm", "fir", "hazel", "juniper", "larch", "maple")


def sheet(label, number, said=True):
    """A page about its class's subject, or about nothing, with a name that a few others have, and a number of its own."""
    subject = _ABOUT[label] if said else ()
    return page_words(words_of([(20, [(word, 10) for word in ("page", *subject, _NAMES[number % 10], f"{number:05d}")])]))


def pictures(count):
    return torch.randint(0, 255, (count, 3, *CANVAS), dtype=torch.uint8, generator=torch.Generator().manual_seed(count))


def learned(said=True, count=8):
    """A model that learned the words of sheets of two classes, half each, knowing of others without labels."""
    model = build("base-Classifier-02", 2, CANVAS, pretrained=False).eval()
    labels = torch.arange(count) % 2
    sheets = [sheet(int(label), number, said) for number, label in enumerate(labels)]
    model.learn_from(sheets, labels, [sheet(number % 2, 20 + number, said) for number in range(10)])
    return model


def told(model, *sheets):
    with torch.inference_mode():
        found = model(pictures(len(sheets)), words=sheets)
    return [int(each["labels"][0]) for each in found], [float(each["scores"][0]) for each in found]


def test_pages_are_told_apart_by_what_they_are_about():
    labels, scores = told(learned(), sheet(0, 90), sheet(1, 91), sheet(1, 92), sheet(0, 93))
    assert labels == [0, 1, 1, 0]
    assert min(scores) > 0.8


def test_words_that_say_nothing_of_the_class_leave_it_to_the_looks():
    model = learned(said=False)
    assert float(model.words.trust) < 0.2
    sheets, looks = [sheet(0, 1, said=False), sheet(1, 2, said=False)], torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    assert model.words.join(sheets, looks).argmax(dim=1).tolist() == [0, 1]


def test_a_page_without_words_is_judged_by_its_looks_alone():
    model, looks = learned(), torch.tensor([[0.3, 0.7]])
    assert torch.equal(model.words.join([page_words(None)], looks), looks)
    assert torch.equal(model.words.join([sheet(0, 4)], looks).argmax(dim=1), torch.tensor([0]))


def test_a_page_whose_words_are_on_no_labelled_one_is_judged_by_its_looks_alone():
    model, looks = learned(), torch.tensor([[0.3, 0.7]])
    foreign = page_words(words_of([(20, [("facture", 10), ("total", 200)])]))
    assert not torch.equal(model.words.join([foreign], looks), looks)
    model.words.follow(elsewhere := page_words(words_of([(20, [("facture", 10)])])))
    model.words.follow(elsewhere)
    assert torch.equal(model.words.join([elsewhere], looks), looks)


def test_of_a_single_labelled_page_nothing_is_believed():
    model = build("base-Classifier-02", 2, CANVAS, pretrained=False).eval()
    model.learn_from([sheet(0, 1)], torch.tensor([0]), [sheet(0, 2), sheet(1, 3)])
    assert float(model.words.trust) == 0


def test_a_word_that_stands_on_a_single_page_is_no_evidence():
    model = learned()
    odd = page_words(words_of([(20, [("00003", 10)])]))
    looks = torch.tensor([[0.3, 0.7]])
    assert torch.equal(model.words.join([odd], looks), looks)


def test_in_training_the_looks_learn_by_themselves():
    model = learned()
    targets = [{"labels": torch.tensor([label]), "page": torch.tensor(label)} for label in (0, 1)]
    loss = model.train()(pictures(2), targets)["class"]
    # Nobody has learned from a picture yet, whatever the words know.
    assert loss.item() == pytest.approx(np.log(2), abs=1e-4)


def test_a_word_counts_however_it_is_written_and_wherever_it_stands():
    one, other = (page_words(words_of([(top, [(text, 10)])])) for top, text in ((20, "Invoice"), (300, "INVOICE,")))
    assert np.array_equal(one.buckets, other.buckets)
    assert len(page_words(None).buckets) == 0
