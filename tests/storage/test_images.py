"""Images of a project: the bytes are kept as they came, under their own sum; names are text and never a path."""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from storage import images, labels, uploads
from storage.core import files
from storage.core.errors import BadImage, Conflict, InvalidValue, NotFound
from storage.core.paths import ProjectPaths, Store

Document = Callable[..., bytes]


def written(store: Store) -> set[Path]:
    return {path for path in store.root.rglob("*") if path.is_file()}


def test_an_image_keeps_its_bytes_under_their_sha_256(paths: ProjectPaths, document: Document) -> None:
    data = document("12.50")
    image = uploads.add(paths, "scan.png", data, "ann")
    assert (image.name, image.width, image.height, image.bytes, image.author) == ("scan.png", 120, 80, len(data), "ann")
    assert image.id == hashlib.sha256(data).hexdigest()
    assert paths.original(image.id).read_bytes() == data
    assert images.get(paths, image.id) == image


def test_only_what_a_browser_cannot_show_has_a_copy(paths: ProjectPaths, document: Document) -> None:
    plain, fax = (uploads.add(paths, kind, document("12.50", kind=kind), "ann") for kind in ("PNG", "TIFF"))
    assert files.list_names(paths.image_shard(plain.id)) == [f"{plain.id}.000001.json", f"{plain.id}.orig"]
    assert paths.browser_copy(fax.id).read_bytes().startswith(b"\x89PNG")


def test_the_same_content_is_refused_and_the_first_name_is_said(store: Store, paths: ProjectPaths, document: Document) -> None:
    uploads.add(paths, "first.png", document("12.50"), "ann")
    before = written(store)
    with pytest.raises(BadImage, match=r"'second\.png'.*'first\.png'"):
        uploads.add(paths, "second.png", document("12.50"), "ann")
    assert written(store) == before


@pytest.mark.parametrize("data", [b"", b"total 12.50", b"\xff\xd8\xff\xe0" + bytes(50)], ids=["empty", "text", "cut off"])
def test_a_bad_image_leaves_nothing_behind(store: Store, paths: ProjectPaths, data: bytes) -> None:
    before = written(store)
    with pytest.raises(BadImage, match=r"scan\.jpg"):
        uploads.add(paths, "scan.jpg", data, "ann")
    assert written(store) == before


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "a\\b.png", "CON", "сканы/чек 1.png", "x\ny\0z", "", "‮gnp.exe"])
def test_a_file_name_is_kept_as_text_and_leads_nowhere(store: Store, paths: ProjectPaths, document: Document, name: str) -> None:
    before = written(store)
    image = uploads.add(paths, name, document("12.50"), "ann")
    assert images.get(paths, image.id).name == name
    assert {path.parent for path in written(store) - before} == {paths.image_shard(image.id)}


def test_a_long_file_name_keeps_its_end_which_tells_pages_apart(paths: ProjectPaths, document: Document) -> None:
    image = uploads.add(paths, "ё" * 300 + "-17.png", document("12.50"), "ann")
    assert image.name.endswith("ё-17.png")
    assert len(image.name.encode()) <= uploads.NAME_BYTES


def test_a_deleted_image_is_gone_and_comes_back_with_its_labels_when_added_again(paths: ProjectPaths, document: Document) -> None:
    image = uploads.add(paths, "scan.png", document("12.50"), "ann")
    labels.save(paths, image.id, 0, (), "ann")
    images.change(paths, image, "ann", deleted=True)
    with pytest.raises(NotFound, match=image.id):
        images.get(paths, image.id)
    again = uploads.add(paths, "scan.png", document("12.50"), "bob")
    assert (again.rev, again.deleted, labels.head_rev(paths, image.id)) == (3, False, 1)


def test_of_two_changes_from_one_revision_the_second_is_refused(paths: ProjectPaths, document: Document) -> None:
    image = uploads.add(paths, "scan.png", document("12.50"), "ann")
    images.change(paths, image, "ann", split="test")
    with pytest.raises(Conflict, match="revision 1"):
        images.change(paths, image, "bob", deleted=True)
    assert images.get(paths, image.id).split == "test"


