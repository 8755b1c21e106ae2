"""Lists, counts, filters and orders of a project's images."""

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import replace

import pytest

from storage import heads, images, labels, projects
from storage.attempts import Message
from storage.core.ids import new_id
from storage.core.paths import ProjectPaths, Store
from storage.images import Image
from storage.index import Counts, Filter, Index, Order
from storage.labels import Box
from storage.projects import Project
from storage.turns import Turn
from storage.words import words
from storage.words.words import Reader, Words
from tests.storage.pages import IMAGE, ClassLife, Life, add, box, classify, label, rows


def with_text(text: str, read: float | None = None) -> Box:
    """A box in which that is written; typed by a person unless a reader is so sure of it."""
    return box().model_copy(update={"text": text, "read": read})


def test_each_state_is_counted_and_listed(index: Index, project: Project, paths: ProjectPaths) -> None:
    drawn, found, reviewed, corrected, emptied, _untouched, gone = (add(paths, number) for number in range(7))
    label(paths, drawn, box())
    label(paths, found, box(0.9), box(0.4), origin="auto")
    label(paths, reviewed, box(0.9), origin="auto", reviewed_by="bob")
    label(paths, corrected, box(0.7), box(), corrects=new_id())
    label(paths, emptied, box())
    labels.save(paths, emptied.id, 1, None, "ann")
    images.change(paths, gone, "ann", deleted=True)
    assert [(row.state, row.origin, row.boxes, row.score, row.label_rev) for row in rows(index, project)] == [
        ("labelled", "person", 1, None, 1),
        ("auto", "auto", 2, 0.4, 1),
        ("reviewed", "auto", 1, 0.9, 1),
        ("corrected", "person", 2, 0.7, 1),
        ("unlabelled", None, 0, None, 2),
        ("unlabelled", None, 0, None, 0),
    ]
    counts = index.counts(project.id)
    assert counts == Counts(images=6, unlabelled=2, labelled=1, auto=1, reviewed=1, corrected=1, damaged=0, deleted=1)
    assert counts.confirmed == 3


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(), "a b c d e f"),
        (Filter("unlabelled"), "e f"),
        (Filter("labelled"), "a"),
        (Filter("auto"), "b"),
        (Filter("reviewed"), "c"),
        (Filter("corrected"), "d"),
        (Filter("confirmed"), "a c d"),
        (Filter("deleted"), "g"),
        (Filter("damaged"), ""),
        (Filter(origin="person"), "a d"),
        (Filter(origin="auto"), "b c"),
        (Filter("confirmed", origin="auto"), "c"),
        (Filter("unlabelled", origin="auto"), ""),
        (Filter(split="test"), "a"),
        (Filter(split="train"), "b"),
        (Filter("confirmed", split="none"), "c d"),
    ],
    ids=str,
)
def test_a_filter_lets_through_what_it_names(index: Index, project: Project, paths: ProjectPaths, wanted: Filter, expected: str) -> None:
    made = {name: add(paths, number, name) for number, name in enumerate("abcdefg")}
    label(paths, made["a"], box())
    label(paths, made["b"], box(0.9), origin="auto")
    label(paths, made["c"], box(0.9), origin="auto", reviewed_by="bob")
    label(paths, made["d"], box(), corrects=new_id())
    label(paths, made["g"], box())
    images.change(paths, made["a"], "ann", split="test")
    images.change(paths, made["b"], "ann", split="train")
    images.change(paths, made["g"], "ann", deleted=True)
    index.refresh(project.id)
    assert [row.name for row in index.page(project.id, wanted)] == expected.split()
    assert index.count(project.id, wanted) == len(expected.split())


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("чек", ["ЧЕК 1.png", "чек 2.PNG"]),
        ("ЧЕК", ["ЧЕК 1.png", "чек 2.PNG"]),
        (".png", ["strasse.png", "ЧЕК 1.png", "чек 2.PNG"]),
        ("straße", ["strasse.png"]),
        ("йод", ["\u0438\u0306од"]),  # as a Mac writes it: и and a breve
        ("%", ["100%_off"]),
        ("_", ["100%_off"]),
        ("'\"", []),
    ],
)
def test_part_of_a_name_is_found_in_any_case(index: Index, project: Project, paths: ProjectPaths, part: str, expected: list[str]) -> None:
    for number, name in enumerate(("ЧЕК 1.png", "чек 2.PNG", "strasse.png", "\u0438\u0306од", "100%_off")):
        add(paths, number, name)
    index.refresh(project.id)
    assert [row.name for row in index.page(project.id, Filter(name=part))] == expected
    assert index.count(project.id, Filter(name=part)) == len(expected)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("ООО «Р", ["a.png"]),
        ("ооо", ["a.png", "ooo ООО.png"]),  # as the name or as a value
        ("12.05", ["b.png", "c.png"]),
        ("марта 12.05", []),  # two values
        ("typed", ["c.png"]),
        ("gone", []),
    ],
)
def test_part_of_a_value_is_found_in_any_case(index: Index, project: Project, paths: ProjectPaths, part: str, expected: list[str]) -> None:
    found, read, typed, named = (add(paths, number, name) for number, name in enumerate(("a.png", "b.png", "c.png", "ooo ООО.png")))
    label(paths, found, with_text("ооо «ромашка»", 0.4), origin="auto")
    label(paths, read, with_text("1 Марта", 0.9), with_text("12.05.2018", 0.9))
    label(paths, typed, with_text("gone", 0.9), box())
    label(paths, typed, with_text("TYPED 12.05"), with_text(""), box())
    label(paths, named)
    index.refresh(project.id)
    wanted = Filter(name=part)
    assert [row.name for row in index.page(project.id, wanted)] == expected
    assert index.count(project.id, wanted) == len(expected)
    assert [index.position(project.id, row.image, wanted) for row in index.page(project.id, wanted)] == list(range(len(expected)))


