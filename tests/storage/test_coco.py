"""COCO folders in and out: what cannot be used is said, and the rest goes in."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storage import coco, coco_export, images, labels, uploads
from storage.coco import Imported
from storage.core.errors import InvalidValue, Refused
from storage.core.paths import Store
from storage.index import Index
from storage.labels import Box
from storage.projects import PROJECTS, Project, create

Document = Callable[..., bytes]


class Folder:
    """A COCO folder under construction: three pages of 120 × 80 pixels with a box each, changed by the tests."""

    def __init__(self, root: Path, document: Document) -> None:
        self.root = root
        (root / "images").mkdir(parents=True)
        self.images: list[Any] = []
        self.annotations: list[Any] = []
        self.categories: list[Any] = [{"id": 0, "name": "date"}, {"id": 1, "name": "total"}]
        for name in ("a.png", "b.png", "c.png"):
            self.page(name, document(name))
            self.box(name, [10, 20, 30, 15])

    def page(self, name: str, data: bytes | None, **entry: Any) -> None:
        """List an image; write it unless ``data`` is None."""
        self.images.append({"id": name, "file_name": name, "width": 120, "height": 80, **entry})
        if data is not None:
            (self.root / "images" / name).write_bytes(data)

    def box(self, image: str, bbox: list[Any], category: int = 0) -> None:
        self.annotations.append({"id": len(self.annotations), "image_id": image, "category_id": category, "bbox": bbox})

    def write(self) -> Path:
        content = {"images": self.images, "annotations": self.annotations, "categories": self.categories}
        (self.root / "annotations.json").write_text(json.dumps(content), "utf-8")
        return self.root


@pytest.fixture
def folder(tmp_path: Path, document: Document) -> Folder:
    return Folder(tmp_path / "coco", document)


@pytest.fixture
def bring(store: Store, project: Project, folder: Folder) -> Callable[..., Imported]:
    def run(share: float = 1.0, seed: int = 0) -> Imported:
        return coco.import_coco(store, project, folder.write(), "ann", share, seed)

    return run


def boxes_by_name(store: Store, project: Project) -> dict[str, list[tuple[float, ...]]]:
    index = Index(store)
    index.refresh(project.id, full=True)
    heads = {row.name: labels.head(store.project(project.id), row.image) for row in index.images(project.id, "all")}
    return {name: [box.xyxy for box in head.boxes or ()] for name, head in heads.items() if head}


def test_images_are_added_and_their_boxes_become_a_persons_labels(bring: Callable[..., Imported], store: Store, project: Project) -> None:
    assert bring() == Imported(added=3, labelled=3, boxes=3, problems=())
    assert boxes_by_name(store, project) == {name: [(10, 20, 40, 35)] for name in ("a.png", "b.png", "c.png")}
    assert Index(store).counts(project.id).confirmed == 3


def test_a_share_is_labelled_and_the_seed_chooses_which(bring: Callable[..., Imported], store: Store, project: Project) -> None:
    assert bring(share=0.33).labelled == 1
    assert bring(share=0.33).labelled == 0
    assert {bring(share=0.33, seed=seed).labelled for seed in range(1, 12)} == {0, 1}
    assert len(boxes_by_name(store, project)) == 3


def test_categories_become_fields_and_names_are_matched_in_any_case(
    bring: Callable[..., Imported], store: Store, project: Project, folder: Folder
) -> None:
    folder.categories = [{"id": 0, "name": "Date"}, {"id": 7, "name": "total amount, €"}]
    problems = list(map(str, bring().problems))
    _, changed = PROJECTS.get(store, project.id)
    assert [field.name for field in changed.fields] == ["date", "total", "total_amount___"]
    assert problems == ["Category 'total amount, €' became field 'total_amount___': field names are letters, digits, '-', '_' and '.'"]


@pytest.mark.parametrize(("category", "field"), [("", "_"), ("...", "_"), ("-x.", "x"), ("é" * 80, "é" * 50), ("сумма/итог", "сумма_итог")])
def test_every_category_name_finds_a_field_name(
    bring: Callable[..., Imported], store: Store, project: Project, folder: Folder, category: str, field: str
) -> None:
    folder.categories.append({"id": 7, "name": category})
    bring()
    assert PROJECTS.get(store, project.id)[1].fields[-1].name == field


def test_two_categories_that_differ_in_case_are_one_field_and_that_is_said(bring: Callable[..., Imported], folder: Folder) -> None:
    folder.categories.append({"id": 7, "name": "TOTAL"})
    folder.box("a.png", [1, 1, 5, 5], category=7)
    done = bring()
    assert done.boxes == 4
    assert "case does not count" in str(done.problems[0])


def test_images_without_boxes_are_added_but_not_labelled(bring: Callable[..., Imported], folder: Folder) -> None:
    folder.annotations.clear()
    assert bring() == Imported(added=3, labelled=0, boxes=0, problems=())


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing.png", "no file in images/"),
        ("../outside.png", "leads out"),
        ("x/../../outside.png", "leads out"),
        ("/etc/hostname", "leads out"),
        ("link.png", "leads out"),
        ("linked/a.png", "leads out"),
        ("a\0.png", "leads out"),
        (".", "leads out"),
        ("n" * 5000, "cannot be read"),
        ("pipe", "no file in images/"),
    ],
    ids=lambda value: value[:20].replace("\0", "NUL"),
)
def test_file_names_that_lead_elsewhere_or_nowhere_are_left_out(
    bring: Callable[..., Imported], folder: Folder, tmp_path: Path, document: Document, name: str, reason: str
) -> None:
    (folder.root / "outside.png").write_bytes(document("outside"))
    (folder.root / "images" / "link.png").symlink_to(folder.root / "outside.png")
    (folder.root / "images" / "linked").symlink_to(folder.root / "images", target_is_directory=True)
    os.mkfifo(folder.root / "images" / "pipe")
    folder.page(name, None)
    done = bring()
    assert (done.added, len(done.problems)) == (3, 1)
    assert reason in str(done.problems[0])


def test_unreadable_images_are_said_by_name_and_the_rest_goes_in(bring: Callable[..., Imported], folder: Folder) -> None:
    folder.page("empty.png", b"")
    folder.page("notes.jpg", b"total 12.50")
    done = bring()
    assert done.added == 3
    assert [message.values["name"] for message in done.problems] == ["empty.png", "notes.jpg"]


def test_an_image_listed_twice_is_taken_once_with_the_boxes_of_the_first(bring: Callable[..., Imported], folder: Folder) -> None:
    folder.page("a.png", None, id="again")
    folder.box("again", [0, 0, 9, 9])
    done = bring()
    assert (done.added, done.boxes) == (3, 3)
    assert "'a.png' is listed twice" in str(done.problems[0])


def test_the_same_content_under_two_names_is_taken_once_and_said(
    bring: Callable[..., Imported], folder: Folder, document: Document
) -> None:
    folder.page("copy.png", document("a.png"))
    folder.box("copy.png", [0, 0, 9, 9])
    done = bring()
    assert (done.added, done.boxes) == (3, 3)
    assert str(done.problems[0]).startswith("Image 'copy.png' has the same content as 'a.png'")


@pytest.mark.parametrize(
    ("bbox", "kept", "said"),
    [
        ([100, 70, 50, 50], [(100, 70, 120, 80)], "clipped"),
        ([-5, -5, 10, 10], [(0, 0, 5, 5)], "clipped"),
        ([110.005, 10, 10, 10], [(110.005, 10, 120, 20)], None),
        ([120, 10, 5, 5], [], "no area"),
        ([-50, 10, 20, 5], [], "no area"),
        ([10, 10, 0, 5], [], "no area"),
        ([10, 10, -5, 5], [], "no area"),
        ([10, 10, float("nan"), 5], [], "finite"),
        ([10, float("inf"), 5, 5], [], "finite"),
        ([10, 10, 5], [], "bbox"),
        (["left", 10, 5, 5], [], "bbox"),
        ([1e308, 1e308, 1e308, 1e308], [], "no area"),
    ],
)
def test_boxes_are_clipped_to_the_image_or_left_out(
    bring: Callable[..., Imported], store: Store, project: Project, folder: Folder, bbox: list[Any], kept: list[Any], said: str | None
) -> None:
    folder.annotations.clear()
    folder.box("a.png", bbox)
    problems = bring().problems
    assert boxes_by_name(store, project).get("a.png", []) == kept
    assert [said in str(problem) for problem in problems] == ([True] if said else [])


def test_boxes_of_unknown_images_and_categories_are_left_out_and_said(bring: Callable[..., Imported], folder: Folder) -> None:
    folder.box("nobody.png", [1, 1, 5, 5])
    folder.box("a.png", [1, 1, 5, 5], category=99)
    done = bring()
    assert done.boxes == 3
    assert [str(problem) for problem in done.problems] == [
        "A box of image id 'nobody.png' was left out: no such image is listed",
        "A box on image 'a.png' was left out: no category has id 99",
    ]


def test_boxes_on_a_resized_copy_are_scaled_to_the_file(
    bring: Callable[..., Imported], store: Store, project: Project, folder: Folder
) -> None:
    folder.images[0].update(width=240, height=160)
    assert "scaled" in str(bring().problems[0])
    assert boxes_by_name(store, project)["a.png"] == [(5, 10, 20, 17.5)]


def test_boxes_on_a_picture_of_another_shape_are_left_out(bring: Callable[..., Imported], folder: Folder) -> None:
    folder.images[0].update(width=80, height=120)
    done = bring()
    assert (done.added, done.labelled) == (3, 2)
    assert "another shape" in str(done.problems[0])


def test_entries_that_are_not_coco_are_left_out_one_by_one(bring: Callable[..., Imported], folder: Folder) -> None:
    folder.images += [7, {"id": 9}, {"id": 10, "file_name": "\ud800.png"}, {"id": 11, "file_name": "x.png", "width": -3}]
    folder.annotations.append({"image_id": "a.png"})
    done = bring()
    assert (done.added, len(done.problems)) == (3, 5)
    assert str(done.problems[0]).startswith("Entry 4 of images was left out")


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"\xff\xfe\x00", b"[]", b'{"images": []}', b'{"images": {}, "annotations": [], "categories": []}', b"[" * 100_000],
    ids=["missing", "empty", "cut off", "not text", "a list", "one list only", "not a list", "deep"],
)
def test_a_file_that_is_not_coco_imports_nothing(store: Store, project: Project, folder: Folder, content: bytes | None) -> None:
    if content is not None:
        (folder.root / "annotations.json").write_bytes(content)
    with pytest.raises(InvalidValue, match=r"annotations\.json"):
        coco.import_coco(store, project, folder.root, "ann")
    assert Index(store).counts(project.id).images == 0


def test_a_share_outside_0_to_1_is_refused(bring: Callable[..., Imported]) -> None:
    with pytest.raises(InvalidValue, match="between 0 and 1"):
        bring(share=1.5)


def test_a_project_of_classes_takes_no_boxes(store: Store, folder: Folder) -> None:
    with pytest.raises(Refused, match="classes"):
        coco.import_coco(store, create(store, "letters", "classes"), folder.write(), "ann")


def test_repeated_an_import_adds_nothing_and_keeps_what_people_changed(
    bring: Callable[..., Imported], store: Store, project: Project
) -> None:
    bring()
    paths, image = store.project(project.id), Index(store).images(project.id, "all")[0].image
    labels.save(paths, image, 1, (), "bob")
    assert bring() == Imported(added=0, labelled=0, boxes=0, problems=())
    assert labels.head_rev(paths, image) == 2


CUT = """
import os, signal, sys
from pathlib import Path
from storage import coco
from storage.projects import PROJECTS
from storage.core.root import open_store
store, calls, link = open_store(Path(sys.argv[1])), [0], os.link
def counted(temp, path):
    calls[0] += 1
    if calls[0] == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    link(temp, path)
