"""Every name on disk, in one place. Nothing else in the project joins a string to a path of the store.

Only ids and image hashes become part of a path, and each is checked here first: a person's text never does.
"""

from dataclasses import dataclass
from pathlib import Path

from storage.core.ids import check_digest, check_id, check_image_id


@dataclass(frozen=True)
class Store:
    """The store's root directory and the folders below it."""

    root: Path

    @property
    def root_file(self) -> Path:
        """Format and uuid; created once, when the store is made."""
        return self.root / "root.json"

    @property
    def projects(self) -> Path:
        """One folder a project."""
        return self.root / "projects"

    @property
    def templates(self) -> Path:
        """One folder of revisions a template."""
        return self.root / "templates"

    @property
    def processes(self) -> Path:
        """One folder a process."""
        return self.root / "processes"

    @property
    def machines(self) -> Path:
        """One folder a machine."""
        return self.root / "machines"

    @property
    def models(self) -> Path:
        """One folder a published model."""
        return self.root / "models"

    @property
    def jobs(self) -> Path:
        """One folder a job: what a worker answers in seconds, beside whatever it trains."""
        return self.root / "jobs"

    @property
    def accounts(self) -> Path:
        """One folder an account."""
        return self.root / "accounts"

    @property
    def roles(self) -> Path:
        """One folder of revisions a role."""
        return self.root / "roles"

    @property
    def sessions(self) -> Path:
        """Revisions of all sessions, by the SHA-256 of their cookie's text."""
        # One folder: sessions past their time are removed, so there are never many.
        return self.root / "sessions"

    @property
    def tokens(self) -> Path:
        """Revisions of all API tokens, by the SHA-256 of their text."""
        return self.root / "tokens"

    @property
    def notices(self) -> Path:
        """One file a notice; beside them, in revisions, whether the disk was low when it was last told."""
        return self.root / "notices"

    def session_seen(self, digest: str) -> Path:
        """Replaced at most once a minute: when the session was last used."""
        # Apart from the session: a look at a page must never win over the session's end.
        return self.sessions / f"{check_digest(digest)}.seen.json"

    @property
    def journal(self) -> Path:
        """Who did what: a file a day and writing host, and a head file a host."""
        return self.root / "journal"

    def journal_day(self, writer: str, day: str) -> Path:
        """What was done through one host on ``day`` (as 2026-11-21, in UTC), a line each, appended by that host alone."""
        return self.journal / f"{writer}-{day}.jsonl"

    def journal_head(self, writer: str) -> Path:
        """Replaced after each line: the hash of the last one, by which a tail that was cut off is found."""
        return self.journal / f"{writer}.head.json"

    def names(self, kind: str) -> Path:
        """Revisions of name → id for one kind of object; ``kind`` is a word of ours, never a person's."""
        return self.root / "names" / kind

    def project(self, project: str) -> "ProjectPaths":
        """The files of one project."""
        # Checked here, where each path begins: an id may come from a URL.
        return ProjectPaths(self.projects / check_id(project))

    def template(self, template: str) -> Path:
        """The folder of one template's revisions."""
        return self.templates / check_id(template)

    def account(self, account: str) -> Path:
        """The folder of one account."""
        return self.accounts / check_id(account)

    def own(self, account: str) -> Path:
        """The folder of what an account keeps for itself; ``local`` is everybody's where nobody signs in."""
        return self.accounts / (account if account == "local" else check_id(account))

    def inbox(self, account: str) -> Path:
        """Replaced by whoever reads: which notices this account has read."""
        return self.own(account) / "inbox.json"

    def notice(self, notice: str) -> Path:
        """Created once by whoever first sees that it happened."""
        return self.notices / f"{check_id(notice)}.json"

    def deliveries(self, notice: str) -> Path:
        """Revisions of how a notice gets out, by way and account; created once each, so two dashboards send it once."""
        return self.root / "deliveries" / check_id(notice)

    def role(self, role: str) -> Path:
        """The folder of one role's revisions."""
        return self.roles / check_id(role)

    def process(self, process: str) -> "ProcessPaths":
        """The files of one process."""
        return ProcessPaths(self.processes / check_id(process))

    def machine(self, machine: str) -> "MachinePaths":
        """The files of one machine."""
        return MachinePaths(self.machines / check_id(machine))

    def job(self, job: str) -> "JobPaths":
        """The files of one job."""
        return JobPaths(self.jobs / check_id(job))

    def model(self, model: str) -> "ModelPaths":
        """The files of one published model."""
        return ModelPaths(self.models / check_id(model))


