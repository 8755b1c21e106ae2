"""Labels over HTTP: lists, the editor's reading and saving; no save is lost and none overwrites another."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from storage import images, labels, projects, uploads
from storage.attempts import Message
from storage.core import ProjectPaths, Store, revision_path
from storage.images import Image
from storage.labels import Box
from storage.projects import Project
from storage.words import words
from storage.words.words import Reader, Words

Document = Callable[..., bytes]
XYXY = [10.0, 10.0, 60.0, 20.0]


@pytest.fixture
def api(project: Project) -> str:
    return f"/api/projects/{project.id}/images"


@pytest.fixture
def at(api: str, image: Image) -> str:
    """The image's address."""
    return f"{api}/{image.id}"


@pytest.fixture
def boxes(project: Project) -> list[dict[str, Any]]:
    return [{"field": project.fields[0].id, "xyxy": XYXY}]


@pytest.fixture
def pages(paths: ProjectPaths, document: Document) -> list[Image]:
    """Seven images, named by number."""
    return [uploads.add(paths, f"page-{number}.png", document(f"page {number}"), "ann") for number in range(7)]


def applied(paths: ProjectPaths, project: Project, image: Image) -> None:
    """Give the image an automatic label of one box."""
    box = Box(field=project.fields[0].id, xyxy=(10, 10, 60, 20), origin="auto", process="p" * 26, model="m", score=0.75)
    labels.save(paths, image.id, 0, (box,), "machine", origin="auto")


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()["images"]]


def test_an_image_never_labelled_has_revision_0(client: TestClient, at: str, image: Image) -> None:
    shown = client.get(f"{at}/label").json()
    assert shown["image"] == {"id": image.id, "name": "receipt.png", "width": 120, "height": 80, "turn": 0, "split": None}
    keys = ("author", "at", "origin", "reviewed_by", "boxes", "class_id", "score", "process")
    assert (shown["rev"], shown["state"], [shown[key] for key in keys]) == (0, "unlabelled", [None] * 8)


def test_a_save_is_answered_with_what_is_then_there(client: TestClient, at: str, boxes: list[dict[str, Any]]) -> None:
    saved = client.post(f"{at}/label", json={"base": 0, "boxes": boxes}).json()
    assert (saved["rev"], saved["state"], saved["author"], saved["origin"]) == (1, "labelled", "local", "person")
    assert saved["boxes"] == [{**boxes[0], "origin": "person", "score": None, "process": None, "text": None, "read": None}]
    assert saved["at"][-1:] == "Z"
    assert client.get(f"{at}/label").json() == saved


def test_no_fields_here_and_unlabelled_again_are_different(client: TestClient, at: str) -> None:
    none_here = client.post(f"{at}/label", json={"base": 0, "boxes": []}).json()
    assert (none_here["state"], none_here["boxes"]) == ("labelled", [])
    again = client.post(f"{at}/label", json={"base": 1, "boxes": None}).json()
    assert (again["rev"], again["state"], again["boxes"]) == (2, "unlabelled", None)


def test_a_page_that_could_not_be_read_says_why_and_is_read_again_when_asked(
    client: TestClient, at: str, paths: ProjectPaths, project: Project, image: Image
) -> None:
    why = Message(template="It took more than {seconds} seconds", values={"seconds": 600})
    words.keep(paths, Words(image=image.id, turn=0, failed=why), Reader(project.languages), None)
    assert client.get(f"{at}/words").json()["words"]["failed"] == {"template": why.template, "values": {"seconds": "600"}}
    assert client.post(f"{at}/words").json() == {"words": None}
    assert words.is_read(paths, [(image.id, None)], Reader(project.languages)) == set()
    words.keep(paths, Words(image=image.id, turn=0, texts=("Итого",), boxes=((1, 2, 3, 4),)), Reader(project.languages), None)
    assert client.post(f"{at}/words").json()["words"]["texts"] == ["Итого"]


