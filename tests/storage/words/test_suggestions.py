"""Which pages to label next: those that together are most like the others, and as many as the project still needs."""

import time
from collections.abc import Callable, Sequence
from hashlib import sha256

import pytest

from storage import labels, projects, uploads
from storage.core import ProjectPaths, Store
from storage.index import Index
from storage.labels import Box
from storage.projects import Project
from storage.turns import Turn, unturn_box
from storage.words import words
from storage.words.suggestions import FEW, suggest, suggested
from storage.words.words import Reader, Words

Document = Callable[..., bytes]

SHOP = ("Shop", "receipt", "total", "cash", "change")
BANK = ("Bank", "statement", "account", "balance", "interest")
COURT = ("Court", "order", "judge", "case", "filed")


def page(name: str, texts: Sequence[str], *, turn: Turn = 0, look: Sequence[int] = (200,) * 64) -> Words:
    """A page with a word on each line, from top to bottom of the upright page."""
    upright = [(10.0, 10.0 * line, 60.0, 10.0 * line + 8) for line in range(len(texts))]
    boxes = [unturn_box(box, 300, 300, turn) for box in upright]
    count = len(texts)
    image = sha256(name.encode()).hexdigest()
    return Words(
        image=image,
        turn=turn,
        texts=tuple(texts),
        boxes=tuple(boxes),
        confidences=(1.0,) * count,
        lines=tuple(range(count)),
        look=tuple(look),
    )


def kinds(**counts: int) -> dict[str, Words]:
    """So many pages of each kind, by their image's id."""
    texts = {"shop": SHOP, "bank": BANK, "court": COURT}
    made = [page(f"{kind}{number}", (*texts[kind], f"{number}.50")) for kind, count in counts.items() for number in range(count)]
    return {each.image: each for each in made}


def kind_of(words: dict[str, Words], image: str) -> str:
    return words[image].texts[0]


def test_each_kind_of_page_is_suggested_before_a_second_of_any_and_the_commonest_first() -> None:
    pages = kinds(shop=8, bank=5, court=3)
    assert [kind_of(pages, image) for image in suggest(pages, (), 3)] == ["Shop", "Bank", "Court"]


def test_a_kind_that_is_labelled_waits() -> None:
    pages = kinds(shop=8, bank=5, court=3)
    shop = next(image for image in pages if kind_of(pages, image) == "Shop")
    assert [kind_of(pages, image) for image in suggest(pages, [shop], 2)] == ["Bank", "Court"]


def test_the_order_of_the_pages_changes_nothing() -> None:
    pages = kinds(shop=5, bank=5, court=5)
    turned_round = dict(reversed(pages.items()))
    assert suggest(pages, (), 4) == suggest(turned_round, (), 4)


def test_labelling_the_first_leaves_the_others_suggested() -> None:
    pages = kinds(shop=8, bank=5, court=3)
    first, *others = suggest(pages, (), 4)
    assert suggest(pages, [first], 3) == others


def test_digits_and_case_do_not_tell_pages_apart() -> None:
    words = [page("a", ("INVOICE", "12")), page("b", ("invoice", "34")), page("c", ("letter", "dear")), page("d", ("letter", "dear"))]
    pages = {each.image: each for each in words}
    assert {kind_of(pages, image).lower() for image in suggest(pages, (), 2)} == {"invoice", "letter"}


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_heights_are_those_of_the_upright_page(turn: Turn) -> None:
    labelled, same, other = page("labelled", SHOP, turn=turn), page("same", SHOP), page("other", SHOP[::-1])
    pages = {each.image: each for each in (labelled, same, other)}
    assert suggest(pages, [labelled.image], 1) == [other.image]


def test_pages_without_words_are_told_apart_by_their_looks() -> None:
    dark, light = (20,) * 64, (240,) * 64
    pages = [*(page(f"dark{n}", (), look=dark) for n in range(4)), *(page(f"light{n}", (), look=light) for n in range(3))]
    by_id = {each.image: each for each in pages}
    assert [by_id[image].look for image in suggest(by_id, (), 2)] == [dark, light]


