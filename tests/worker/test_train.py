"""The training loop: learning, stopping, resuming, memory, bad images."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import load, save

from tests.worker import house
from worker import evaluate_classes
from worker.data import Example, NoExamples
from worker.evaluate import Evaluation
from worker.models import build
from worker.models.detector import FieldDetector
from worker.train import NonFiniteLoss, TrainSettings, TrainState, train

CANVAS = (64, 128)
SETTINGS = TrainSettings(
    iterations=6, batch=2, lr=0.005, augment="exposure-noise", loaders=1, seed=5, device=torch.device("cpu"), evaluate_every=3
)


class Record:
    """Progress that remembers everything and may ask to stop after some iterations."""

    def __init__(self, stop_after: int = 10**9) -> None:
        self.stop_after = stop_after
        self.losses: list[float] = []
        self.rates: list[float] = []
        self.evaluations: dict[int, Evaluation] = {}
        self.notices: list[str] = []
        self.best_at: list[int] = []
        self.state: TrainState | None = None

    def iteration(self, done, loss, lr, seconds):
        self.losses.append(loss)
        self.rates.append(lr)

    def evaluation(self, done, result):
        self.evaluations[done] = result

    def checkpoint(self, done, state, best):
        if best:
            self.best_at.append(done)
        if done == self.stop_after:
            self.state = state()

    def notice(self, template, **values):
        self.notices.append(template.format(**values))

    def stop_asked(self):
        return len(self.losses) >= self.stop_after


class ShortOfMemory(FieldDetector):
    """A detector on a machine that holds `room` images at once."""

    room = 1

    def predict(self, images):
        if self.training and len(images) > self.room:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
        return super().predict(images)


def model():
    torch.manual_seed(0)
    return build("base-SmartOCR-01", 1, CANVAS)


@pytest.fixture
def pages(tmp_path):
    examples = []
    for number in range(4):
        image = Image.new("RGB", (128, 64), "white")
        box = (20 + 10 * number, 20, 70 + 10 * number, 40)
        ImageDraw.Draw(image).rectangle(box, fill="black")
        path = tmp_path / f"{number}.png"
        image.save(path)
        examples.append(Example(str(number), path, 128, 64, np.array([box], np.float32), np.array([0])))
    return examples


def test_a_small_model_learns_to_find_a_bar(pages):
    record = Record()
    trained = train(model(), pages, pages[:2], replace(SETTINGS, iterations=60, evaluate_every=60), record)
    assert np.mean(record.losses[-10:]) < np.mean(record.losses[:10]) / 2
    assert trained.best is not None
    assert trained.best.map_50 > 0.5


def test_training_sees_pages_varied_as_the_template_says(pages):
    plain, varied, turned = Record(), Record(), Record()
    for augmentation, record in (("none", plain), ("exposure-noise", varied), ("rotations-exposure-noise", turned)):
        train(model(), pages, [], replace(SETTINGS, iterations=1, augment=augmentation), record)
    assert len({plain.losses[0], varied.losses[0], turned.losses[0]}) == 3


def forms(folder):
    """Six forms of two classes: bars on top, or at the bottom."""
    examples = []
    for number in range(6):
        path = folder / f"form{number}.png"
        path.write_bytes(house.form(number))
        examples.append(Example(str(number), path, 64, 96, np.zeros((0, 4), np.float32), np.array([number % 2])))
    return examples


def test_a_small_classifier_learns_to_tell_forms_apart(tmp_path):
    examples, record = forms(tmp_path), Record()
    model = build("base-Classifier-01", 2, (96, 64))
    settings = replace(SETTINGS, iterations=30, evaluate_every=30, augment="rotations-exposure-noise")
    trained = train(model, examples[:4], examples[4:], settings, record, score=evaluate_classes.score)
    assert np.mean(record.losses[-5:]) < np.mean(record.losses[:5])
    assert trained.best.accuracy == 1.0


def test_the_learning_rate_starts_at_what_was_typed_and_only_falls(pages):
    record = Record()
    train(model(), pages, [], SETTINGS, record)
    assert record.rates[0] == SETTINGS.lr
    assert record.rates == sorted(record.rates, reverse=True)


def test_a_run_resumed_through_safetensors_repeats_the_uninterrupted_one(pages):
    whole, first, second = Record(), Record(stop_after=4), Record()
    entire = train(model(), pages, pages[:2], SETTINGS, whole)
    stopped = train(model(), pages, pages[:2], SETTINGS, first)
    state = TrainState(load(save(first.state.tensors)), first.state.meta)
    resumed = train(build("base-SmartOCR-01", 1, CANVAS, pretrained=False), pages, pages[:2], SETTINGS, second, resume=state)
    assert (stopped.stopped, stopped.done, resumed.stopped, resumed.done) == (True, 4, False, 6)
    np.testing.assert_allclose(first.losses + second.losses, whole.losses, rtol=1e-3)
    assert first.rates + second.rates == whole.rates
    assert resumed.best.map_50_95 == pytest.approx(entire.best.map_50_95, abs=0.02)


def test_the_best_so_far_survives_a_resume(pages):
    first, second = Record(stop_after=4), Record()
    train(model(), pages, pages[:2], SETTINGS, first)
    better = {"map_50": 1.0, "map_50_95": 1.0, "per_field": [{"ap": 1.0, "ap_50": 1.0}]}
    state = TrainState(first.state.tensors, first.state.meta | {"best": better})
    again = model()
    trained = train(again, pages, pages[:2], SETTINGS, second, resume=state)
    assert trained.best.map_50_95 == 1.0
    assert second.best_at == []
    torch.testing.assert_close(again.state_dict()["head.score.bias"], state.tensors["best/head.score.bias"])


def test_the_test_pages_are_evaluated_on_schedule_and_at_the_end(pages):
    record = Record()
    train(model(), pages, pages[:1], replace(SETTINGS, iterations=5), record)
    assert list(record.evaluations) == [3, 5]
    assert record.best_at[0] == 3


def test_without_test_pages_nothing_is_evaluated(pages):
    record = Record()
    assert train(model(), pages, [], SETTINGS, record).best is None
    assert record.evaluations == {}


def test_out_of_memory_halves_the_batch_and_keeps_its_gradient(pages):
    torch.manual_seed(0)
    short = ShortOfMemory(1, CANVAS)
    short.load_state_dict(model().state_dict())
    record, plenty = Record(), Record()
    settings = replace(SETTINGS, iterations=2, batch=4)
    train(short, pages, [], settings, record)
    train(model(), pages, [], replace(settings, micro_batch=1), plenty)
    assert [notice.split(" with")[0] for notice in record.notices] == [
        "Out of memory: from now on 2 images at once,",
        "Out of memory: from now on 1 images at once,",
    ]
    np.testing.assert_allclose(record.losses, plenty.losses, rtol=1e-3)


def test_memory_too_short_for_one_image_is_fatal(pages):
    short = ShortOfMemory(1, CANVAS)
    short.room = 0
    with pytest.raises(RuntimeError, match="can't allocate"):
        train(short, pages, [], SETTINGS, Record())


def test_another_error_of_torch_is_not_taken_for_memory(pages):
    broken = replace(pages[0], class_id=np.array([7]))
    record = Record()
    with pytest.raises((RuntimeError, IndexError)):
        train(model(), [broken], [], SETTINGS, record)
    assert record.notices == []


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_iteration(pages):
    broken = model()
    with torch.no_grad():
        broken.head.score.bias.fill_(float("nan"))
    with pytest.raises(NonFiniteLoss, match=r"iteration 1.*lower initial learning rate"):
        train(broken, pages, [], SETTINGS, Record())


def test_a_bad_image_is_said_once_and_training_goes_on(pages):
    pages[2].path.write_bytes(b"not an image")
    record = Record()
    trained = train(model(), pages, pages[2:], SETTINGS, record)
    assert trained.done == SETTINGS.iterations
    assert len(record.notices) == 1
    assert record.notices[0].startswith("Image 2 skipped")


def test_test_images_are_kept_apart_in_the_first_iterations_and_learned_from_in_the_last(pages):
    alone, record, without = Record(), Record(), Record()
    judged, both = model(), model()
    apart = train(judged, pages[:2], pages[2:], SETTINGS, alone)
    trained = train(both, pages[:2], pages[2:], replace(SETTINGS, iterations=12, together=6), record)
    # What it is judged by is what a run of the first iterations alone publishes.
    assert trained.best == apart.best
    assert list(record.evaluations) == list(alone.evaluations)
    for name, weights in both.state_dict().items():
        torch.testing.assert_close(weights, judged.state_dict()[name], rtol=1e-3, atol=1e-4)
    # Learning begins again: at the first rate, and from the first weights.
    assert record.rates[6:] == record.rates[:6] == alone.rates
    assert apart.whole is None
    assert trained.whole is not None
    train(model(), pages[:2], [], replace(SETTINGS, iterations=12, together=6), without)
    np.testing.assert_allclose(record.losses[:6], without.losses[:6], rtol=1e-4)
    assert abs(np.array(record.losses[6:]) / without.losses[6:] - 1).max() > 0.01


def test_what_was_learned_without_the_test_images_leaves_no_trace_in_what_is_learned_with_them(pages):
    settings, one, other = replace(SETTINGS, iterations=12, together=6), Record(), Record()
    few = train(model(), pages[:1], pages[1:], settings, one)
    many = train(model(), pages[:3], pages[3:], settings, other)
    assert abs(np.array(one.losses[:6]) / other.losses[:6] - 1).max() > 0.01
    np.testing.assert_allclose(one.losses[6:], other.losses[6:], rtol=1e-4)
    for name, weights in few.whole.items():
        torch.testing.assert_close(many.whole[name], weights, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("stop", [4, 6, 9])
def test_a_run_that_learns_from_all_images_at_the_end_is_resumed_to_the_same(pages, stop):
    settings = replace(SETTINGS, iterations=12, together=6)
    whole, first, second = Record(), Record(stop_after=stop), Record()
    entire = train(model(), pages[:2], pages[2:], settings, whole)
    train(model(), pages[:2], pages[2:], settings, first)
    resumed = train(model(), pages[:2], pages[2:], settings, second, resume=first.state)
    np.testing.assert_allclose(first.losses + second.losses, whole.losses, rtol=1e-4)
    for name, weights in entire.whole.items():
        torch.testing.assert_close(resumed.whole[name], weights, rtol=1e-3, atol=1e-5)


def test_no_readable_image_ends_the_run(pages):
    for example in pages:
        example.path.unlink()
    with pytest.raises(NoExamples):
        train(model(), pages, [], SETTINGS, Record())