def test_a_text_is_read_unless_somebody_typed_it(
    client: TestClient, at: str, paths: ProjectPaths, project: Project, image: Image, boxes: list[dict[str, Any]]
) -> None:
    assert client.get(f"{at}/words").json() == {"words": None}
    found = Words(image=image.id, turn=0, texts=("Итого",), boxes=((10.04, 9.5, 58, 21),), confidences=(0.91234,), lines=(0,))
    words.keep(paths, found, Reader(project.languages), None)
    shown = {"texts": ["Итого"], "boxes": [[10.0, 9.5, 58.0, 21.0]], "confidences": [0.912], "lines": [0], "failed": None}
    assert client.get(f"{at}/words").json() == {"words": shown}

    def save(base: int, **said: str | None) -> tuple[str | None, float | None]:
        answer = client.post(f"{at}/label", json={"base": base, "boxes": [{**boxes[0], **said}]})
        assert answer.status_code == 200, answer.text
        (box,) = answer.json()["boxes"]
        return box["text"], box["read"]

    assert save(0) == ("Итого", 0.91234)
    assert save(1, text="ИТОГО") == save(2) == ("ИТОГО", None)
    assert save(2, text=None) == ("Итого", 0.91234)
    assert [found["boxes"][0]["text"] for found in client.get(f"{at}/history").json()["revisions"]] == ["Итого", "ИТОГО", "Итого"]


def test_a_stale_save_is_shown_both_versions_and_loses_neither(client: TestClient, at: str, boxes: list[dict[str, Any]]) -> None:
    theirs = client.post(f"{at}/label", json={"base": 0, "boxes": boxes}).json()
    refused = client.post(f"{at}/label", json={"base": 0, "boxes": []})
    assert (refused.status_code, refused.json()["head"]) == (409, theirs)
    assert {"error", "template", "values"} < refused.json().keys()
    assert client.get(f"{at}/label").json() == theirs
    mine = client.post(f"{at}/label", json={"base": theirs["rev"], "boxes": []}).json()
    assert [found["rev"] for found in client.get(f"{at}/history").json()["revisions"]] == [mine["rev"], theirs["rev"]]


def test_a_base_that_was_never_there_is_stale_too(client: TestClient, at: str) -> None:
    assert client.post(f"{at}/label", json={"base": 7, "boxes": []}).status_code == 409


def test_history_shows_every_revision_with_its_boxes_the_newest_first(client: TestClient, at: str, boxes: list[dict[str, Any]]) -> None:
    for base, given in enumerate((boxes, [], None)):
        client.post(f"{at}/label", json={"base": base, "boxes": given})
    found = client.get(f"{at}/history").json()["revisions"]
    assert [(revision["rev"], revision["state"]) for revision in found] == [(3, "unlabelled"), (2, "labelled"), (1, "labelled")]
    assert found[2]["boxes"][0]["xyxy"] == XYXY


def test_an_automatic_label_is_accepted_as_it_is(client: TestClient, at: str, paths: ProjectPaths, project: Project, image: Image) -> None:
    applied(paths, project, image)
    before = client.get(f"{at}/label").json()
    after = client.post(f"{at}/accept", json={"base": 1}).json()
    assert (before["state"], after["state"], after["reviewed_by"], after["boxes"]) == ("auto", "reviewed", "local", before["boxes"])
    assert (after["boxes"][0]["score"], after["boxes"][0]["process"]) == (0.75, "p" * 26)


def test_a_stale_accept_is_409_with_the_head(client: TestClient, at: str, paths: ProjectPaths, project: Project, image: Image) -> None:
    applied(paths, project, image)
    corrected = client.post(f"{at}/label", json={"base": 1, "boxes": []}).json()
    refused = client.post(f"{at}/accept", json={"base": 1})
    assert (refused.status_code, refused.json()["head"], corrected["state"]) == (409, corrected, "corrected")


