"""Which way up pages are, by their looks: learned from a few upright ones, told of others that lie any way."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from worker.data import Example
from worker.models import orientation as models
from worker.models.orientation import OrientationHead
from worker.orientation import FoundTurn, decide, find_turns, learn_turns, read_square

CPU = torch.device("cpu")
TURNS = (0, 90, 180, 270)


def form(number):
    """A form of a heading on top, ragged lines of words below, and a box at the bottom right; no two alike."""
    chance = np.random.default_rng(number)
    image = Image.new("RGB", (200, 280), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 16, 120 + int(chance.integers(40)), 34), fill="black")
    for line in range(10):
        draw.text((20, 60 + 14 * line), "Amount due " * int(chance.integers(1, 3)), fill="black")
    draw.rectangle((130, 230, 180, 260), outline="black", width=3)
    return image


def example(folder, number, stored=0, turn=0):
    """Form ``number`` as an image that must be turned by ``stored`` to be upright, and is by ``turn``."""
    path = folder / f"{number}-{stored}.png"
    image = form(number).rotate(stored, expand=True)  # PIL turns the other way
    image.save(path)
    return Example(path.stem, path, *image.size, np.zeros((0, 4), np.float32), np.zeros(0, np.int64), turn)


def learned(examples):
    head = OrientationHead()
    learn_turns(head, examples, CPU, 1, 0, lambda *_: None)
    return head


@pytest.fixture(scope="module")
def upright(tmp_path_factory):
    folder = tmp_path_factory.mktemp("upright")
    return [example(folder, number) for number in range(5)]


@pytest.fixture(scope="module")
def head(upright):
    return learned(upright)


def test_pages_that_lie_any_way_are_found_with_certainty(head, tmp_path):
    pages = [example(tmp_path, 10 + number, TURNS[number % 4]) for number in range(8)]
    seen = []
    found = find_turns(head, pages, CPU, 1, lambda *counts: seen.append(counts))
    assert [found[page.image].turn for page in pages] == [*TURNS, *TURNS]
    assert min(turn.certainty for turn in found.values()) >= 0.7
    assert seen == [(4, 8), (8, 8)]


def test_it_learns_from_pages_as_people_turned_them(tmp_path, head):
    turned = learned([example(tmp_path, number, 90, turn=90) for number in range(5)])
    assert torch.allclose(turned.weight, head.weight, atol=0.02)


def test_a_page_is_looked_at_as_it_is_stored_whatever_its_turn(head, tmp_path):
    page = example(tmp_path, 20, 180, turn=90)
    assert find_turns(head, [page], CPU, 1, lambda *_: None)[page.image].turn == 180


def test_the_same_pages_give_the_same_weights(head, upright):
    assert torch.equal(learned(upright).weight, head.weight)


def test_before_it_has_learned_it_is_sure_of_nothing(tmp_path):
    page = example(tmp_path, 30, 90)
    assert find_turns(OrientationHead(), [page], CPU, 1, lambda *_: None) == {page.image: FoundTurn(0, 0.0)}


def test_nothing_is_learned_from_no_page():
    assert not learned([]).weight.any()


def test_a_blank_page_and_one_that_cannot_be_read_are_left_as_they_are(head, tmp_path):
    blank, lost = example(tmp_path, 40), example(tmp_path, 41)
    Image.new("L", (200, 200), 255).save(blank.path)
    lost.path.write_bytes(b"")
    pages = [Example(blank.image, blank.path, 200, 200, blank.xyxy, blank.class_id), lost]
    assert set(find_turns(head, pages, CPU, 1, lambda *_: None).values()) == {FoundTurn(0, 0.0)}


def test_its_weights_are_kept_with_a_model_and_the_backbone_is_not(head):
    assert set(head.state_dict()) == {"mean", "deviation", "weight"}
    again = OrientationHead()
    again.load_state_dict(head.state_dict())
    features = torch.randn(2, 4, len(head.mean), generator=torch.Generator().manual_seed(0))
    assert torch.equal(again(features), head(features))


def test_what_a_page_looks_like_turned_is_what_its_turned_copy_looks_like(tmp_path):
    eyes = models.pretrained_eyes()
    stored = [torch.from_numpy(read_square(example(tmp_path, 50, turn), 96)).permute(2, 0, 1) for turn in (0, 90)]
    with torch.inference_mode():
        straight, sideways = models.see(eyes, torch.stack(stored))
    # The page on its side, turned by 90, is the upright one.
    assert torch.allclose(sideways[1], straight[0], atol=0.02)
    assert not torch.allclose(sideways[0], straight[0], atol=0.2)


@pytest.mark.parametrize(
    ("words", "looks", "decided"),
    [
        (FoundTurn(90, 0.6), FoundTurn(180, 0.9), FoundTurn(90, 0.6)),
        (FoundTurn(0, 0.6), FoundTurn(180, 0.9), FoundTurn(0, 0.6)),
        (FoundTurn(90, 0.4), FoundTurn(270, 0.7), FoundTurn(270, 0.7)),
        (FoundTurn(90, 0.4), FoundTurn(), FoundTurn()),
    ],
)
def test_sure_words_decide_and_looks_where_they_do_not(words, looks, decided):
    assert decide(words, looks) == decided