def test_values_of_another_project_are_not_searched(store: Store, index: Index, project: Project, paths: ProjectPaths) -> None:
    other = projects.create(store, "other", "fields", ("date",))
    label(store.project(other.id), add(store.project(other.id), 1), with_text("secret"))
    label(paths, add(paths, 1), with_text("open"))
    for each in (project, other):
        index.refresh(each.id)
    assert index.count(project.id, Filter(name="secret")) == 0
    assert index.count(other.id, Filter(name="secret")) == 1


@pytest.mark.parametrize("read_first", [True, False])
def test_a_box_without_a_text_is_found_by_the_words_of_its_page(
    index: Index, project: Project, paths: ProjectPaths, read_first: bool
) -> None:
    image, other = add(paths, 1), add(paths, 2)
    steps = [lambda: read(paths, project, image, "Бумага"), lambda: label(paths, image, box(), with_text("typed"))]
    for step in steps if read_first else reversed(steps):
        step()
        rows(index, project)  # looked at in between, which must not be the last look
    label(paths, other, with_text(""))
    read(paths, project, other, "Бумага")
    assert searched(index, project, "бумага") == [image.id]
    assert searched(index, project, "typed") == [image.id]


def test_a_box_of_a_turned_page_has_the_words_of_the_page_as_it_stands(index: Index, project: Project, paths: ProjectPaths) -> None:
    image = add(paths, 1)
    label(paths, image, box())
    images.change(paths, image, "ann", turn=180)
    read(paths, project, image, "upside down")
    assert searched(index, project, "upside") == []
    read(paths, project, image, "upright", turn=180)
    assert searched(index, project, "upright") == [image.id]


def test_a_box_drawn_long_after_its_page_was_read_is_found_though_another_page_of_the_folder_waits(
    index: Index, project: Project, paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heads, "_RACY", 0.0)  # a look is believed at once
    waiting, image = add(paths, 1), add(paths, 17)
    read(paths, project, image, "Бумага")
    label(paths, waiting, box())
    assert searched(index, project, "бумага") == []
    label(paths, image, box())
    later = paths.label_shard(image.id).stat().st_mtime_ns + 10**9  # file systems have coarse clocks
    os.utime(paths.label_shard(image.id), ns=(later, later))
    assert searched(index, project, "бумага") == [image.id]