def test_there_is_nothing_to_accept_without_an_automatic_label(client: TestClient, at: str) -> None:
    answer = client.post(f"{at}/accept", json={"base": 0})
    assert (answer.status_code, "no automatic label" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"base": 0}', "send either boxes or class"),
        ('{"base": 0, "boxes": [], "class": null}', "send either boxes or class"),
        ('{"base": 0, "class": null}', "its images have no class. Draw boxes"),
        ('{"boxes": []}', "base: field required"),
        ('{"base": "0", "boxes": []}', "base: input should be a valid integer"),
        ('{"base": true, "boxes": []}', "base: input should be a valid integer"),
        ('{"base": -1, "boxes": []}', "base: input should be greater than or equal to 0"),
        ('{"base": 0, "boxes": [], "origin": "auto"}', "origin: extra inputs are not permitted"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, NaN, 4]}]}', "boxes.0.xyxy.2: input should be a finite number"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, 3, 1e999]}]}', "boxes.0.xyxy.3: input should be a finite number"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, 3]}]}', "boxes.0.xyxy.3: field required"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, 3, 9], "score": 1}]}', "boxes.0.score: extra inputs"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, 3, 9], "read": 1}]}', "boxes.0.read: extra inputs"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, 3, 9], "text": 7}]}', "boxes.0.text: input should be a valid string"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, 3, 9], "text": "' + "x" * 2001 + '"}]}', "2000 at most"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, 3, 9], "text": "\\ud800"}]}', "invalid JSON"),
        ('{"base": 0, "boxes": [{"field": 7, "xyxy": [1, 2, 3, 9]}]}', "boxes.0.field: input should be a valid string"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [-9, 2, 30, 9]}]}', "lies outside image 'receipt.png'"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [1, 2, 130, 9]}]}', "lies outside image 'receipt.png'"),
        ('{"base": 0, "boxes": [{"field": "%s", "xyxy": [30, 9, 1, 2]}]}', "under a pixel"),
        ('{"base": 0, "boxes": [{"field": "nothing", "xyxy": [1, 2, 30, 9]}]}', "has no field 'nothing'"),
        ('{"base": 0, "boxes": ' + "[" * 9000, "invalid JSON"),
        ("base=0", "invalid JSON"),
        ("", "invalid JSON"),
        ('"' + "x" * 5_000_000 + '"', "more than 5 million bytes"),
    ],
)
def test_a_save_that_is_wrong_is_refused_with_what_is_wrong(client: TestClient, at: str, project: Project, body: str, said: str) -> None:
    answer = client.post(f"{at}/label", content=body.replace("%s", project.fields[0].id))
    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert client.get(f"{at}/label").json()["rev"] == 0


def test_a_deleted_image_cannot_be_labelled(client: TestClient, at: str, paths: ProjectPaths, image: Image) -> None:
    images.change(paths, image, "ann", deleted=True)
    answers = [client.get(f"{at}/label"), client.get(f"{at}/history"), client.post(f"{at}/label", json={"base": 0, "boxes": []})]
    assert [answer.status_code for answer in answers] == [404] * 3


def test_a_damaged_label_is_said(client: TestClient, at: str, paths: ProjectPaths, image: Image) -> None:
    client.post(f"{at}/label", json={"base": 0, "boxes": []})
    revision_path(paths.label_shard(image.id), image.id, 1).write_bytes(b"")
    answer = client.get(f"{at}/label")
    assert (answer.status_code, "is damaged" in answer.json()["error"]) == (500, True)


def test_a_list_holds_what_a_row_shows(client: TestClient, api: str, image: Image, at: str, boxes: list[dict[str, Any]]) -> None:
    client.post(f"{at}/label", json={"base": 0, "boxes": boxes})
    listed = client.get(api).json()
    row = {"image": image.id, "name": "receipt.png", "width": 120, "height": 80, "turn": 0}
    assert listed["images"] == [{**row, "state": "labelled", "split": None, "boxes": 1, "score": None, "label_rev": 1, "class": None}]
    assert (listed["total"], listed["offset"], listed["position"]) == (1, 0, None)