@dataclass(frozen=True)
class _Filed:
    """A thing with a folder of its own, named by its id, in the folder of its kind."""

    folder: Path

    @property
    def id(self) -> str:
        """The thing's id."""
        return self.folder.name

    @property
    def store(self) -> Store:
        """The store that it is in."""
        return Store(self.folder.parent.parent)


@dataclass(frozen=True)
class ProjectPaths(_Filed):
    """A project: its own revisions, its images and their labels, both in 256 shards by image id."""

    @property
    def images(self) -> Path:
        """256 shards of image revisions and original bytes."""
        # 256 and no more: a cold listing of 100,000 names takes 0.2 s in these and 6.4 s in 65,536.
        return self.folder / "images"

    @property
    def labels(self) -> Path:
        """256 shards of label revisions."""
        # Apart from the images: each save changes its folder, and the index lists folders that changed.
        return self.folder / "labels"

    def image_shard(self, image: str) -> Path:
        """The shard with the revisions of ``image``'s record."""
        return self.images / check_image_id(image)[:2]

    def original(self, image: str) -> Path:
        """The bytes as they were uploaded; named by their own SHA-256, so never changed."""
        # No extension: what the bytes are is told by their content, not by what a person called them.
        return self.image_shard(image) / f"{image}.orig"

    def browser_copy(self, image: str) -> Path:
        """A PNG, only where a browser cannot show the original (TIFF, CMYK, 16 bit)."""
        return self.image_shard(image) / f"{image}.png"

    def label_shard(self, image: str) -> Path:
        """The shard with the revisions of ``image``'s label."""
        return self.labels / check_image_id(image)[:2]

    @property
    def words_folder(self) -> Path:
        """256 shards of what was read on the images."""
        # Apart from the images: a page read must not make the index list the shard's images again.
        return self.folder / "words"

    def word_shard(self, image: str) -> Path:
        """The shard with what was read on ``image``."""
        return self.words_folder / check_image_id(image)[:2]

    def words(self, image: str, turn: int | None, reader: str) -> Path:
        """What ``reader`` read on ``image`` turned by people by ``turn`` degrees clockwise, or by nobody; created once."""
        return self.word_shard(image) / f"{image}.{'any' if turn is None else turn}.{reader}.json"


@dataclass(frozen=True)
class ProcessPaths(_Filed):
    """A process: what to run, what people asked, and one folder for each attempt and each apply."""

    @property
    def requests(self) -> Path:
        """Numbered requests (start, stop, apply, roll back), created once each by whoever asked."""
        # Numbers rather than times: two people's clocks do not agree on an order.
        return self.folder / "requests"

    @property
    def run_lock(self) -> Path:
        """Held by the training child for its life. Never deleted: that would let a second one in."""
        return self.folder / "run.lock"

    @property
    def attempts(self) -> Path:
        """One folder an attempt, numbered from 1."""
        return self.folder / "attempts"

    @property
    def applies(self) -> Path:
        """One folder an apply."""
        return self.folder / "applies"

    def attempt(self, number: int) -> "AttemptPaths":
        """The files of one attempt."""
        # Four digits keep a listing in order; beyond 9999 readers compare numbers.
        return AttemptPaths(self.attempts / f"{number:04d}")

    def apply(self, apply: str) -> "ApplyPaths":
        """The files of one apply."""
        return ApplyPaths(self.applies / check_id(apply))