def test_a_box_of_a_page_that_could_not_be_read_is_found_once_it_is(index: Index, project: Project, paths: ProjectPaths) -> None:
    image = add(paths, 1)
    label(paths, image, box())
    words.keep(paths, Words(image=image.id, turn=0, failed=Message(template="The reader ended")), Reader(project.languages), None)
    assert searched(index, project, "бумага") == []
    words.forget_failed(paths, image.id)
    read(paths, project, image, "Бумага")
    assert searched(index, project, "бумага") == [image.id]


def searched(index: Index, project: Project, text: str) -> list[str]:
    """The images that Data shows for what somebody typed."""
    index.refresh(project.id)
    return [row.image for row in index.page(project.id, Filter(name=text))]


def read(paths: ProjectPaths, project: Project, image: Image, text: str, turn: Turn = 0) -> None:
    """The page was read: `text` stands where `box` is."""
    found = Words(image=image.id, turn=turn, texts=(text,), boxes=((1, 2, 3, 4),), confidences=(0.9,), lines=(0,))
    words.keep(paths, found, Reader(project.languages), turn or None)


def test_a_label_of_endless_texts_is_searched_by_its_beginning(index: Index, project: Project, paths: ProjectPaths) -> None:
    label(paths, add(paths, 1), *[with_text(f"{number:04} " + "x" * 1990) for number in range(60)])
    index.refresh(project.id)
    assert (index.count(project.id, Filter(name="0001 x")), index.count(project.id, Filter(name="0059 x"))) == (1, 0)


def test_deleted_images_count_nowhere_until_restored(index: Index, project: Project, paths: ProjectPaths) -> None:
    image = add(paths, 1)
    label(paths, image, box())
    gone = images.change(paths, image, "ann", deleted=True)
    assert rows(index, project) == []
    assert (index.counts(project.id).images, index.counts(project.id).deleted) == (0, 1)
    images.change(paths, gone, "ann", deleted=False)
    assert [row.state for row in rows(index, project)] == ["labelled"]


def test_a_split_and_a_turn_are_seen_at_once(index: Index, project: Project, paths: ProjectPaths) -> None:
    image = add(paths, 1)
    assert [(row.split, row.turn) for row in rows(index, project)] == [(None, 0)]
    images.change(paths, images.change(paths, image, "ann", split="test"), "ann", turn=90)
    assert [(row.split, row.turn) for row in rows(index, project)] == [("test", 90)]


def test_a_turn_by_a_person_is_told_from_one_by_an_apply(index: Index, project: Project, paths: ProjectPaths) -> None:
    image = add(paths, 1)
    turned = images.turn_as_found(paths, image, 90, "an apply", "ann")
    assert [(row.turn, row.turn_said) for row in rows(index, project)] == [(90, False)]
    images.change(paths, turned, "bob", turn=0)
    assert [(row.turn, row.turn_said) for row in rows(index, project)] == [(0, True)]


@pytest.mark.parametrize(
    ("order", "ascending", "descending"),
    [
        ("name", "A b c д", "д c b A"),
        ("score", "c b A д", "b c д A"),  # hand-drawn and unlabelled ones have no score: last either way
        ("changed", "A b c д", "c b A д"),
        ("added", "д c b A", "A b c д"),
    ],
)
def test_pages_come_in_the_order_asked_for(
    index: Index, project: Project, paths: ProjectPaths, order: Order, ascending: str, descending: str
) -> None:
    made = {name: add(paths, number, name) for number, name in ((3, "A"), (2, "c"), (1, "b"), (4, "д"))}
    label(paths, made["b"], box(0.3), origin="auto")
    label(paths, made["c"], box(0.2), origin="auto")
    label(paths, made["A"], box())
    index.refresh(project.id)
    with sqlite3.connect(index._heads.path) as connection:  # one second apart, which the test does not wait for
        for second, (changed, added) in enumerate(zip("Abc", "cbA", strict=True), start=1):
            connection.execute("update heads set changed = ? where name = ?", (f"2030-01-01T00:00:0{second}+00:00", changed))
            connection.execute("update heads set added = ? where name = ?", (f"2030-01-01T00:00:0{second}+00:00", added))
    for down, expected in ((False, ascending.split()), (True, descending.split())):
        assert [row.name for row in index.page(project.id, order=order, descending=down)] == expected
        assert [row.name for row in index.page(project.id, order=order, descending=down, limit=2, offset=1)] == expected[1:3]


