"""The sample project: what is shipped is whole, and it is opened once, in an empty store."""

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from samples.make_invoices import FIELDS, SIDEWAYS, invoices
from samples.words import rubles_in_words
from storage import images, labels, projects, samples, templates
from storage.core.paths import Store
from storage.index import Filter, Index
from storage.projects import PROJECTS, Project
from storage.templates import TEMPLATES

FOLDER = Path(__file__).parents[2] / "samples" / "invoices"
LABELLED = 6


@pytest.fixture(scope="module")
def shipped() -> dict[str, list[dict[str, Any]]]:
    return json.loads((FOLDER / "annotations.json").read_text("utf-8"))


@pytest.fixture
def folder(shipped: dict[str, list[dict[str, Any]]], tmp_path: Path) -> Path:
    """The first ten pages of the sample, which open faster than all."""
    few = {image["id"] for image in shipped["images"][:10]}
    made = tmp_path / "few"
    (made / "images").mkdir(parents=True)
    annotations = [item for item in shipped["annotations"] if item["image_id"] in few]
    content = {**shipped, "images": shipped["images"][:10], "annotations": annotations}
    (made / "annotations.json").write_text(json.dumps(content), "utf-8")
    for image in content["images"]:
        shutil.copy(FOLDER / "images" / image["file_name"], made / "images")
    return made


def states(store: Store, project: Project) -> tuple[int, int]:
    """Images, and how many of them are labelled."""
    index = Index(store)
    index.refresh(project.id, full=True)
    return index.counts(project.id).images, index.counts(project.id).confirmed


def text_of(item: dict[str, Any]) -> str | None:
    """What an annotation says is written in its box."""
    return item.get("attributes", {}).get("text")


# What is shipped


