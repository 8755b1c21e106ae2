"""What the training loop reports, written to the attempt's files: status, metrics, checkpoints."""

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import fmean
from threading import Event
from typing import TYPE_CHECKING, Any

from safetensors.torch import save as to_bytes

from storage import checkpoints
from storage.attempts import Ended, Message
from storage.core import AttemptPaths, LineWriter, Refused, load_if_there, now
from storage.progress import RECENT_LOSSES, Point, Stage, StageName, Status, write_status
from storage.projects import Field

if TYPE_CHECKING:
    from worker.evaluate import Evaluation
    from worker.train import TrainState

log = logging.getLogger(__name__)

_CHECKPOINT_COST = 20  # a checkpoint is due once 20 times its own writing time has passed: at most 5 % of a run
_RECENT = 0.1  # weight of the newest iteration in the running mean of seconds an iteration


class Reporter:
    """The ``Progress`` of one attempt, and its status from the first stage to the last."""

    def __init__(self, attempt: AttemptPaths, fields: tuple[Field, ...], refresh: float, stop: Event) -> None:
        self._attempt = attempt
        self.fields = fields  # in the order of the model's classes
        self._refresh = refresh
        self._stop = stop
        self._stopping = False
        self._metrics = LineWriter(attempt.metrics)
        self._status = Status(stages=tuple(Stage(name=name) for name in StageName), at=now())
        self._status_due = 0.0
        self._checkpoint_due = time.monotonic() + refresh
        self._seconds = 0.0
        self._losses: deque[float] = deque(maxlen=RECENT_LOSSES)
        self._stage_started = 0.0

    def set(self, **values: Any) -> None:
        """Change fields of the status and write it."""
        self._status = self._status.model_copy(update=values)
        self._write()

    @contextmanager
    def stage(self, name: StageName) -> Iterator[None]:
        """Everything inside is this stage; its time is kept, and an error marks it as failed."""
        log.info("%s", name.value)
        self._stage_started = time.monotonic()
        self._mark(name, "running")
        try:
            yield
        except BaseException:
            # Every end, SystemExit too: a stage left as running would seem to run for ever.
            self._mark(name, "failed")
            raise
        self._mark(name, "done")

    def progress(self, name: StageName, done: int, total: int) -> None:
        """Images done in a stage, and the time left at this pace; written when the refresh interval is over."""
        pace = (time.monotonic() - self._stage_started) / max(1, done)
        self._mark(name, "running", done=done, total=total, write=False)
        self._status = self._status.model_copy(update={"seconds_left": pace * (total - done)})
        self._write_if_due()

    def iteration(self, done: int, loss: float, lr: float, seconds: float) -> None:
        """Append to the curves; refresh the status when its interval is over."""
        self._metrics.write(_line(Point(iteration=done, loss=loss, lr=lr, seconds=seconds)))
        self._losses.append(loss)
        self._seconds += (seconds - self._seconds) * (_RECENT if self._seconds else 1.0)
        status = self._status
        self._status = status.model_copy(
            update={
                "iteration": done,
                "epoch": done * status.batch // max(1, status.images),
                "loss": fmean(self._losses),
                "lr": lr,
                "seconds_left": self._seconds * (status.iterations - done),
            }
        )
        self._write_if_due()

    def evaluation(self, done: int, result: "Evaluation") -> None:
        """Append AP, or accuracy, to the curves and show it at once."""
        # AP at IoU 0.5 is what the reading guide speaks of; which weights are best goes by 0.5…0.95.
        ap = result.map_50 if result.accuracy is None else result.accuracy
        scores = [score.ap_50 if result.accuracy is None else score.f1 for score in result.per_field]
        per_field = {field.id: score for field, score in zip(self.fields, scores, strict=True)}
        self._metrics.write(_line(Point(iteration=done, ap=ap, ap_50_95=result.map_50_95, per_field=per_field)))
        log.info(
            "iteration %d: %s",
            done,
            f"accuracy {ap:.3f}" if result.accuracy is not None else f"AP {ap:.3f}, AP 50-95 {result.map_50_95:.3f}",
        )
        self.set(ap=ap)

    def checkpoint(self, done: int, state: Callable[[], "TrainState"], best: bool) -> None:  # noqa: ARG002
        """Write one if it is due, the run is to stop, or training is over."""
        # Read once: a stop that comes while this is written waits for the next iteration and its own checkpoint.
        self._stopping = self._stop.is_set()
        started = time.monotonic()
        if not (self._stopping or done == self._status.iterations or started >= self._checkpoint_due):
            return
        self._refuse_if_superseded()
        now_state = state()  # only now, since it copies weights, average and moments
        checkpoints.write(self._attempt, done, to_bytes(now_state.tensors), json.dumps(now_state.meta))
        # The curve must reach as far as the checkpoint, or a power cut would leave a gap in it for good.
        self._metrics.sync()
        took = time.monotonic() - started
        self._checkpoint_due = time.monotonic() + max(self._refresh, _CHECKPOINT_COST * took)

    def notice(self, template: str, **values: object) -> None:
        """Something the analyst should know, kept in the status and in the log."""
        message = Message(template=template, values=values)
        log.warning("%s", message)
        self.set(notices=(*self._status.notices, message))

    def stop_asked(self) -> bool:
        """Whether a stop was asked for before the last checkpoint, which therefore was written."""
        return self._stopping

    def close(self) -> None:
        """Let go of the metrics; every line is durable then."""
        self._metrics.close()

    def _refuse_if_superseded(self) -> None:
        # A frozen run that wakes up after it was declared lost must not go on beside its successor.
        if load_if_there(Ended, self._attempt.end) is not None:
            raise Refused("Attempt {attempt} was ended meanwhile; nothing more of it is kept", attempt=self._attempt.folder.name)

    def _mark(self, name: StageName, state: str, *, done: int = 0, total: int = 0, write: bool = True) -> None:
        seconds = time.monotonic() - self._stage_started
        changed = {"state": state, "seconds": seconds, "done": done, "total": total}
        stages = tuple(stage.model_copy(update=changed) if stage.name == name else stage for stage in self._status.stages)
        self._status = self._status.model_copy(update={"stages": stages})
        if write:
            self._write()

    def _write_if_due(self) -> None:
        if time.monotonic() >= self._status_due:
            self._write()

    def _write(self) -> None:
        seconds = time.monotonic() - self._stage_started
        stages = self._status.stages
        so_far = tuple(stage.model_copy(update={"seconds": seconds}) if stage.state == "running" else stage for stage in stages)
        self._status = self._status.model_copy(update={"at": now(), "stages": so_far})
        write_status(self._attempt, self._status)
        self._status_due = time.monotonic() + self._refresh


def _line(point: Point) -> bytes:
    return point.model_dump_json(exclude_none=True).encode()