def test_a_list_comes_in_pages(client: TestClient, api: str, pages: list[Image]) -> None:
    answer = client.get(api, params={"offset": 5, "limit": 5})
    assert (answer.json()["total"], names(answer)) == (7, ["page-5.png", "page-6.png"])
    assert names(client.get(api, params={"limit": 2, "descending": "true"})) == ["page-6.png", "page-5.png"]


def test_a_list_can_be_narrowed(client: TestClient, api: str, pages: list[Image]) -> None:
    client.post(f"{api}/{pages[3].id}/label", json={"base": 0, "boxes": []})
    assert names(client.get(api, params={"state": "labelled"})) == ["page-3.png"]
    assert names(client.get(api, params={"origin": "person", "name": "PAGE-"})) == ["page-3.png"]
    assert names(client.get(api, params={"split": "test"})) == []
    assert len(names(client.get(f"{api}?state=&origin=&split=&name=&order=&around="))) == 7


@pytest.mark.parametrize(
    ("middle", "window"), [(3, [2, 3, 4]), (0, [0, 1, 2]), (1, [0, 1, 2]), (6, [4, 5, 6])], ids=["inside", "first", "second", "last"]
)
def test_a_window_has_its_image_in_the_middle_and_stays_full(
    client: TestClient, api: str, pages: list[Image], middle: int, window: list[int]
) -> None:
    answer = client.get(api, params={"around": pages[middle].id, "limit": 3})
    assert names(answer) == [f"page-{number}.png" for number in window]
    assert (answer.json()["offset"], answer.json()["position"]) == (window[0], middle)


def test_a_window_around_an_image_that_is_not_listed_begins_at_the_first(client: TestClient, api: str, pages: list[Image]) -> None:
    answer = client.get(api, params={"around": pages[3].id, "limit": 2, "state": "labelled"})
    assert (names(answer), answer.json()["position"], answer.json()["offset"]) == ([], None, 0)
    answer = client.get(api, params={"around": "0" * 64, "limit": 2})
    assert (names(answer), answer.json()["position"]) == (["page-0.png", "page-1.png"], None)


@pytest.mark.parametrize(
    "query",
    [{"state": "done"}, {"limit": "0"}, {"limit": "501"}, {"offset": "-1"}, {"offset": "9" * 30}, {"order": "size"}, {"page": "2"}],
    ids=str,
)
def test_a_question_that_makes_no_sense_is_refused_with_its_name(client: TestClient, api: str, query: dict[str, str]) -> None:
    answer = client.get(api, params=query)
    assert (answer.status_code, answer.json()["error"].startswith(next(iter(query)))) == (400, True)


def test_a_review_list_names_the_rules_that_each_label_breaks(
    client: TestClient, api: str, paths: ProjectPaths, project: Project, pages: list[Image]
) -> None:
    both = tuple(Box(field=field.id, xyxy=(10, 10, 60, 20)) for field in project.fields)
    for page in pages[:3]:  # what people's labels have in common is the rule
        labels.save(paths, page.id, 0, both, "ann")
    applied(paths, project, pages[3])
    answer = client.get(api, params={"state": "auto", "order": "review"}).json()
    assert [row["broken"] for row in answer["images"]] == [{"missing": [project.fields[1].id], "doubled": []}]