def test_rows_come_in_the_order_asked_for_and_only_those_there_are(index: Index, project: Project, paths: ProjectPaths) -> None:
    first, second, gone = (add(paths, number) for number in range(3))
    images.change(paths, gone, "ann", deleted=True)
    index.refresh(project.id)
    asked = [gone.id, second.id, IMAGE.format(99), first.id]
    assert [(row.image, row.state) for row in index.rows(project.id, asked)] == [
        (gone.id, "deleted"),
        (second.id, "unlabelled"),
        (first.id, "unlabelled"),
    ]
    assert index.rows(project.id, []) == []


ORDERS: tuple[Order, ...] = ("name", "added", "changed", "score", "review")
FILTERS = (Filter(), Filter("auto"), Filter("confirmed"), Filter(origin="auto"), Filter("all", split="none"), Filter(name="1"))


@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("order", ORDERS)
def test_a_position_is_where_the_image_stands_in_the_list(
    index: Index, project: Project, paths: ProjectPaths, order: Order, descending: bool
) -> None:
    live(Life(paths, project, 3))
    check_positions(index, project, FILTERS, order, descending)


def test_a_position_among_images_of_a_class_is_where_the_image_stands_in_the_list(index: Index, store: Store) -> None:
    forms = projects.create(store, "forms", "classes", ("invoice", "receipt"))
    live(ClassLife(store.project(forms.id), forms, 3))
    wanted = [replace(each, class_id=forms.fields[0].id) for each in FILTERS]
    for order in ORDERS:
        for descending in (False, True):
            check_positions(index, forms, wanted, order, descending)


def live(life: Life) -> None:
    for _ in range(150):
        life.step()


def check_positions(index: Index, project: Project, filters: Iterable[Filter], order: Order, descending: bool) -> None:
    index.refresh(project.id)
    for wanted in filters:
        listed = [row.image for row in index.page(project.id, wanted, order, descending, limit=-1)]
        assert [index.position(project.id, image, wanted, order, descending) for image in listed] == list(range(len(listed)))
        assert {row.image for row in index.page(project.id, wanted, limit=-1)} == set(listed)
        assert index.count(project.id, wanted) == len(listed)
        pages = [row.image for at in range(0, 200, 7) for row in index.page(project.id, wanted, order, descending, 7, at)]
        assert pages == listed


def test_an_image_that_is_not_in_the_list_has_no_position_in_it(index: Index, project: Project, paths: ProjectPaths) -> None:
    image = add(paths, 1)
    index.refresh(project.id)
    assert index.position(project.id, image.id, Filter("auto")) is None
    assert index.position(project.id, IMAGE.format(99)) is None


class Ruled:
    """Three labels people drew, with a date and a total each, and automatic ones to hold against them."""

    def __init__(self, project: Project, paths: ProjectPaths) -> None:
        self.paths, self.date, self.total = paths, *(field.id for field in project.fields)
        for number in range(3):
            label(paths, add(paths, number), box(field=self.date), box(field=self.total))

    def found(self, number: int, score: float, *fields: str) -> Image:
        image = add(self.paths, number)
        label(self.paths, image, *(box(score, field) for field in fields), origin="auto")
        return image


def test_review_begins_with_what_breaks_most_rules_then_with_the_least_certain(index: Index, project: Project, paths: ProjectPaths) -> None:
    ruled = Ruled(project, paths)
    unsure = ruled.found(10, 0.1, ruled.date, ruled.total)
    sure = ruled.found(11, 0.9, ruled.date, ruled.total)
    missing = ruled.found(12, 0.8, ruled.total)
    doubled = ruled.found(13, 0.7, ruled.date, ruled.total, ruled.total)
    both = ruled.found(14, 0.9, ruled.total, ruled.total)
    index.refresh(project.id)
    queue = index.page(project.id, Filter("auto"), "review")
    assert [row.image for row in queue] == [image.id for image in (both, doubled, missing, unsure, sure)]
    assert [row.image for row in index.page(project.id, order="review", limit=5)] == [row.image for row in queue]
    assert index.broken(project, queue) == {
        both.id: ((ruled.date,), (ruled.total,)),
        doubled.id: ((), (ruled.total,)),
        missing.id: ((ruled.date,), ()),
        unsure.id: ((), ()),
        sure.id: ((), ()),
    }


