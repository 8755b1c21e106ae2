"""The training loop. It opens no file and knows no process: what happens goes out through `Progress`.

A run repeats itself and can be resumed: batch k follows from the seed and k, the learning rate from k, and all else
that changes (weights, their running average, optimiser, the best so far) is in `TrainState`.
"""

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor

from storage.attempts import Message
from storage.core import Refused
from worker import evaluate
from worker.data import Batch, Example, batches
from worker.detect import Detections, detect
from worker.evaluate import Evaluation, FieldScore
from worker.models import PageModel
from worker.models.precision import precision, prepare

# The template's learning rate is on the scale of SGD with momentum, where 0.005 is the usual start. The optimiser here
# divides each step by the gradient's size, so it needs a tenth of that; pretrained weights move half as fast again.
_HEAD_SHARE = 0.1
_BACKBONE_SHARE = 0.05
_TEXT_SHARE = 10.0  # weights over spans begin at zero, have no layers, and are held back by a penalty of their own
_LAST_SHARE = 0.02  # small, so that boxes settle, and not zero, so that the last steps count
_WEIGHT_DECAY = 0.01  # torch's default for decoupled decay
_LARGEST_GRADIENT = 10.0  # its norm: one mislabelled page must not undo what was learned
_AVERAGE = 0.99  # weight of the past, so some hundred steps: evens out batches of two
_AVERAGE_EVERY = 5  # iterations; divides the 100 between evaluations


@dataclass(frozen=True)
class TrainSettings:
    """The template's choices for one run; `lr` is on the template's scale (0.005 by default).

    `together`: of the iterations, the last ones, which learn from the test examples, too, once these have said what they can.
    `micro_batch`: images at once, fewer than `batch` where memory is known to be short. `rank` and `world_size` say
    which share of every batch this process draws.
    """

    iterations: int
    batch: int
    lr: float
    augment: str
    loaders: int
    seed: int
    device: torch.device
    evaluate_every: int = 100
    together: int = 0
    micro_batch: int | None = None
    rank: int = 0
    world_size: int = 1

    @property
    def apart(self) -> int:
        """Count the first iterations, in which the test examples are kept apart."""
        return self.iterations - self.together

    def stretch(self, iteration: int) -> tuple[int, int]:
        """Say how far an iteration, from 0, is from where learning began last, and how many are learned from there in all."""
        return (iteration, self.apart) if iteration < self.apart else (iteration - self.apart, self.together)


@dataclass(frozen=True)
class TrainState:
    """All a run needs to go on: `tensors` flat, contiguous and on the CPU as safetensors wants them, `meta` JSON values."""

    tensors: dict[str, Tensor]
    meta: dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """How a run ended: whether it was stopped, after how many iterations, its best evaluation, if any, and the weights that
    have learned from the test examples, too, where there are such."""

    stopped: bool
    done: int
    best: Evaluation | None
    whole: dict[str, Tensor] | None = None


class Progress(Protocol):
    """Where the loop reports to, always from the thread that called `train`."""

    def iteration(self, done: int, loss: float, lr: float, seconds: float) -> None:
        """`done` iterations are over; the last took `seconds`, with `lr` on the template's scale."""

    def evaluation(self, done: int, result: Evaluation) -> None:
        """The test examples were evaluated after `done` iterations."""

    def checkpoint(self, done: int, state: Callable[[], TrainState], best: bool) -> None:
        """A point to resume from; call `state` now or never. `best`: the evaluation just made is the best so far."""

    def notice(self, template: str, **values: object) -> None:
        """Something the analyst should know, as an English template and its values."""

    def stop_asked(self) -> bool:
        """Whether to stop now, after a whole iteration."""


Score = Callable[[Sequence[Detections], Sequence[Example], int], Evaluation]
"""What judges detections by examples, for this number of fields or classes; an image without detections was missed."""


class NonFiniteLoss(Refused):
    """The loss became infinite or not a number; the message says when, and what to change."""


def train(
    model: PageModel,
    train_examples: Sequence[Example],
    test_examples: Sequence[Example],
    settings: TrainSettings,
    progress: Progress,
    resume: TrainState | None = None,
    score: Score = evaluate.score,
) -> Trained:
    """Teach `model` the examples; it is left holding its best weights by `score`, or the last without a test set.

    What has learned from the test examples, too, is in what is returned.

    Raises NoExamples if not one training image can be read, NonFiniteLoss, and torch's own error when not even one
    image at a time fits into memory.
    """
    run = _Run(model, settings, progress)
    if resume is not None:
        run.restore(resume)
    stopped = False
    # Closed on a stop and on an error, so that no loader thread outlives the loop.
    with closing(_batches(train_examples, test_examples, model, settings, run.done)) as ahead:
        started = perf_counter()
        for batch in ahead:
            loss, lr = run.step(batch)
            progress.iteration(run.done, loss, lr, perf_counter() - started)
            # At the end too, or the last weights of a run of 150 would never be measured.
            due = run.done <= settings.apart and (run.done % settings.evaluate_every == 0 or run.done == settings.apart)
            best = bool(test_examples) and due and run.evaluate(test_examples, score)
            # After the evaluation, so that weights just found best are in it, and before the stop, which relies on it.
            progress.checkpoint(run.done, run.state, best)
            stopped = progress.stop_asked()
            if stopped:
                break
            # From here: waiting for the next batch is part of an iteration, evaluation and checkpoint are not.
            started = perf_counter()
    run.finish()
    return Trained(stopped, run.done, run.best, run.whole())


