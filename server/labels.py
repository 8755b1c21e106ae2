"""Labels over HTTP: what lists of images and the box editor read and save."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic import Field as Limits
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.access import account_of, allowed, described, get_index, get_store, json_of, project_of, refusal, templated
from storage import images, labels
from storage.core import Conflict, Damaged, InvalidValue, NotFound, ProjectPaths, explain
from storage.images import Image
from storage.index import Filter, Order, Row, Which
from storage.labels import XYXY, Label, Region
from storage.projects import Project
from storage.turns import stands
from storage.words import words
from storage.words.suggestions import suggested
from storage.words.words import Reader, Words


class _Sent(BaseModel):
    """What a client sends; a field it does not know is a mistake, and NaN is not JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class _Asked(_Sent):
    """The query of a list."""

    state: Which = "all"
    origin: Literal["person", "auto"] | None = None
    split: Literal["train", "test", "none"] | None = None
    class_id: Annotated[str | None, Limits(alias="class")] = None
    name: str = ""
    # Only the pages to label next.
    suggested: bool = False
    order: Order = "name"
    descending: bool = False
    offset: Annotated[int, Limits(ge=0, lt=2**31)] = 0
    limit: Annotated[int, Limits(ge=1, le=500)] = 50
    around: str | None = None


class _Region(_Sent, strict=True):
    """A box; without a text it keeps what a person typed for it, with null nobody typed one."""

    field: str
    xyxy: XYXY
    text: str | None = None

    @property
    def said(self) -> Region:
        """As the store takes it."""
        return (self.field, self.xyxy, self.text) if "text" in self.model_fields_set else (self.field, self.xyxy)


class _Save(_Sent, strict=True):
    """A person's label, made from revision ``base``: boxes or, in a project of classes, a class.

    None makes the image unlabelled again; no boxes at all is "no fields here".
    """

    base: Annotated[int, Limits(ge=0)]
    boxes: tuple[_Region, ...] | None = None
    class_id: Annotated[str | None, Limits(alias="class")] = None

    @model_validator(mode="after")
    def _says_one(self) -> "_Save":
        # Nothing at all must not pass for None, which would clear the label.
        if len(self.model_fields_set & {"boxes", "class_id"}) != 1:
            raise ValueError("send either boxes or class")
        return self


class _Accept(_Sent, strict=True):
    base: Annotated[int, Limits(ge=0)]


class _Chosen(_Sent, strict=True):
    image: str
    base: Annotated[int, Limits(ge=0)]


class _Classes(_Sent, strict=True):
    """A class for many images at once, each with the revision it was shown with."""

    class_id: Annotated[str | None, Limits(alias="class")]
    images: Annotated[tuple[_Chosen, ...], Limits(max_length=500)]