def test_review_takes_what_was_read_into_account_but_not_where_somebody_typed_it(
    index: Index, project: Project, paths: ProjectPaths
) -> None:
    texts = [("misread", 0.9, 0.5), ("typed", 0.7, None), ("sure", 0.8, 0.99)]
    images = [add(paths, number) for number in range(3)]
    for image, (text, score, read) in zip(images, texts, strict=True):
        label(paths, image, box(score).model_copy(update={"text": text, "read": read}), origin="auto")
    index.refresh(project.id)
    queue = index.page(project.id, Filter("auto"), "review")
    assert [(row.image, row.score) for row in queue] == [(images[0].id, 0.45), (images[1].id, 0.7), (images[2].id, 0.8 * 0.99)]


def test_a_label_people_accepted_changes_the_rules(index: Index, project: Project, paths: ProjectPaths) -> None:
    ruled = Ruled(project, paths)
    first, second = (ruled.found(number, 0.9, ruled.total, ruled.total) for number in (10, 11))
    labels.accept(paths, first.id, 1, "ann")
    index.refresh(project.id)
    # Now a total may stand twice, and a date is on three labels of four only.
    assert index.broken(project, index.rows(project.id, [second.id])) == {second.id: ((), ())}


def test_two_labels_make_no_rules(index: Index, project: Project, paths: ProjectPaths) -> None:
    ruled = Ruled(project, paths)
    labels.save(paths, f"{0:02x}{0:062x}", 1, None, "ann")
    image = ruled.found(10, 0.9, ruled.total, ruled.total)
    index.refresh(project.id)
    assert index.broken(project, index.images(project.id, "auto")) == {image.id: ((), ())}


def test_boxes_of_a_field_are_counted_by_image(index: Index, project: Project, paths: ProjectPaths) -> None:
    ruled = Ruled(project, paths)
    image = ruled.found(10, 0.9, ruled.total, ruled.total)
    add(paths, 11)
    index.refresh(project.id)
    assert index.boxes_of(project.id, ruled.total) == {**{f"{n:02x}{n:062x}": 1 for n in range(3)}, image.id: 2}
    assert index.boxes_of(project.id, new_id()) == {}


def test_images_are_counted_and_found_by_class(index: Index, project: Project, paths: ProjectPaths) -> None:
    first, second, third, fourth, gone = (add(paths, number) for number in range(5))
    classify(paths, first, "invoice")
    classify(paths, second, "invoice", 0.7)
    classify(paths, third, "invoice", 0.9, reviewed_by="bob")
    classify(paths, fourth, "receipt", 0.4)
    classify(paths, gone, "invoice")
    images.change(paths, gone, "ann", deleted=True)
    index.refresh(project.id)
    assert index.classes(project.id) == {"invoice": {"labelled": 1, "auto": 1, "reviewed": 1}, "receipt": {"auto": 1}}
    assert set(index.images_of_class(project.id, "invoice")) == {first.id, second.id, third.id, gone.id}
    assert [(row.class_id, row.score, row.boxes) for row in index.images(project.id, "all")] == [
        ("invoice", None, 0),
        ("invoice", 0.7, 0),
        ("invoice", 0.9, 0),
        ("receipt", 0.4, 0),
    ]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Filter(class_id="invoice"), "a b c"),
        (Filter("auto", class_id="invoice"), "b"),
        (Filter("confirmed", class_id="invoice"), "a c"),
        (Filter(class_id="receipt"), "d"),
        (Filter(class_id="receipt", split="test"), "d"),
        (Filter(class_id="invoice", split="test"), ""),
        (Filter(class_id="invoice", name="B"), "b"),
        (Filter("deleted", class_id="invoice"), "f"),
        (Filter(class_id="gone"), ""),
    ],
    ids=str,
)
def test_a_filter_lets_a_class_through(index: Index, project: Project, paths: ProjectPaths, wanted: Filter, expected: str) -> None:
    made = {name: add(paths, number, name) for number, name in enumerate("abcdef")}
    for name, score, reviewer in (("a", None, None), ("b", 0.8, None), ("c", 0.9, "bob"), ("f", None, None)):
        classify(paths, made[name], "invoice", score, reviewed_by=reviewer)
    classify(paths, made["d"], "receipt")
    images.change(paths, made["d"], "ann", split="test")
    images.change(paths, made["f"], "ann", deleted=True)
    index.refresh(project.id)
    assert [row.name for row in index.page(project.id, wanted)] == expected.split()
    assert index.count(project.id, wanted) == len(expected.split())