def _batches(
    train_examples: Sequence[Example], test_examples: Sequence[Example], model: PageModel, settings: TrainSettings, done: int
) -> Generator[Batch, None, None]:
    apart = range(done, settings.apart)
    together = range(max(done, settings.apart), settings.iterations)
    for examples, iterations in ((train_examples, apart), ([*train_examples, *test_examples], together)):
        yield from batches(
            examples,
            model.canvas,
            settings.augment,
            batch=settings.batch,
            seed=settings.seed,
            loaders=settings.loaders,
            iterations=iterations,
            rank=settings.rank,
            world_size=settings.world_size,
            pin=settings.device.type == "cuda",
            pictures=model.sees,
        )


def _share(iteration: int, settings: TrainSettings) -> float:
    """Give the share of the initial learning rate: half a cosine, from 1 to `_LAST_SHARE`, each time learning begins."""
    # SGDR (Loshchilov and Hutter, 2017, eq. 5).
    place, length = settings.stretch(iteration)
    return _LAST_SHARE + (1 - _LAST_SHARE) * (1 + math.cos(math.pi * place / length)) / 2


class _Run:
    """What changes while a model learns."""

    def __init__(self, model: PageModel, settings: TrainSettings, progress: Progress) -> None:
        self.model = prepare(model, settings.device)
        self.settings = settings
        self.progress = progress
        self.done = 0
        self.micro_batch = min(settings.batch, settings.micro_batch or settings.batch)
        self.best: Evaluation | None = None
        self.best_weights: dict[str, Tensor] = {}
        self.begun = _copy(model.state_dict()) if settings.together else {}
        self.average = _copy(model.state_dict())
        self.bad: set[str] = set()
        self.optimiser = self._optimiser()

    def _optimiser(self) -> torch.optim.Optimizer:
        head, backbone, *text = self.model.parameter_groups()
        # RAdam begins gently by itself, so the curve starts at the rate that was typed, without a warm-up.
        # (Liu et al., 2020.) Decay is decoupled: within the gradient it would be divided by the gradient's size, too.
        return torch.optim.RAdam(
            [
                {"params": head, "share": _HEAD_SHARE},
                {"params": backbone, "share": _BACKBONE_SHARE},
                *({"params": weights, "share": _TEXT_SHARE, "weight_decay": 0.0} for weights in text),
            ],
            weight_decay=_WEIGHT_DECAY,
            decoupled_weight_decay=True,
        )

    def step(self, batch: Batch) -> tuple[float, float]:
        """One optimiser step on one batch → its loss, and the learning rate on the template's scale."""
        self._notice_bad(batch)
        self.model.train()
        if self.settings.together and self.done == self.settings.apart:
            self._begin_again()
        lr = self.settings.lr * _share(self.done, self.settings)
        for group in self.optimiser.param_groups:
            # From the iteration alone: a scheduler would be one more state to restore.
            group["lr"] = lr * group["share"]
        loss = self._fit_into_memory(batch)
        # Before the step: NaN never leaves the weights again, and the newest checkpoint is still good.
        if not math.isfinite(loss):
            raise NonFiniteLoss(
                "The loss became {loss} at iteration {iteration}; start again with a lower initial learning rate than {lr}",
                loss=str(loss),  # no JSON has a number for it
                iteration=self.done + 1,
                lr=self.settings.lr,
            )
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), _LARGEST_GRADIENT)
        self.optimiser.step()
        self.done += 1
        self._follow()
        return loss, lr

    def _begin_again(self) -> None:
        """Forget what was learned: to go on from weights that know some of the pages by heart teaches little of the others."""
        self.model.load_state_dict(self.begun)
        self.average = _copy(self.begun)
        self.optimiser = self._optimiser()
        self.progress.notice("The test images have said how good the model is. It now begins again and learns from them, too")

    def _fit_into_memory(self, batch: Batch) -> float:
        while True:
            try:
                return self._backward(batch)
            except RuntimeError as error:
                if not _out_of_memory(error) or self.micro_batch == 1:
                    raise
            # Outside the handler: the error's traceback holds on to the tensors that did not fit.
            self._halve()

    def _backward(self, batch: Batch) -> float:
        """Gradients of the whole batch, added up over pieces of `micro_batch` images → the loss."""
        # Here and not after the step: a try that ran out of memory leaves half a gradient.
        self.optimiser.zero_grad()
        device, total = self.settings.device, 0.0
        for first in range(0, len(batch.targets), self.micro_batch):
            images = batch.images[first : first + self.micro_batch].to(device, non_blocking=True)
            targets = batch.targets[first : first + self.micro_batch]
            targets = [{key: value.to(device) for key, value in target.items()} for target in targets]
            with precision(device):
                losses = self.model(images, targets)
            # Each piece by its share of the images: a halved piece must not double the step.
            loss = torch.stack(list(losses.values())).sum() * (len(targets) / len(batch.targets))
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.item()
        return total

    def _halve(self) -> None:
        # The gradients of the try that failed take room too.
        self.optimiser.zero_grad()
        self.micro_batch //= 2
        self.progress.notice(
            "Out of memory: from now on {images} images at once, with gradients added up to the batch size asked for.",
            images=self.micro_batch,
        )
        if self.settings.device.type == "cuda":
            torch.cuda.empty_cache()  # blocks cut for the larger piece would stay reserved

    def _follow(self) -> None:
        """Move the running average of the weights, quickly at first, towards where they are now."""
        # It reads and writes every weight, 4 ms: now and then is as good as each time.
        place, length = self.settings.stretch(self.done - 1)
        done = place + 1
        if done % _AVERAGE_EVERY and done != length:
            return
        # At 0.99 from the start, the head's random first weights would linger for hundreds of steps.
        keep = min(_AVERAGE, done / (done + 10)) ** _AVERAGE_EVERY
        now = self.model.state_dict()
        torch._foreach_lerp_(list(self.average.values()), [now[name] for name in self.average], 1 - keep)

    def evaluate(self, examples: Sequence[Example], score: Score) -> bool:
        """Report how good the averaged weights are → whether they are the best so far."""
        # The averaged weights are the ones that get published, so they are judged; those that learn wait here.
        learning = _copy(self.model.state_dict())
        self.model.load_state_dict(self.average)
        found = list(detect(self.model, examples, self.settings.device, self.settings.loaders, self._notice_image))
        # A page that cannot be read says nothing about the model; its fields would count as missed.
        read = {detections.image for detections in found}
        result = score(found, [example for example in examples if example.image in read], self.model.num_classes)
        self.model.load_state_dict(learning)
        self.progress.evaluation(self.done, result)
        # Of equals the later: it has seen more.
        if self.best is not None and result.quality < self.best.quality:
            return False
        self.best, self.best_weights = result, _copy(self.average)
        return True

    def finish(self) -> None:
        """Leave the model with the best weights that have not learned from the test examples."""
        self.model.load_state_dict(self.best_weights or self.average)

    def whole(self) -> dict[str, Tensor] | None:
        """Give what was learned of all examples, the test ones among them; None where those are kept apart to the end."""
        if self.done <= self.settings.apart:
            return None
        # No buffers: they hold what is found out once training is over.
        return {name: self.average[name] for name, _ in self.model.named_parameters()}

    def state(self) -> TrainState:
        """A copy of everything that changes."""
        parts = {"model": self.model.state_dict(), "average": self.average, "best": self.best_weights}
        moments = self.optimiser.state_dict()["state"]
        parts |= {f"optimiser.{index}": values for index, values in moments.items()}
        tensors = {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}
        # Channels last is not contiguous to safetensors.
        tensors = {name: value.to("cpu", copy=True, memory_format=torch.contiguous_format) for name, value in tensors.items()}
        best = None if self.best is None else asdict(self.best)
        return TrainState(tensors, {"done": self.done, "micro_batch": self.micro_batch, "best": best})

    def restore(self, state: TrainState) -> None:
        """Go on from what `state` returned."""
        parts: dict[str, dict[str, Tensor]] = {}
        for name, value in state.tensors.items():
            part, key = name.split("/", 1)
            parts.setdefault(part, {})[key] = value
        self.model.load_state_dict(parts["model"])
        for name, value in self.average.items():
            value.copy_(parts["average"][name])
        self.best_weights = _copy(parts.get("best", {}))
        # By position in `parameter_groups`: changing the order there makes old checkpoints useless.
        moments = {int(part.split(".")[1]): values for part, values in parts.items() if part.startswith("optimiser.")}
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": moments})
        self.done = state.meta["done"]
        # After a kill for lack of memory the worker asks for fewer images at once than the checkpoint knew.
        self.micro_batch = min(self.micro_batch, state.meta["micro_batch"])
        self.best = _read_evaluation(state.meta["best"])

    def _notice_bad(self, batch: Batch) -> None:
        for image, reason in batch.bad:
            self._notice_image(image=image, reason=reason)

    def _notice_image(self, _template: str = "", *, image: str, reason: Message) -> None:
        """Every bad image is said once, not at each epoch or evaluation."""
        if image not in self.bad:
            self.bad.add(image)
            self.progress.notice("Image {image} skipped: {reason}", image=image, reason=reason)


def _copy(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in tensors.items()}


def _out_of_memory(error: RuntimeError) -> bool:
    # On the CPU torch has no class of its own for it, only these words.
    words = ("can't allocate memory", "DefaultCPUAllocator")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error) for word in words)


def _read_evaluation(raw: dict[str, Any] | None) -> Evaluation | None:
    if raw is None:
        return None
    return Evaluation(**{**raw, "per_field": tuple(FieldScore(**field) for field in raw["per_field"])})