@dataclass(frozen=True)
class AttemptPaths:
    """One attempt; an old runner that wakes up can touch only its own."""

    folder: Path

    @property
    def process(self) -> ProcessPaths:
        """The files of the process it is an attempt of."""
        return ProcessPaths(self.folder.parent.parent)

    @property
    def claim(self) -> Path:
        """Created once by the worker: this attempt is mine."""
        # A file for each step and writer: of one shared record, the last writer would undo the others' steps.
        return self.folder / "claim.json"

    @property
    def started(self) -> Path:
        """Created once by the child after it holds the run lock."""
        return self.folder / "started.json"

    @property
    def result(self) -> Path:
        """Created once by the child as its last act: how the run ended, in its own words."""
        # Not the end itself: whether a stop was a person's or the worker's own, the child cannot tell.
        return self.folder / "result.json"

    @property
    def end(self) -> Path:
        """Created once by the worker (or by an administrator for a machine that is gone): how it ended."""
        return self.folder / "end.json"

    @property
    def status(self) -> Path:
        """Replaced by the child every refresh interval: stages, iteration, time left, notices."""
        return self.folder / "status.json"

    @property
    def snapshot(self) -> Path:
        """Created once: the labels trained on, the split, and the images unlabelled at the start."""
        return self.folder / "snapshot.json"

    @property
    def metrics(self) -> Path:
        """One line an iteration or evaluation, appended by the child."""
        return self.folder / "metrics.jsonl"

    @property
    def detections(self) -> Path:
        """One line an image, appended by the child: every detection from score 0.05 up."""
        return self.folder / "detections.jsonl"

    @property
    def evaluation(self) -> Path:
        """Created once by the child when training is complete: what was found on the test images, and what of it is right."""
        return self.folder / "evaluation.json"

    @property
    def log(self) -> Path:
        """What the child printed."""
        return self.folder / "worker.log"

    @property
    def checkpoints(self) -> Path:
        """Checkpoints and their manifests."""
        return self.folder / "ckpt"


@dataclass(frozen=True)
class ApplyPaths:
    """One apply and its roll back: each step is a file created once, so anyone can finish what was begun."""

    folder: Path

    @property
    def plan(self) -> Path:
        """Which images receive labels and from which revision."""
        return self.folder / "plan.json"

    @property
    def applied(self) -> Path:
        """Written when every image of the plan was dealt with."""
        return self.folder / "applied.json"

    @property
    def rollback(self) -> Path:
        """Written when the roll back begins."""
        return self.folder / "rollback.json"

    @property
    def rolledback(self) -> Path:
        """Written when every image of the plan was dealt with."""
        return self.folder / "rolledback.json"

    @property
    def progress(self) -> Path:
        """Replaced by whoever carries it out: images done of all."""
        # Two at once may take turns here. It is only shown; what is done is read from the labels.
        return self.folder / "progress.json"


@dataclass(frozen=True)
class MachinePaths:
    """A machine: what the administrator set, and what its worker reports."""

    folder: Path

    @property
    def worker_lock(self) -> Path:
        """Held by the machine's one worker for its life; says who holds it. Never deleted."""
        # A file of its own, for a lock on a file that gets replaced protects nothing.
        return self.folder / "worker.lock"

    @property
    def info(self) -> Path:
        """Replaced by the worker: cores, memory, GPUs, versions, current process, heartbeat."""
        return self.folder / "info.json"

    @property
    def loads(self) -> Path:
        """One file a day of the last week: how loaded the machine was."""
        return self.folder / "load"

    def load(self, day: str) -> Path:
        """One line a minute, appended by the worker; ``day`` as 2026-11-21, in UTC."""
        # A file a day, so that old ones can be removed while the newest is written.
        return self.loads / f"{day}.jsonl"


@dataclass(frozen=True)
class ModelPaths:
    """A published model; the folder is renamed into place when it is complete."""

    folder: Path

    @property
    def record(self) -> Path:
        """What the model is, what it was trained on, and the SHA-256 of its weights."""
        return self.folder / "model.json"

    @property
    def weights(self) -> Path:
        """The weights, in safetensors format."""
        # A format that holds numbers only: opening a pickle would run whatever it says.
        return self.folder / "weights.safetensors"

    @property
    def onnx(self) -> Path:
        """The model in ONNX format, created once by the worker that was asked for it."""
        return self.folder / "model.onnx"


@dataclass(frozen=True)
class JobPaths:
    """One job: what was asked, the pages it is about, and the answer."""

    folder: Path

    @property
    def record(self) -> Path:
        """Created once by whoever asks, after the pages are there."""
        return self.folder / "job.json"

    @property
    def answer(self) -> Path:
        """Created once by the machine's worker."""
        return self.folder / "answer.json"

    def page(self, number: int) -> Path:
        """The bytes of page ``number``, counted from 0: an image that a browser can show."""
        return self.folder / f"{number:04d}.page"
