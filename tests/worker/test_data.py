"""Canvas, letterbox, order of batches and bad images."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from worker.data import Example, Letterbox, NoExamples, batches, choose_canvas, read_page

CANVAS = (64, 128)
PIXELS = 560 * 1024  # the detector's


def page_file(folder: Path, name: str, size: tuple[int, int] = (200, 100)) -> Example:
    """A white page with one black bar, which is its labelled box."""
    image = Image.new("RGB", size, "white")
    box = (size[0] // 4, size[1] // 4, size[0] // 2, size[1] // 2)
    ImageDraw.Draw(image).rectangle(box, fill="black")
    image.save(folder / name)
    return Example(name, folder / name, *size, np.array([box], dtype=np.float32), np.array([0]))


def feed(examples, iterations=range(4), **options):
    chosen = {"batch": 2, "seed": 3, "loaders": 2} | options
    augmentation = chosen.pop("augmentation", "none")
    return list(batches(examples, CANVAS, augmentation, iterations=iterations, **chosen))


def corners(batch):
    return [target["boxes"][0].tolist() for target in batch.targets]


@pytest.fixture
def pages(tmp_path):
    return [page_file(tmp_path, f"{i}.png", (200 + 8 * i, 100)) for i in range(5)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(512, 256)] * 3, (256, 512)),  # small images keep their size
        ([(2480, 3508)] * 3, (896, 640)),  # A4 at 300 dpi, within the budget
        ([(100, 100)], (96, 96)),  # never larger than the images
        ([(20, 20)], (32, 32)),  # never less than one cell of the coarsest stride
    ],
)
def test_the_canvas_has_the_images_shape(sizes, expected):
    assert choose_canvas(sizes, PIXELS) == expected


def test_mixed_orientations_share_a_canvas_between_both():
    height, width = choose_canvas([(1000, 2000), (2000, 1000)] * 3, PIXELS)
    assert 0.5 < height / width < 2


def test_boxes_come_back_from_the_canvas_where_they_were():
    box = np.array([[10, 20, 110, 60], [0, 0, 333, 777]], dtype=np.float32)
    letterbox = Letterbox(333, 777, CANVAS)
    np.testing.assert_allclose(letterbox.to_image(letterbox.to_canvas(box)), box, atol=1e-3)


def test_boxes_are_clipped_to_the_image():
    letterbox = Letterbox(100, 100, CANVAS)
    outside = np.array([[-5, -5, 128, 64]], dtype=np.float32)
    assert letterbox.to_image(outside).tolist() == [[0, 0, 100, 100]]


@pytest.mark.parametrize("size", [(40, 20), (3000, 500), (500, 3000)])
def test_the_bar_lies_on_the_canvas_where_its_box_says(tmp_path, size):
    example = page_file(tmp_path, "bar.png", size)
    page = read_page(example, CANVAS)
    x1, y1, x2, y2 = Letterbox(*size, CANVAS).to_canvas(example.xyxy)[0]
    assert page.shape == (*CANVAS, 3)
    assert page[int((y1 + y2) / 2), int((x1 + x2) / 2)].max() < 60


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_turned_page_is_seen_turned_with_its_box(tmp_path, turn):
    example = replace(page_file(tmp_path, "bar.png", (200, 60)), turn=turn)
    page = read_page(example, CANVAS)
    (x1, y1, x2, y2), edge = example.letterbox(CANVAS).to_canvas(example.xyxy)[0], 2
    assert page[int(y1) + edge : int(y2) - edge, int(x1) + edge : int(x2) - edge].max() < 60
    assert page[: int(y1) - edge].min() > 100
    assert page[int(y2) + edge :].min() > 100


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_boxes_on_a_turned_page_come_back_to_where_they_were(turn):
    box = np.array([[10, 20, 110, 60], [0, 0, 333, 777]], dtype=np.float32)
    letterbox = Letterbox(333, 777, CANVAS, turn)
    np.testing.assert_allclose(letterbox.to_image(letterbox.to_canvas(box)), box, atol=1e-3)


def test_a_page_turned_by_a_quarter_fills_a_canvas_of_that_shape(tmp_path):
    lying = replace(page_file(tmp_path, "lying.png", (100, 200)), turn=90)
    assert choose_canvas([lying.seen_size], PIXELS) == (96, 192)
    assert lying.letterbox((100, 200)).scale == 1


def test_a_batch_brings_boxes_turned_as_the_page(tmp_path):
    example = page_file(tmp_path, "bar.png", (64, 128))
    (batch,) = feed([replace(example, turn=270)], range(1), batch=1)
    left, top, right, bottom = example.xyxy[0].tolist()
    assert corners(batch) == [[top, 64 - right, bottom, 64 - left]]


def test_a_jpeg_turned_by_exif_is_read_upright(tmp_path):
    image = Image.new("RGB", (100, 200), "white")
    ImageDraw.Draw(image).rectangle((0, 0, 99, 50), fill="black")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned by 90° clockwise
    image.save(tmp_path / "turned.jpg", exif=exif)
    upright = Example("turned", tmp_path / "turned.jpg", 200, 100, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    page = read_page(upright, CANVAS)
    # The top of the file is the right edge of what is seen.
    assert page[32, 120].max() < 60
    assert page[32, 8].min() > 200


def test_batches_do_not_depend_on_where_the_run_started(pages):
    whole, tail = feed(pages, augmentation="rotations-exposure-noise"), feed(pages, range(2, 4), augmentation="rotations-exposure-noise")
    for expected, resumed in zip(whole[2:], tail, strict=True):
        assert torch.equal(expected.images, resumed.images)
        assert corners(expected) == corners(resumed)


def test_every_epoch_sees_every_image_once(pages):
    seen = [box[3] for batch in feed(pages, range(5)) for box in corners(batch)]
    assert len(set(seen[:5])) == 5
    assert sorted(seen[:5]) == sorted(seen[5:])


def test_two_ranks_share_the_sequence_of_one(pages):
    whole = [box for batch in feed(pages, range(4)) for box in corners(batch)]
    ranks = [[box for batch in feed(pages, range(2), rank=rank, world_size=2) for box in corners(batch)] for rank in (0, 1)]
    assert ranks[0][:2] + ranks[1][:2] + ranks[0][2:] + ranks[1][2:] == whole


def test_a_bad_image_is_said_and_another_takes_its_place(pages):
    pages[0].path.write_bytes(b"not an image")
    drawn = feed(pages, range(5))
    assert {image for batch in drawn for image, _ in batch.bad} == {"0.png"}
    assert all(len(batch.targets) == 2 for batch in drawn)


def test_no_readable_image_is_fatal(pages):
    for example in pages:
        example.path.unlink()
    with pytest.raises(NoExamples, match="None of the 5"):
        feed(pages)


def test_no_labelled_image_is_fatal():
    with pytest.raises(NoExamples, match="label some"):
        feed([])