def test_a_deleted_image_is_found_and_can_be_restored(paths: ProjectPaths, document: Document) -> None:
    image = uploads.add(paths, "scan.png", document("12.50"), "ann")
    images.change(paths, image, "ann", deleted=True)
    images.change(paths, images.find(paths, image.id), "ann", deleted=False)
    assert images.get(paths, image.id).rev == 3


def test_a_turn_leaves_size_and_everything_else(paths: ProjectPaths, document: Document) -> None:
    image = uploads.add(paths, "scan.png", document("12.50"), "ann")
    turned = images.change(paths, image, "bob", turn=270)
    assert (turned.turn, turned.width, turned.height, turned.split) == (270, 120, 80, None)


def test_a_turn_by_a_person_is_said_even_by_nothing_and_one_by_an_apply_is_not(paths: ProjectPaths, document: Document) -> None:
    image = uploads.add(paths, "scan.png", document("12.50"), "ann")
    found = images.turn_as_found(paths, image, 90, "an apply", "ann")
    split = images.change(paths, found, "ann", split="train")
    corrected = images.change(paths, split, "bob", turn=0)
    assert [page.said_turn for page in (image, found, split, corrected)] == [None, None, None, 0]
    assert (corrected.turned_by, images.turned_before(paths, split)) == (None, image)


def test_a_turn_from_before_it_was_kept_who_said_it_is_a_persons(paths: ProjectPaths, document: Document) -> None:
    turned = images.change(paths, uploads.add(paths, "scan.png", document("12.50"), "ann"), "ann", turn=90)
    assert images.Image.model_validate_json(turned.model_dump_json(exclude={"turn_set", "turned_by"})).said_turn == 90


def test_an_image_that_comes_back_keeps_who_turned_it(paths: ProjectPaths, document: Document) -> None:
    found = images.turn_as_found(paths, uploads.add(paths, "scan.png", document("12.50"), "ann"), 90, "an apply", "ann")
    images.change(paths, found, "ann", deleted=True)
    again = uploads.add(paths, "scan.png", document("12.50"), "bob")
    assert (again.turn, again.said_turn, again.turned_by) == (90, None, "an apply")


def test_a_change_leaves_when_the_image_was_added(paths: ProjectPaths, document: Document) -> None:
    image = uploads.add(paths, "scan.png", document("12.50"), "ann")
    last_week = image.model_copy(update={"at": image.at - timedelta(days=7)})
    turned = images.change(paths, last_week, "ann", turn=90)
    again = images.change(paths, turned, "ann", turn=180)
    assert [changed.added_at for changed in (turned, again)] == [last_week.at] * 2


def test_a_split_stays_until_it_is_taken_away(paths: ProjectPaths, document: Document) -> None:
    image = images.change(paths, uploads.add(paths, "scan.png", document("12.50"), "ann"), "ann", split="test")
    turned = images.change(paths, image, "ann", turn=90)
    assert turned.split == "test"
    assert images.change(paths, turned, "ann", split="none").split is None


def test_a_record_from_before_images_were_turned_is_upright(paths: ProjectPaths, document: Document) -> None:
    image = uploads.add(paths, "scan.png", document("12.50"), "ann")
    assert images.Image.model_validate_json(image.model_dump_json(exclude={"turn"})) == image


def test_of_many_who_add_one_image_at_once_exactly_one_does(paths: ProjectPaths, document: Document) -> None:
    data = document("12.50")

    def add(number: int) -> bool:
        try:
            uploads.add(paths, f"{number}.png", data, "ann")
        except (BadImage, Conflict):
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(add, range(8))) == 1
    assert images.get(paths, files.sha256(data)).rev == 1


@pytest.mark.parametrize("image", ["", "..", "a" * 63, "A" * 64, "../" + "a" * 61, "g" * 64])
def test_what_is_no_image_id_never_becomes_a_path(paths: ProjectPaths, image: str) -> None:
    with pytest.raises(InvalidValue, match="not an image id"):
        images.get(paths, image)
