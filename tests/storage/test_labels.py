"""Labels as compare-and-swap revisions."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from storage import labels, projects
from storage.core.errors import Conflict, InvalidValue, Refused
from storage.core.records import now
from storage.images import Image
from storage.labels import MAX_TEXT, Box
from storage.words.words import Words

IMAGE = "a" * 64
PAGE = Image(id=IMAGE, rev=1, name="page.png", width=100, height=50, bytes=1, author="ann", at=now())


def box(right=9.0, **values):
    return Box(field="f", xyxy=(1, 1, right, 9), **values)


def test_a_saved_label_is_the_head_and_knows_its_author(paths):
    saved = labels.save(paths, IMAGE, 0, (box(),), "ann")
    assert labels.head(paths, IMAGE) == saved
    assert (saved.rev, saved.author, saved.is_confirmed) == (1, "ann", True)


def test_a_stale_save_is_refused_and_both_versions_stay(paths):
    labels.save(paths, IMAGE, 0, (box(5),), "ann")
    with pytest.raises(Conflict):
        labels.save(paths, IMAGE, 0, (box(6),), "bob")
    labels.save(paths, IMAGE, 1, (box(6),), "bob")
    assert [label.author for label in labels.history(paths, IMAGE)] == ["ann", "bob"]


def test_eight_people_who_save_at_once_get_one_revision_each(paths):
    def save(author, times=10):
        saved = []
        while len(saved) < times:
            try:
                saved.append(labels.save(paths, IMAGE, labels.head_rev(paths, IMAGE), (box(),), author).rev)
            except Conflict:
                continue
        return saved

    with ThreadPoolExecutor(8) as pool:
        revs = sorted(rev for saved in pool.map(save, "abcdefgh") for rev in saved)
    assert revs == list(range(1, 81))


@pytest.mark.parametrize(
    ("values", "is_labelled", "is_confirmed"),
    [
        ({"boxes": None}, False, False),
        ({"boxes": ()}, True, True),
        ({"boxes": None, "class_id": "c"}, True, True),
        ({"boxes": (box(),), "origin": "auto"}, True, False),
        ({"boxes": (box(),), "origin": "auto", "reviewed_by": "ann"}, True, True),
        ({"boxes": None, "origin": "auto", "reviewed_by": "ann"}, False, False),
    ],
    ids=["unlabelled", "no fields here", "a class", "found, not reviewed", "found and reviewed", "rolled back"],
)
def test_what_counts_as_labelled_and_as_confirmed_by_a_person(paths, values, is_labelled, is_confirmed):
    label = labels.save(paths, IMAGE, 0, author="ann", **values)
    assert (label.is_labelled, label.is_confirmed) == (is_labelled, is_confirmed)


@pytest.mark.parametrize(
    "xyxy",
    [(5, 1, 5, 9), (9, 1, 5, 9), (1, 9, 9, 9), (-1, 1, 5, 9), (0, float("nan"), 5, 9), (0, 0, float("inf"), 9)],
    ids=["no width", "right of left", "no height", "outside", "not a number", "endless"],
)
def test_a_box_without_area_is_refused(xyxy):
    with pytest.raises(ValidationError):
        Box(field="f", xyxy=xyxy)


def test_an_image_never_labelled_has_no_head_and_no_history(paths):
    assert (labels.head(paths, IMAGE), labels.head_rev(paths, IMAGE), labels.history(paths, IMAGE)) == (None, 0, [])


class Page:
    """An image of 100 × 50 pixels in a project with a date and a total, which Ann labels."""

    def __init__(self, store, project):
        self.paths, self.project = store.project(project.id), project
        self.date, self.total = (field.id for field in project.fields)
        self.words = None

    def found(self, *boxes, **options):
        """A process labels the page."""
        made = [
            Box(field=field, xyxy=xyxy, origin="auto", process="run", model="run", score=0.8)
            for field, xyxy in boxes or [(self.date, (1, 1, 9, 9))]
        ]
        return labels.save(self.paths, IMAGE, self.rev, tuple(made), "ann", origin="auto", apply="apply", **options)

    def draw(self, *regions, base=None):
        return labels.save_by_person(self.paths, self.project, PAGE, self.rev if base is None else base, regions, "ann", self.words)

    def clear(self):
        return labels.save_by_person(self.paths, self.project, PAGE, self.rev, None, "ann")

    def accept(self, base=None):
        return labels.accept(self.paths, IMAGE, self.rev if base is None else base, "ann")

    def is_read(self):
        """The page is read: "Acme Ltd" in a line, "12" below it."""
        boxes = ((1, 1, 20, 9), (22, 1, 40, 9), (1, 12, 20, 20))
        self.words = Words(image=IMAGE, turn=0, texts=("Acme", "Ltd", "12"), boxes=boxes, confidences=(0.9, 0.8, 0.7), lines=(0, 0, 1))

    @property
    def rev(self):
        return labels.head_rev(self.paths, IMAGE)


LINE, BELOW = (0, 0, 42, 10), (0, 11, 22, 21)


def texts(label):
    return [(box.text, box.read) for box in label.boxes]


@pytest.fixture
def page(store, project):
    return Page(store, project)


def test_what_a_person_draws_is_theirs(page):
    saved = page.draw((page.date, (1, 1, 9, 9)))
    assert (saved.state, saved.rev, saved.author) == ("labelled", 1, "ann")
    assert saved.boxes == (Box(field=page.date, xyxy=(1, 1, 9, 9)),)


def test_boxes_a_person_left_alone_keep_where_they_came_from(page):
    found = page.found((page.date, (1, 1, 9, 9)), (page.total, (10.1, 1, 19.7, 9)))
    saved = page.draw((page.total, (10.1000001, 1, 19.6999999, 9)), (page.date, (1, 1, 9, 8)))
    assert saved.boxes == (found.boxes[1], Box(field=page.date, xyxy=(1, 1, 9, 8)))
    assert (saved.origin, saved.state, saved.corrects, saved.apply) == ("person", "corrected", "run", None)


def test_a_box_given_another_field_is_the_persons(page):
    page.found()
    assert page.draw((page.total, (1, 1, 9, 9))).boxes == (Box(field=page.total, xyxy=(1, 1, 9, 9)),)


def test_a_corrected_label_stays_one_however_often_it_is_changed(page):
    page.found()
    for right in (20, 30):
        saved = page.draw((page.date, (1, 1, right, 9)))
    assert (saved.state, saved.corrects, saved.boxes[0].origin) == ("corrected", "run", "person")


def test_a_label_whose_boxes_name_no_process_counts_as_corrected_too(page):
    labels.save(page.paths, IMAGE, 0, (), "ann", origin="auto")
    assert page.draw((page.date, (1, 1, 9, 9))).state == "corrected"


def test_taking_all_boxes_away_says_that_no_field_is_there(page):
    page.found()
    saved = page.draw()
    assert (saved.boxes, saved.state) == ((), "corrected")


def test_a_models_label_cleared_and_drawn_anew_counts_as_corrected(page):
    page.found()
    assert (page.clear().boxes, page.clear().state, page.clear().rev) == (None, "unlabelled", 2)
    assert page.draw((page.date, (1, 1, 9, 9))).state == "corrected"


def test_a_label_saved_as_it_was_is_no_new_revision(page):
    regions = [(page.date, (1, 1, 9, 9)), (page.total, (1, 1, 9, 9))]
    first = page.draw(*regions)
    assert page.draw(*regions) == page.draw(*reversed(regions)) == first
    assert page.rev == 1


def test_an_automatic_label_saved_as_it_was_is_accepted(page):
    page.found()
    saved = page.draw((page.date, (1, 1, 9, 9)))
    assert (saved.state, saved.reviewed_by, saved.rev) == ("reviewed", "ann", 2)
    assert page.draw((page.date, (1, 1, 9, 9))) == saved


def test_a_stale_save_of_a_person_is_refused_even_if_it_changes_nothing(page):
    page.draw((page.date, (1, 1, 9, 9)))
    page.draw((page.date, (1, 1, 9, 8)))
    for base in (0, 1, 7):
        with pytest.raises(Conflict, match="it is now 2"):
            page.draw((page.date, (1, 1, 9, 8)), base=base)


@pytest.mark.parametrize(
    ("drawn", "kept"),
    [
        ((0, 0, 100, 50), (0, 0, 100, 50)),
        ((-0.5, -0.4, 100.5, 50.4), (0, 0, 100, 50)),
        ((99, 49, 100, 50), (99, 49, 100, 50)),
    ],
)
def test_half_a_pixel_over_the_edge_is_cut_off(page, drawn, kept):
    assert page.draw((page.date, drawn)).boxes[0].xyxy == kept


@pytest.mark.parametrize(
    ("xyxy", "reason"),
    [
        ((-0.6, 0, 9, 9), "outside"),
        ((0, -1, 9, 9), "outside"),
        ((0, 0, 100.6, 9), "outside"),
        ((0, 0, 9, 51), "outside"),
        ((0, 0, float("nan"), 9), "outside"),
        ((0, 0, float("inf"), 9), "outside"),
        ((5, 5, 5.9, 9), "under a pixel"),
        ((5, 5, 9, 5.9), "under a pixel"),
        ((9, 5, 5, 9), "under a pixel"),
        ((99.5, 0, 100.5, 9), "under a pixel"),
    ],
)
def test_a_box_off_the_page_or_too_small_to_see_is_refused_and_nothing_is_saved(page, xyxy, reason):
    with pytest.raises(InvalidValue, match=reason):
        page.draw((page.date, xyxy))
    assert page.rev == 0


def test_a_small_box_of_the_models_does_not_bar_a_person_from_saving(page):
    tiny = (page.date, (1, 1, 1.5, 9))
    page.found(tiny)
    assert len(page.draw(tiny, (page.total, (1, 1, 9, 9))).boxes) == 2


def test_a_field_that_left_the_scheme_is_refused(page):
    with pytest.raises(InvalidValue, match="has no field 'gone'"):
        page.draw(("gone", (1, 1, 9, 9)))


def test_an_accepted_label_has_the_same_boxes_and_a_reviewer(page):
    found = page.found()
    saved = page.accept()
    assert (saved.boxes, saved.origin, saved.reviewed_by, saved.state) == (found.boxes, "auto", "ann", "reviewed")
    assert saved.apply is None


def test_accepting_twice_changes_nothing(page):
    page.found()
    assert page.accept() == page.accept()


def test_an_accepted_label_that_is_changed_after_all_is_corrected(page):
    page.found()
    page.accept()
    assert (page.draw().state, labels.head(page.paths, IMAGE).reviewed_by) == ("corrected", None)


def test_there_must_be_an_automatic_label_to_accept(page):
    with pytest.raises(Refused, match="no automatic label"):
        page.accept()
    page.draw()
    with pytest.raises(Refused):
        page.accept()
    page.clear()
    with pytest.raises(Refused):
        page.accept()


def test_what_somebody_changed_meanwhile_cannot_be_accepted_unseen(page):
    page.found()
    page.found((page.total, (1, 1, 9, 9)))
    with pytest.raises(Conflict):
        page.accept(base=1)


def test_a_box_drawn_on_a_page_that_was_read_has_its_text(page):
    page.is_read()
    assert texts(page.draw((page.date, LINE), (page.total, BELOW), (page.total, (60, 1, 90, 9)))) == [
        ("Acme Ltd", 0.8),
        ("12", 0.7),
        (None, None),
    ]


def test_a_box_drawn_before_the_page_was_read_is_not_written_anew(page):
    saved = page.draw((page.date, LINE))
    page.is_read()
    assert texts(saved) == [(None, None)]
    assert page.draw((page.date, LINE)) == saved
    assert texts(page.draw((page.date, LINE, None), (page.total, BELOW))) == [(None, None), ("12", 0.7)]


def test_a_text_a_person_types_is_theirs_and_no_reader_changes_it(page):
    page.is_read()
    typed = page.draw((page.date, LINE, "  Acme\n Limited "))
    assert texts(typed) == [("Acme Limited", None)]
    assert page.draw((page.date, LINE)) == page.draw((page.date, LINE, "Acme Limited")) == typed
    assert texts(page.draw((page.date, LINE), (page.total, BELOW))) == [("Acme Limited", None), ("12", 0.7)]


def test_a_box_that_is_moved_takes_along_what_was_typed_but_not_what_was_read(page):
    page.is_read()
    page.draw((page.date, LINE, "Acme Limited"), (page.total, BELOW))
    moved = page.draw((page.date, (0, 0, 43, 10), "Acme Limited"), (page.total, (0, 0, 21, 10), None))
    assert texts(moved) == [("Acme Limited", None), ("Acme", 0.9)]


def test_a_text_taken_back_is_the_readers_again(page):
    page.is_read()
    read = page.draw((page.date, LINE))
    page.draw((page.date, LINE, "typed"))
    assert page.draw((page.date, LINE, None)).boxes == read.boxes


def test_nothing_is_written_here_differs_from_nobody_said(page):
    page.is_read()
    page.draw((page.date, LINE))
    saved = page.draw((page.date, LINE, ""))
    assert (texts(saved), saved.rev) == ([("", None)], 2)


def test_an_automatic_box_whose_text_is_corrected_stays_where_the_model_found_it(page):
    found = page.found((page.date, LINE)).boxes[0]
    saved = page.draw((page.date, LINE, "12.05.2024"))
    assert saved.boxes == (found.model_copy(update={"text": "12.05.2024"}),)
    assert (saved.state, saved.corrects, saved.origin, saved.author) == ("corrected", "run", "person", "ann")


def test_a_box_given_another_field_keeps_what_is_written_in_it_though_the_words_are_gone(page):
    read = Box(field=page.date, xyxy=LINE, origin="auto", score=0.8, text="Acme", read=0.6)
    labels.save(page.paths, IMAGE, 0, (read,), "ann", origin="auto")
    assert texts(page.draw((page.total, LINE, None))) == [("Acme", 0.6)]


def test_a_typed_text_stays_if_whoever_changes_the_field_says_nothing_of_it(page):
    page.draw((page.date, LINE, "typed"))
    assert texts(page.draw((page.total, LINE))) == [("typed", None)]


def test_a_text_longer_than_any_field_is_refused_and_nothing_is_saved(page):
    page.draw((page.date, LINE, "x" * MAX_TEXT))
    with pytest.raises(InvalidValue, match="has 2001 characters, 2000 at most"):
        page.draw((page.date, LINE, "x" * (MAX_TEXT + 1)))
    assert page.rev == 1


class Form:
    """An image in a project of two classes, which Ann sorts."""

    def __init__(self, store):
        self.project = projects.create(store, "forms", "classes", ("invoice", "receipt"))
        self.paths = store.project(self.project.id)
        self.invoice, self.receipt = (field.id for field in self.project.fields)

    def found(self, class_id):
        """A process says the class of the image."""
        said = {"class_id": class_id, "score": 0.8, "process": "run", "model": "run", "origin": "auto", "apply": "apply"}
        return labels.save(self.paths, IMAGE, self.rev, None, "ann", **said)

    def choose(self, class_id, base=None):
        return labels.save_class(self.paths, self.project, IMAGE, self.rev if base is None else base, class_id, "ann")

    @property
    def rev(self):
        return labels.head_rev(self.paths, IMAGE)


@pytest.fixture
def form(store):
    return Form(store)


def test_a_class_a_person_chooses_is_theirs(form):
    saved = form.choose(form.receipt)
    assert (saved.state, saved.class_id, saved.boxes, saved.rev, saved.is_confirmed) == ("labelled", form.receipt, None, 1, True)
    assert form.choose(form.receipt) == saved


def test_an_automatic_class_chosen_again_is_accepted_and_keeps_where_it_came_from(form):
    found = form.found(form.invoice)
    saved = form.choose(form.invoice)
    assert (saved.state, saved.reviewed_by, saved.rev, saved.apply) == ("reviewed", "ann", 2, None)
    assert (saved.class_id, saved.score, saved.process, saved.model) == (found.class_id, 0.8, "run", "run")
    assert form.choose(form.invoice) == saved
    assert labels.accept(form.paths, IMAGE, 2, "bob") == saved


def test_an_automatic_class_changed_by_a_person_is_corrected_for_good(form):
    form.found(form.invoice)
    saved = form.choose(form.receipt)
    assert (saved.state, saved.corrects, saved.origin, saved.score, saved.process) == ("corrected", "run", "person", None, None)
    assert (form.choose(None).state, form.choose(form.invoice).state) == ("unlabelled", "corrected")


def test_an_accepted_class_that_is_changed_after_all_is_corrected(form):
    form.found(form.invoice)
    form.choose(form.invoice)
    assert (form.choose(form.receipt).corrects, labels.head(form.paths, IMAGE).reviewed_by) == ("run", None)


def test_an_image_without_a_class_stays_as_it_is_when_none_is_chosen(form):
    assert (form.choose(None), form.rev) == (None, 0)
    form.choose(form.receipt)
    cleared = form.choose(None)
    assert (cleared.state, cleared.class_id, cleared.rev) == ("unlabelled", None, 2)
    assert form.choose(None) == cleared


def test_a_stale_choice_is_refused_even_of_the_same_class(form):
    form.choose(form.receipt)
    form.choose(form.invoice)
    for base in (0, 1, 7):
        with pytest.raises(Conflict, match="it is now 2"):
            form.choose(form.invoice, base=base)


def test_a_class_that_left_the_scheme_is_refused(form):
    with pytest.raises(InvalidValue, match="has no class 'gone'"):
        form.choose("gone")
    assert form.rev == 0


def test_each_project_takes_what_it_is_about(form, page):
    with pytest.raises(Refused, match="is about classes; its images take no boxes"):
        labels.save_by_person(form.paths, form.project, PAGE, 0, [], "ann")
    with pytest.raises(Refused, match="is about fields; its images have no class"):
        labels.save_class(page.paths, page.project, IMAGE, 0, None, "ann")


def test_a_label_after_another_differs_in_what_is_said_only(form):
    found = form.found(form.invoice)
    after = labels.save_after(form.paths, found, None, "bob", class_id=form.receipt)
    assert after == found.model_copy(update={"rev": 2, "author": "bob", "class_id": form.receipt, "at": after.at})
    with pytest.raises(Conflict):
        labels.save_after(form.paths, found, None, "bob")