@allowed("images", "view")
def listed(request: Request) -> Response:
    """A page of the project's images, or with ``around`` the window of ``limit`` that has this image in its middle.

    ``position`` is the image's place in the whole list, null where the filter leaves it out; the window then begins at 0.
    """
    project, index, asked = project_of(request), get_index(), _asked(request)
    index.refresh(project.id)
    only = suggested(get_store(), index, project) if asked.suggested else None
    chosen = Filter(asked.state, asked.origin, asked.split, asked.name, asked.class_id, only)
    total, offset, position = index.count(project.id, chosen), asked.offset, None
    if asked.around:
        position = index.position(project.id, asked.around, chosen, order=asked.order, descending=asked.descending)
        # At either end the window stays full rather than the image in its middle.
        offset = max(0, min((position or 0) - asked.limit // 2, total - asked.limit))
    rows = index.page(project.id, chosen, order=asked.order, descending=asked.descending, limit=asked.limit, offset=offset)
    shown = [_row(row) for row in rows]
    if asked.order == "review":  # learning the rules costs more than the list, and only a review goes by them
        broken = index.broken(project, rows)
        shown = [{**item, "broken": dict(zip(("missing", "doubled"), broken[item["image"]], strict=True))} for item in shown]
    return JSONResponse({"total": total, "offset": offset, "position": position, "images": shown})


@allowed("labels", "view")
def label(request: Request) -> Response:
    """The image with its newest label."""
    paths, image = _image(request, project_of(request))
    return JSONResponse(_shown(image, labels.head(paths, image.id)))


@allowed("labels", "view")
def history(request: Request) -> Response:
    """All revisions of the image's label, the newest first."""
    paths, image = _image(request, project_of(request))
    return JSONResponse({"revisions": [_revision(found) for found in reversed(labels.history(paths, image.id))]})


@allowed("images", "view")
def written(request: Request) -> Response:
    """The words on the page in reading order, boxes in pixels of the unturned page; null where it was not read yet.

    ``failed`` says why the page could not be read, which makes it one without words.
    """
    return _written(request)


@allowed("labels", "edit")
def read_again(request: Request) -> Response:
    """Have the page read once more that could not be read."""
    paths, image = _image(request, project_of(request))
    words.forget_failed(paths, image.id)
    return _written(request)


@allowed("labels", "edit")
async def save(request: Request) -> Response:
    """Save a person's label; 409 with the newest one where the person started from an older."""
    sent = await json_of(request, _Save)
    return await run_in_threadpool(_save, request, sent)


@allowed("labels", "edit")
async def classes(request: Request) -> Response:
    """Give many images one class, each saved as if it were alone: what went in, what somebody changed, what cannot be read."""
    sent = await json_of(request, _Classes)
    return await run_in_threadpool(_save_classes, request, sent)


@allowed("labels", "edit")
async def accept(request: Request) -> Response:
    """Say that the automatic label is right as it is; 409 like a save."""
    sent = await json_of(request, _Accept)
    return await run_in_threadpool(_accept, request, sent)


def routes() -> list[Route]:
    """The routes of this module."""
    image = "/api/projects/{project}/images/{image}"
    return [
        Route("/api/projects/{project}/images", listed),
        Route("/api/projects/{project}/images/classes", classes, methods=["POST"]),
        Route(f"{image}/label", label, methods=["GET"]),
        Route(f"{image}/label", save, methods=["POST"]),
        Route(f"{image}/history", history),
        Route(f"{image}/accept", accept, methods=["POST"]),
        Route(f"{image}/words", written, methods=["GET"]),
        Route(f"{image}/words", read_again, methods=["POST"]),
    ]


def _save(request: Request, sent: _Save) -> Response:
    project = project_of(request)
    paths, image = _image(request, project)
    try:
        return JSONResponse(_shown(image, _save_sent(paths, project, image, sent, account_of(request))))
    except Conflict as error:
        return _stale(error, paths, image)


def _save_sent(paths: ProjectPaths, project: Project, image: Image, sent: _Save, author: str) -> Label | None:
    # By what was sent and not by the task: who sends the other kind is told that the project takes none.
    if "class_id" in sent.model_fields_set:
        return labels.save_class(paths, project, image.id, sent.base, sent.class_id, author)
    regions = None if sent.boxes is None else [box.said for box in sent.boxes]
    return labels.save_by_person(paths, project, image, sent.base, regions, author, _words(paths, project, image))


def _save_classes(request: Request, sent: _Classes) -> Response:
    project, author = project_of(request), account_of(request)
    # Before the first: what is wrong with the class is wrong with all.
    labels.check_class(project, sent.class_id)
    paths = get_store().project(project.id)
    answer: dict[str, list[dict[str, Any]]] = {"saved": [], "stale": [], "failed": []}
    for item in sent.images:
        outcome, found = _save_one_class(paths, project, item, sent.class_id, author)
        answer[outcome].append({"image": item.image, **found})
    return JSONResponse(answer)


def _save_one_class(
    paths: ProjectPaths, project: Project, item: _Chosen, class_id: str | None, author: str
) -> tuple[Literal["saved", "stale", "failed"], dict[str, Any]]:
    try:
        images.get(paths, item.image)
        saved = labels.save_class(paths, project, item.image, item.base, class_id, author)
        return "saved", {"rev": saved.rev if saved else 0}
    except Conflict:
        return "stale", _revision(labels.head(paths, item.image))
    except (NotFound, Damaged, InvalidValue) as error:
        return "failed", described(error)  # deleted meanwhile, say: the others go on


def _accept(request: Request, sent: _Accept) -> Response:
    paths, image = _image(request, project_of(request))
    try:
        return JSONResponse(_shown(image, labels.accept(paths, image.id, sent.base, account_of(request))))
    except Conflict as error:
        return _stale(error, paths, image)


def _stale(error: Conflict, paths: ProjectPaths, image: Image) -> Response:
    # With what stands, so that the editor can show both versions at once.
    return refusal(error, head=_shown(image, labels.head(paths, image.id)))


def _image(request: Request, project: Project) -> tuple[ProjectPaths, Image]:
    paths = get_store().project(project.id)
    return paths, images.get(paths, request.path_params["image"])


def _asked(request: Request) -> _Asked:
    given = {key: value for key, value in request.query_params.items() if value}
    try:
        return _Asked.model_validate(given)
    except ValidationError as error:
        raise InvalidValue("{reason}", reason=explain(error)) from error


def _row(row: Row) -> dict[str, Any]:
    keys = ("image", "name", "width", "height", "turn", "state", "split", "boxes", "score", "label_rev")
    return {**{key: getattr(row, key) for key in keys}, "class": row.class_id}


def _written(request: Request) -> Response:
    project = project_of(request)
    paths, image = _image(request, project)
    found = _words(paths, project, image)
    return JSONResponse({"words": None if found is None else _compact(found)})


def _words(paths: ProjectPaths, project: Project, image: Image) -> Words | None:
    return words.find(paths, image.id, stands(image.turn, image.said_turn is not None), Reader(project.languages))


def _compact(found: Words) -> dict[str, Any]:
    # A page may have 20,000 words: more digits than anybody sees would double what is sent.
    boxes = [[round(side, 1) for side in box] for box in found.boxes]
    confidences = [round(confidence, 3) for confidence in found.confidences]
    failed = found.failed and templated(found.failed)
    return {"texts": found.texts, "boxes": boxes, "confidences": confidences, "lines": found.lines, "failed": failed}


def _shown(image: Image, label: Label | None) -> dict[str, Any]:
    about = {key: getattr(image, key) for key in ("id", "name", "width", "height", "turn", "split")}
    return {"image": about, **_revision(label)}


def _revision(label: Label | None) -> dict[str, Any]:
    """A label revision; one of number 0 stands for an image that was never labelled."""
    keys = ("rev", "author", "at", "origin", "reviewed_by", "class_id", "score", "process")
    if label is None:
        return {**dict.fromkeys(keys), "rev": 0, "state": "unlabelled", "boxes": None}
    shown = label.model_dump(mode="json", include=set(keys))
    boxes = label.model_dump(include={"boxes": {"__all__": {"field", "xyxy", "origin", "score", "process", "text", "read"}}})["boxes"]
    return {**shown, "state": label.state, "boxes": boxes}
