"""Detection over files: order, coordinates, bad images."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from worker.data import Example
from worker.detect import detect
from worker.models.detector import FieldDetector

CANVAS = (64, 128)
CPU = torch.device("cpu")


class DarkestPlace(FieldDetector):
    """A detector that needs no training: each dark cell of 8 × 8 pixels is a box, the darker the surer."""

    def forward(self, images, targets=None):
        cells = torch.nn.functional.avg_pool2d(images.float().mean(1, keepdim=True), 8)[:, 0]
        return [self.one(page) for page in cells]

    def one(self, page):
        y, x = (page < 128).nonzero().T
        score = 1 - page[y, x] / 255
        order = score.argsort(descending=True)
        boxes = torch.stack([x, y, x + 1, y + 1], dim=1)[order] * 8.0
        return {"boxes": boxes, "labels": torch.zeros(len(boxes), dtype=torch.int64), "scores": score[order]}


def dark_at(folder, name, size, spot, exif_orientation=None):
    """A white image with a black square of 1/8 of the canvas's height at `spot`, in pixels of the upright image."""
    image = Image.new("RGB", size, "white")
    image.paste("black", spot)
    exif = Image.Exif()
    if exif_orientation:
        # What is stored is the upright image turned back.
        image = image.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = exif_orientation
    image.save(folder / name, exif=exif, quality=95)
    return Example(name, folder / name, *size, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))


def run(examples, notices=None):
    said = [] if notices is None else notices
    return list(detect(DarkestPlace(1, CANVAS), examples, CPU, 2, lambda template, **values: said.append(template.format(**values))))


def test_images_come_back_in_the_order_given(tmp_path):
    examples = [dark_at(tmp_path, f"{i}.png", (256, 128), (16, 16, 32, 32)) for i in range(11)]
    assert [found.image for found in run(examples)] == [example.image for example in examples]


@pytest.mark.parametrize("orientation", [None, 6])
def test_boxes_are_in_pixels_of_the_upright_original(tmp_path, orientation):
    example = dark_at(tmp_path, "page.jpg", (512, 256), (64, 96, 96, 128), orientation)
    (found,) = run([example])
    np.testing.assert_allclose(found.xyxy[0], [64, 96, 96, 128], atol=0.5)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_boxes_found_on_a_turned_page_are_in_pixels_of_the_unturned_one(tmp_path, turn):
    example = replace(dark_at(tmp_path, "page.png", (256, 256), (64, 96, 96, 128)), turn=turn)
    (found,) = run([example])
    np.testing.assert_allclose(found.xyxy[0], [64, 96, 96, 128], atol=0.5)


def test_boxes_never_leave_the_image(tmp_path):
    # 100 × 50 on a canvas of 128 × 64 ends inside a cell.
    example = dark_at(tmp_path, "small.png", (99, 50), (93, 40, 99, 50))
    (found,) = run([example])
    assert found.xyxy.max(axis=0).tolist() <= [99, 50, 99, 50]


def test_the_best_comes_first(tmp_path):
    example = dark_at(tmp_path, "page.png", (128, 64), (8, 8, 40, 16))
    (found,) = run([example])
    assert list(found.score) == sorted(found.score, reverse=True)
    assert found.score.dtype == np.float32


def test_a_bad_image_is_said_and_left_out(tmp_path):
    examples = [dark_at(tmp_path, f"{i}.png", (128, 64), (8, 8, 16, 16)) for i in range(6)]
    examples[1].path.write_bytes(b"not an image")
    notices: list[str] = []
    assert [found.image for found in run(examples, notices)] == ["0.png", "2.png", "3.png", "4.png", "5.png"]
    assert len(notices) == 1
    assert notices[0].startswith("Image 1.png skipped")


def test_nothing_to_detect_is_no_error():
    assert run([]) == []