def test_forty_pages_or_more_in_two_languages_stay_below_four_megabytes(shipped: dict[str, Any]) -> None:
    files = [path for path in FOLDER.parent.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert len(shipped["images"]) >= 40
    assert sum(path.stat().st_size for path in files) <= 4_000_000
    assert {path.name for path in (FOLDER / "images").iterdir()} == {image["file_name"] for image in shipped["images"]}


def test_every_box_lies_on_its_page(shipped: dict[str, Any]) -> None:
    for image in shipped["images"]:
        assert Image.open(FOLDER / "images" / image["file_name"]).size == (image["width"], image["height"])
    sizes = {image["id"]: (image["width"], image["height"]) for image in shipped["images"]}
    for item in shipped["annotations"]:
        left, top, width, height = item["bbox"]
        across, down = sizes[item["image_id"]]
        assert 0 <= left < left + width <= across
        assert 0 <= top < top + height <= down


def test_each_page_has_every_field_once_but_for_a_few_unsigned(shipped: dict[str, Any]) -> None:
    names = {category["id"]: category["name"] for category in shipped["categories"]}
    found: dict[int, list[str]] = defaultdict(list)
    for item in shipped["annotations"]:
        found[item["image_id"]].append(names[item["category_id"]])
    unsigned = [page for page in found.values() if "signature" not in page]
    assert all(sorted([*page, "signature"] if page in unsigned else page) == sorted(FIELDS) for page in found.values())
    assert 1 <= len(unsigned) <= 5


def test_every_box_but_a_signature_has_its_value_in_one_line(shipped: dict[str, Any]) -> None:
    names = {category["id"]: category["name"] for category in shipped["categories"]}
    for item in shipped["annotations"]:
        text = text_of(item)
        assert (text is None) == (names[item["category_id"]] == "signature")
        assert text is None or (text and text == " ".join(text.split()))


def test_values_are_in_english_and_russian(shipped: dict[str, Any]) -> None:
    texts = [text_of(item) or "" for item in shipped["annotations"]]
    assert sum(bool(re.search("[а-яё]", text)) for text in texts) > 50
    assert sum(bool(re.search("[a-z]{3}", text)) for text in texts) > 50


def test_one_page_behind_the_first_eight_lies_on_its_side(shipped: dict[str, Any]) -> None:
    assert [image["id"] for image in shipped["images"] if image["width"] > image["height"]] == [SIDEWAYS]
    assert SIDEWAYS > 8
    file = Image.open(FOLDER / "images" / shipped["images"][SIDEWAYS - 1]["file_name"])
    assert not file.getexif()  # which would bring it upright
    # A line of text is longer than high on an upright page, and here the other way about.
    lines = [
        item["bbox"] for item in shipped["annotations"] if item["image_id"] == SIDEWAYS and text_of(item) and len(text_of(item) or "") > 5
    ]
    assert any(height > 1.5 * width for _, _, width, height in lines)


def test_the_script_that_made_the_pages_writes_the_same_ones_again(shipped: dict[str, Any]) -> None:
    # Numbers tell them apart. Drawing them again would need a browser and fonts.
    number = next(category["id"] for category in shipped["categories"] if category["name"] == "number")
    shown = [text_of(item) for item in shipped["annotations"] if item["category_id"] == number]
    assert shown == [one.number for one in invoices()]


def test_the_sums_on_the_pages_are_right() -> None:
    assert all(one.subtotal == sum(amount * price for _, amount, price in one.items) > 0 for one in invoices())


@pytest.mark.parametrize(
    ("kopecks", "words"),
    [
        (123456, "Одна тысяча двести тридцать четыре рубля 56 копеек"),
        (4128102, "Сорок одна тысяча двести восемьдесят один рубль 02 копейки"),
        (1200000, "Двенадцать тысяч рублей 00 копеек"),
        (31211311, "Триста двенадцать тысяч сто тринадцать рублей 11 копеек"),
        (2221, "Двадцать два рубля 21 копейка"),
    ],
)
def test_sums_are_written_out_in_right_russian(kopecks: int, words: str) -> None:
    assert rubles_in_words(kopecks) == words


# Opening it


def test_an_empty_store_gets_the_sample_with_one_label_missing(store: Store) -> None:
    project = samples.open_sample(store, FOLDER, "ann")
    assert project is not None
    assert states(store, project) == (64, LABELLED)
    assert Index(store).gate_missing(project) == 1
    assert [field.name for field in project.fields] == list(FIELDS)
    assert TEMPLATES.get(store, samples.TEMPLATE)[1].kind == "auto-label"


def test_one_of_the_labelled_pages_is_for_testing_and_all_show_every_field(store: Store, folder: Path) -> None:
    project = samples.open_sample(store, folder, "ann")
    assert project is not None
    paths, index = store.project(project.id), Index(store)
    rows = index.images(project.id, "confirmed")
    assert sorted(row.split or "" for row in rows) == ["test", *["train"] * (LABELLED - 1)]
    heads = [labels.head(paths, row.image) for row in rows]
    assert all(head and len({box.field for box in head.boxes or ()}) == len(FIELDS) for head in heads)


def test_the_labelled_pages_carry_values_as_a_person_gave_them(store: Store, folder: Path) -> None:
    project = samples.open_sample(store, folder, "ann")
    assert project is not None
    paths = store.project(project.id)
    names = {field.id: field.name for field in project.fields}
    found = [box for row in Index(store).images(project.id, "confirmed") for box in labels.head(paths, row.image).boxes or ()]
    assert all(box.read is None and (box.text is None) == (names[box.field] == "signature") for box in found)
    assert "21 мая 2025 г." in [box.text for box in found]


def test_the_page_on_its_side_comes_in_as_it_lies(store: Store, folder: Path) -> None:
    project = samples.open_sample(store, folder, "ann")
    assert project is not None
    (row,) = Index(store).page(project.id, Filter(name=f"invoice-{SIDEWAYS}"))
    assert (row.width, row.height, row.turn, row.state) == (1272, 900, 0, "unlabelled")


def test_it_is_opened_once(store: Store, folder: Path) -> None:
    assert samples.open_sample(store, folder, "ann") is not None
    assert samples.open_sample(store, folder, "ann") is None
    assert len(PROJECTS.list(store).items) == 1


def test_who_deletes_it_does_not_get_it_again(store: Store, folder: Path) -> None:
    project = samples.open_sample(store, folder, "ann")
    assert project is not None
    PROJECTS.delete(store, *PROJECTS.get(store, project.id))
    TEMPLATES.delete(store, *TEMPLATES.get(store, samples.TEMPLATE))
    assert samples.open_sample(store, folder, "ann") is None
    assert not PROJECTS.list(store).items


@pytest.mark.parametrize(
    "begin",
    [
        lambda store: projects.create(store, "receipts", "fields"),
        lambda store: PROJECTS.delete(store, 1, projects.create(store, "receipts", "fields")),
        lambda store: templates.create(store, "quick", "training"),
    ],
    ids=["a project", "a deleted project", "a template"],
)
def test_a_store_somebody_has_worked_in_is_left_alone(store: Store, folder: Path, begin: Callable[[Store], object]) -> None:
    begin(store)
    known = [project.name for project in PROJECTS.list(store).items]
    assert samples.open_sample(store, folder, "ann") is None
    assert [project.name for project in PROJECTS.list(store).items] == known


class Cut(Exception):
    """The power goes."""


@pytest.mark.parametrize("where", [1, 5, 10])
def test_a_cut_while_images_come_in_is_made_good_by_the_next_start(store: Store, folder: Path, where: int) -> None:
    def cut(done: int, total: int) -> None:
        if done == where:
            raise Cut

    with pytest.raises(Cut):
        samples.open_sample(store, folder, "ann", cut)
    project = samples.open_sample(store, folder, "ann")
    assert project is not None
    assert states(store, project) == (10, LABELLED)
    assert samples.open_sample(store, folder, "ann") is None


def test_a_cut_while_labels_are_saved_is_made_good_and_what_a_person_did_since_stays(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object, **__: object) -> None:
        raise Cut

    with monkeypatch.context() as patch:
        patch.setattr(images, "change", cut)  # comes after the first label
        with pytest.raises(Cut):
            samples.open_sample(store, folder, "ann")
    (project,) = PROJECTS.list(store).items
    paths, (first,) = store.project(project.id), Index(store).images(project.id, "confirmed")
    labels.save(paths, first.image, 1, (), "bob")
    assert samples.open_sample(store, folder, "ann") == project
    assert states(store, project) == (10, LABELLED)
    assert [label.author for label in labels.history(paths, first.image)] == ["ann", "bob"]


def test_an_unfinished_sample_that_was_deleted_stays_deleted(store: Store, folder: Path) -> None:
    PROJECTS.delete(store, 1, projects.create(store, samples.PROJECT, "fields"))
    assert samples.open_sample(store, folder, "ann") is None