class Forms:
    """A project of two classes with four pages, and who asks for them over HTTP."""

    def __init__(self, store: Store, client: TestClient, document: Document) -> None:
        self.client = client
        self.project = projects.create(store, "forms", "classes", ("invoice", "receipt"))
        self.paths = store.project(self.project.id)
        self.invoice, self.receipt = (field.id for field in self.project.fields)
        self.pages = [uploads.add(self.paths, f"page-{number}.png", document(f"page {number}"), "ann").id for number in range(4)]
        self.api = f"/api/projects/{self.project.id}/images"

    def save(self, number: int, base: int, class_id: str | None) -> httpx.Response:
        return self.client.post(f"{self.api}/{self.pages[number]}/label", json={"base": base, "class": class_id})

    def assign(self, class_id: str | None, *chosen: tuple[int, int]) -> httpx.Response:
        """Give the class to pages, each with the revision it was seen at."""
        sent = [{"image": self.pages[number], "base": base} for number, base in chosen]
        return self.client.post(f"{self.api}/classes", json={"class": class_id, "images": sent})

    def apply(self, number: int, class_id: str, score: float = 0.75) -> None:
        """A process says the class of the page."""
        said = {"class_id": class_id, "score": score, "process": "p" * 26, "model": "m"}
        labels.save(self.paths, self.pages[number], 0, None, "machine", origin="auto", **said)  # type: ignore[arg-type]

    def shown(self, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{self.api}/{self.pages[number]}/label").json()
        return found


@pytest.fixture
def forms(store: Store, client: TestClient, document: Document) -> Forms:
    return Forms(store, client, document)


def test_a_saved_class_is_answered_with_what_is_then_there(forms: Forms) -> None:
    saved = forms.save(0, 0, forms.receipt).json()
    assert (saved["rev"], saved["state"], saved["class_id"], saved["boxes"]) == (1, "labelled", forms.receipt, None)
    assert (saved["score"], saved["process"], saved["origin"]) == (None, None, "person")
    assert forms.shown(0) == saved


def test_a_class_taken_away_leaves_the_image_unlabelled(forms: Forms) -> None:
    forms.save(0, 0, forms.receipt)
    cleared = forms.save(0, 1, None).json()
    assert (cleared["rev"], cleared["state"], cleared["class_id"]) == (2, "unlabelled", None)
    revisions = forms.client.get(f"{forms.api}/{forms.pages[0]}/history").json()["revisions"]
    assert [found["class_id"] for found in revisions] == [None, forms.receipt]


def test_a_stale_class_is_refused_with_the_one_that_stands(forms: Forms) -> None:
    theirs = forms.save(0, 0, forms.receipt).json()
    refused = forms.save(0, 0, forms.invoice)
    assert (refused.status_code, refused.json()["head"]) == (409, theirs)


def test_an_automatic_class_is_shown_with_its_score_and_accepted_as_it_is(forms: Forms) -> None:
    forms.apply(0, forms.invoice)
    before = forms.shown(0)
    assert (before["state"], before["class_id"], before["score"], before["process"]) == ("auto", forms.invoice, 0.75, "p" * 26)
    after = forms.client.post(f"{forms.api}/{forms.pages[0]}/accept", json={"base": 1}).json()
    assert (after["state"], after["class_id"], after["score"], after["reviewed_by"]) == ("reviewed", forms.invoice, 0.75, "local")


def test_a_project_of_classes_takes_no_boxes(forms: Forms) -> None:
    refused = forms.client.post(f"{forms.api}/{forms.pages[0]}/label", json={"base": 0, "boxes": []})
    assert (refused.status_code, "take no boxes. Choose a class" in refused.json()["error"]) == (400, True)
    assert forms.shown(0)["rev"] == 0


def test_a_list_shows_classes_and_can_be_narrowed_to_one(forms: Forms) -> None:
    forms.save(0, 0, forms.receipt)
    forms.apply(2, forms.receipt)
    forms.save(3, 0, forms.invoice)
    found = forms.client.get(forms.api, params={"class": forms.receipt})
    assert (names(found), found.json()["total"]) == (["page-0.png", "page-2.png"], 2)
    assert [row["class"] for row in forms.client.get(forms.api).json()["images"]] == [forms.receipt, None, forms.receipt, forms.invoice]


def test_a_review_list_of_classes_begins_with_the_least_certain(forms: Forms) -> None:
    for number, score in ((0, 0.9), (1, 0.6), (2, 0.7)):
        forms.apply(number, forms.invoice, score)
    answer = forms.client.get(forms.api, params={"state": "auto", "order": "review"})
    assert names(answer) == ["page-1.png", "page-2.png", "page-0.png"]
    assert answer.json()["images"][0]["broken"] == {"missing": [], "doubled": []}


def test_many_images_get_a_class_at_once_and_those_that_somebody_changed_are_kept(forms: Forms) -> None:
    forms.apply(1, forms.receipt)
    theirs = forms.save(2, 0, forms.invoice).json()
    answer = forms.assign(forms.receipt, (0, 0), (1, 1), (2, 0)).json()
    assert answer["saved"] == [{"image": forms.pages[0], "rev": 1}, {"image": forms.pages[1], "rev": 2}]
    assert answer["stale"] == [{**theirs, "image": forms.pages[2]}]
    assert [forms.shown(number)["state"] for number in range(4)] == ["labelled", "reviewed", "labelled", "unlabelled"]
    assert forms.shown(2) == theirs


def test_many_images_are_unlabelled_at_once_and_those_never_labelled_stay_so(forms: Forms) -> None:
    forms.save(0, 0, forms.invoice)
    answer = forms.assign(None, (0, 1), (1, 0)).json()
    assert answer["saved"] == [{"image": forms.pages[0], "rev": 2}, {"image": forms.pages[1], "rev": 0}]


def test_an_image_deleted_meanwhile_is_named_and_the_others_get_their_class(forms: Forms) -> None:
    images.change(forms.paths, images.get(forms.paths, forms.pages[0]), "bob", deleted=True)
    answer = forms.assign(forms.invoice, (0, 0), (1, 0)).json()
    assert [(item["image"], "is not in the project" in item["error"]) for item in answer["failed"]] == [(forms.pages[0], True)]
    assert [item["image"] for item in answer["saved"]] == forms.pages[1:2]


def test_an_unknown_class_is_refused_for_all(forms: Forms) -> None:
    refused = forms.assign("gone", (0, 0), (1, 0))
    assert (refused.status_code, "has no class 'gone'" in refused.json()["error"]) == (400, True)
    assert forms.shown(0)["rev"] == 0


def test_a_project_of_fields_takes_no_classes(client: TestClient, api: str, image: Image) -> None:
    refused = client.post(f"{api}/classes", json={"class": None, "images": [{"image": image.id, "base": 0}]})
    assert (refused.status_code, "its images have no class" in refused.json()["error"]) == (400, True)


# Which to label next


def test_a_list_can_be_cut_to_the_pages_to_label_next(
    client: TestClient, api: str, paths: ProjectPaths, project: Project, pages: list[Image]
) -> None:
    for image in pages:
        text = "letter" if image in (pages[3], pages[6]) else "receipt"
        found = Words(image=image.id, turn=0, texts=(text,), boxes=((1, 1, 9, 9),), confidences=(0.9,), lines=(0,), look=(200,) * 64)
        words.keep(paths, found, Reader(project.languages), None)
    for image in (pages[0], pages[1], pages[2], pages[4]):
        labels.save(paths, image.id, 0, (), "ann")
    found = names(client.get(f"{api}?suggested=true&state=unlabelled"))
    left_out = next(image for image in (pages[3], pages[5], pages[6]) if image.name not in found)
    assert len(found) == 2
    assert {"page-3.png", "page-6.png"} & set(found)
    assert client.get(f"{api}?suggested=true&state=unlabelled&around={left_out.id}").json()["position"] is None


def test_nothing_is_cut_to_where_no_page_was_read(client: TestClient, api: str, pages: list[Image]) -> None:
    assert client.get(f"{api}?suggested=true&state=unlabelled").json() == {"total": 0, "offset": 0, "position": None, "images": []}