def test_review_of_classes_begins_with_the_least_certain_and_knows_no_other_rules(
    index: Index, project: Project, paths: ProjectPaths
) -> None:
    for number in range(3):
        classify(paths, add(paths, number), "invoice")
    found = {score: add(paths, 10 + place) for place, score in enumerate((0.9, 0.5, 0.7))}
    for score, image in found.items():
        classify(paths, image, "receipt", score)
    index.refresh(project.id)
    queue = index.page(project.id, Filter("auto"), "review")
    assert [row.score for row in queue] == [0.5, 0.7, 0.9]
    assert set(index.broken(project, queue).values()) == {((), ())}


def test_projects_do_not_see_each_others_images(index: Index, store: Store, project: Project, paths: ProjectPaths) -> None:
    add(paths, 1)
    other = new_id()
    add(store.project(other), 1)
    add(store.project(other), 2)
    index.refresh(project.id)
    index.refresh(other)
    assert (index.counts(project.id).images, index.counts(other).images) == (1, 2)


def test_a_list_may_be_of_some_images_only_in_whatever_order(index: Index, project: Project, paths: ProjectPaths) -> None:
    added = [add(paths, number) for number in range(5)]
    label(paths, added[3], box())
    wanted = Filter("unlabelled", images=tuple(added[number].id for number in (3, 2, 0)))
    assert [row.image for row in index.page(project.id, wanted)] == [added[0].id, added[2].id]
    assert index.count(project.id, wanted) == 2
    assert [index.position(project.id, image.id, wanted) for image in added] == [0, None, 1, None, None]
    assert index.page(project.id, Filter(images=())) == []


def test_a_sample_is_of_one_kind_with_turns_and_the_same_each_time(index: Index, project: Project, paths: ProjectPaths) -> None:
    added = [add(paths, number) for number in range(6)]
    label(paths, added[0], box())
    images.change(paths, added[1], "ann", turn=90)
    index.refresh(project.id)
    free = sorted(image.id for image in added[1:])
    sample = index.sample(project.id, "unlabelled", 3)
    assert [image for image, _ in sample] == free[:3]
    assert dict(index.sample(project.id, "unlabelled", 9))[added[1].id] == 90
    assert index.sample(project.id, "confirmed", 9) == [(added[0].id, None)]


@pytest.mark.parametrize(
    ("gate", "count", "confirmed", "missing"),
    [
        (0.1, 0, 0, 1),
        (0.1, 1, 0, 1),
        (0.1, 30, 0, 3),
        (0.1, 30, 2, 1),
        (0.1, 30, 3, 0),
        (0.1, 31, 3, 1),
        (0.0, 5, 0, 1),
        (0.0, 5, 1, 0),
        (1.0, 5, 4, 1),
    ],
)
def test_the_gate_says_how_many_images_are_still_to_be_labelled_by_hand(
    index: Index, project: Project, paths: ProjectPaths, gate: float, count: int, confirmed: int, missing: int
) -> None:
    made = [add(paths, number) for number in range(count)]
    for image in made[:confirmed]:
        label(paths, image, box())
    for image in made[confirmed : confirmed + 1]:
        label(paths, image, box(0.9), origin="auto")
    assert index.gate_missing(project.model_copy(update={"gate": gate})) == missing