os.link = counted
coco.import_coco(store, PROJECTS.get(store, sys.argv[2])[1], Path(sys.argv[3]), "ann", 1.0)
"""


@pytest.mark.parametrize("call", [1, 2, 3, 6, 8, 9])
def test_an_import_cut_by_kill_9_is_finished_by_the_next_and_nothing_is_doubled(
    bring: Callable[..., Imported], store: Store, project: Project, folder: Folder, call: int
) -> None:
    arguments = [sys.executable, "-c", CUT, str(store.root), project.name, str(folder.write()), str(call)]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    before = Index(store).counts(project.id)
    assert bring() == Imported(added=3 - before.images, labelled=3 - before.confirmed, boxes=3 - before.confirmed, problems=())
    assert boxes_by_name(store, project) == {name: [(10, 20, 40, 35)] for name in ("a.png", "b.png", "c.png")}


def test_what_is_exported_can_be_imported_again(
    bring: Callable[..., Imported], store: Store, project: Project, folder: Folder, tmp_path: Path
) -> None:
    bring()
    done = coco_export.export_coco(store, project, folder.root / "annotations.json", "person")
    other = create(store, "other", "fields")
    assert (done.images, done.boxes) == (3, 3)
    assert coco.import_coco(store, other, folder.root, "bob", 1.0).boxes == 3
    assert boxes_by_name(store, other) == boxes_by_name(store, project)


def texts_by_name(store: Store, project: Project) -> dict[str, list[tuple[str | None, float | None]]]:
    heads = {row.name: labels.head(store.project(project.id), row.image) for row in Index(store).images(project.id, "all")}
    return {name: [(box.text, box.read) for box in head.boxes or ()] for name, head in heads.items() if head}


def test_texts_come_back_as_a_persons_and_say_how_sure_a_reader_was(
    store: Store, project: Project, document: Document, folder: Folder
) -> None:
    paths, (date, total) = store.project(project.id), (field.id for field in project.fields)
    typed, read = Box(field=date, xyxy=(1, 2, 40, 8), text="12 мая"), Box(field=total, xyxy=(1, 20, 40, 28), text="5", read=0.5)
    blank, unknown = Box(field=date, xyxy=(1, 30, 40, 38), text=""), Box(field=date, xyxy=(1, 40, 40, 48))
    labels.save(paths, uploads.add(paths, "a.png", document("a.png"), "ann").id, 0, (typed, read, blank, unknown), "ann")
    coco_export.export_coco(store, project, folder.root / "annotations.json", "all")
    written = json.loads((folder.root / "annotations.json").read_text("utf-8"))["annotations"]
    assert [annotation.get("attributes") for annotation in written] == [{"text": "12 мая"}, {"text": "5", "read": 0.5}, {"text": ""}, None]
    other = create(store, "other", "fields")
    assert coco.import_coco(store, other, folder.root, "bob", 1.0).problems == ()
    assert texts_by_name(store, other)["a.png"] == [("12 мая", None), ("5", None), ("", None), (None, None)]


@pytest.mark.parametrize("text", [5, ["a"], "x" * 2001, "\ud800"], ids=["number", "list", "long", "half a pair"])
def test_what_is_no_text_is_said_and_its_box_goes_in_without(
    bring: Callable[..., Imported], store: Store, project: Project, folder: Folder, text: Any
) -> None:
    folder.annotations[0]["attributes"] = {"text": text}
    folder.annotations[1]["attributes"] = {"text": "x" * 1997 + "\n y", "occluded": False}
    folder.annotations[2]["attributes"] = ["occluded"]
    done = bring()
    assert (done.boxes, len(done.problems)) == (3, 1)
    assert str(done.problems[0]).startswith("The text of box [10.0, 20.0, 30.0, 15.0] on image 'a.png' was left out: ")
    assert [found for [(found, _)] in texts_by_name(store, project).values()] == [None, "x" * 1997 + " y", None]


@pytest.mark.parametrize(("origin", "scores"), [("person", [None]), ("auto", [0.75]), ("all", [None, 0.75])])
def test_an_export_holds_the_boxes_of_the_origin_asked_for(
    store: Store, project: Project, document: Document, tmp_path: Path, origin: Any, scores: list[float | None]
) -> None:
    paths = store.project(project.id)
    date, total = (field.id for field in project.fields)
    drawn, found = (uploads.add(paths, name, document(name), "ann") for name in ("drawn.png", "found.png"))
    labels.save(paths, drawn.id, 0, (Box(field=date, xyxy=(1, 2, 4, 8)),), "ann")
    labels.save(paths, found.id, 0, (Box(field=total, xyxy=(1, 2, 4, 8), origin="auto", score=0.75),), "ann", origin="auto")
    coco_export.export_coco(store, project, tmp_path / "out.json", origin)
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert [annotation.get("score") for annotation in written["annotations"]] == scores
    assert [annotation["bbox"] for annotation in written["annotations"]] == [[1, 2, 3, 6]] * len(scores)
    assert len(written["images"]) == len(scores)


def test_an_export_leaves_deleted_images_out_and_says_damaged_labels(
    bring: Callable[..., Imported], store: Store, project: Project, tmp_path: Path
) -> None:
    bring()
    paths = store.project(project.id)
    first, second, _ = (images.get(paths, row.image) for row in Index(store).images(project.id, "all"))
    images.change(paths, first, "ann", deleted=True)
    next(paths.label_shard(second.id).glob(f"{second.id}*")).write_bytes(b"")
    done = coco_export.export_coco(store, project, tmp_path / "out.json", "all")
    assert (done.images, len(done.problems)) == (1, 1)


@pytest.mark.parametrize("target", ["no/such/folder.json", "."])
def test_an_output_that_cannot_be_written_is_refused(store: Store, project: Project, tmp_path: Path, target: str) -> None:
    with pytest.raises(Refused, match="cannot be written"):
        coco_export.export_coco(store, project, tmp_path / target, "all")


def test_an_export_into_the_store_is_refused(store: Store, project: Project) -> None:
    before = store.root_file.read_bytes()
    with pytest.raises(Refused, match="lies in the store"):
        coco_export.export_coco(store, project, store.root_file, "all")
    assert store.root_file.read_bytes() == before