@pytest.mark.parametrize(("pages", "count"), [({}, 3), (kinds(shop=2), 0)], ids=["no page", "none wanted"])
def test_nothing_is_suggested_of_nothing(pages: dict[str, Words], count: int) -> None:
    assert suggest(pages, (), count) == []


def test_no_more_are_suggested_than_there_are() -> None:
    assert len(suggest(kinds(shop=2), (), 5)) == 2


def test_two_thousand_pages_take_seconds() -> None:
    pages = [
        page(str(n), [f"word{n * line % 3001}" for line in range(60)], look=[n * place % 251 for place in range(64)]) for n in range(2000)
    ]
    began = time.process_time()
    suggest({each.image: each for each in pages}, (), 13)
    assert time.process_time() - began < 10


# Of a project


@pytest.fixture
def add(paths: ProjectPaths, document: Document) -> Callable[..., list[str]]:
    """Add so many images, and keep words for those that are read."""

    def add(count: int, read: int) -> list[str]:
        added = [uploads.add(paths, f"{number}.png", document(str(number)), "ann").id for number in range(count)]
        for number, image in enumerate(added[:read]):
            keep(paths, image, (SHOP, BANK, COURT)[number % 3])
        return added

    return add


def keep(paths: ProjectPaths, image: str, texts: Sequence[str]) -> None:
    read = page("", texts).model_copy(update={"image": image})
    words.keep(paths, read, Reader(("eng", "rus")), None)


def label(paths: ProjectPaths, project: Project, image: str) -> None:
    labels.save(paths, image, 0, (Box(field=project.fields[0].id, xyxy=(1, 1, 9, 9)),), "ann")


def ask(store: Store, index: Index, project: Project) -> tuple[str, ...]:
    index.refresh(project.id, full=True)
    return suggested(store, index, project)


def test_a_project_is_suggested_six_pages_of_all_kinds(
    store: Store, index: Index, project: Project, paths: ProjectPaths, add: Callable[..., list[str]]
) -> None:
    add(12, read=12)
    found = ask(store, index, project)
    read = words.find_many(paths, [(image, None) for image in found], Reader(project.languages))
    assert len(found) == FEW
    assert {each.texts[0] for each in list(read.values())} == {"Shop", "Bank", "Court"}


def test_what_is_labelled_leaves_the_suggestions_and_the_rest_stays(
    store: Store, index: Index, project: Project, paths: ProjectPaths, add: Callable[..., list[str]]
) -> None:
    add(12, read=12)
    first, *others = ask(store, index, project)
    label(paths, project, first)
    assert ask(store, index, project) == tuple(others)


def test_nothing_is_suggested_once_enough_are_labelled(
    store: Store, index: Index, project: Project, paths: ProjectPaths, add: Callable[..., list[str]]
) -> None:
    for image in add(12, read=12)[:FEW]:
        label(paths, project, image)
    assert ask(store, index, project) == ()


def test_the_gate_may_ask_for_more(store: Store, index: Index, project: Project, add: Callable[..., list[str]]) -> None:
    add(20, read=20)
    assert len(ask(store, index, project.model_copy(update={"gate": 0.5}))) == 10


def test_nothing_is_suggested_until_half_of_the_pages_are_read(
    store: Store, index: Index, project: Project, paths: ProjectPaths, add: Callable[..., list[str]]
) -> None:
    added = add(12, read=5)
    before = ask(store, index, project)
    keep(paths, added[5], SHOP)
    after = ask(store, index, project)
    assert (before, set(after) <= set(added[:6]), len(after)) == ((), True, 6)


def test_pages_read_later_are_suggested_too(
    store: Store, index: Index, project: Project, paths: ProjectPaths, add: Callable[..., list[str]]
) -> None:
    added = add(8, read=4)
    assert set(ask(store, index, project)) == set(added[:4])
    for image in added[4:]:
        keep(paths, image, ("Unlike", "all", "others"))
    assert set(ask(store, index, project)) & set(added[4:])


def test_a_project_that_nobody_read_is_suggested_nothing(store: Store, index: Index, add: Callable[..., list[str]]) -> None:
    other = projects.create(store, "other", "classes", ("invoice", "letter"))
    assert ask(store, index, other) == ()
