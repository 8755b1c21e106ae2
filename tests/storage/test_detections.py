"""What thresholds choose: counted from arrays, and one image at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.detections import ApplyCounts, Detection, DetectionTable, ImageDetections, read_detections, select
from storage.plans import Rule

FIELDS = ("company", "date", "total")
# Few different scores, so that ties and scores equal to a threshold are common; one field that the project lost.
SCORES = st.sampled_from([0.05, 0.3, 0.5, 0.50001, 0.9, 1.0])
DETECTIONS = st.builds(Detection, field=st.sampled_from([*FIELDS, "gone"]), xyxy=st.just((0.0, 0.0, 1.0, 1.0)), score=SCORES)
PAGES = st.lists(st.lists(DETECTIONS, max_size=6).map(tuple), max_size=8)
THRESHOLDS = st.dictionaries(st.sampled_from(FIELDS), SCORES)
LIMITS = st.dictionaries(st.sampled_from(FIELDS), st.one_of(st.none(), st.integers(1, 3)))


def found_on(pages):
    return [ImageDetections(image=f"{number:064x}", detections=page) for number, page in enumerate(pages)]


def counted(found, limits, free):
    return ApplyCounts(DetectionTable(found, FIELDS, limits), free)


@given(PAGES, THRESHOLDS, LIMITS, st.sets(st.integers(0, 7)))
def test_counts_are_those_of_selecting_image_by_image(pages, thresholds, limits, numbers):
    found, rule = found_on(pages), Rule(thresholds=thresholds, limits=limits)
    free = {f"{number:064x}" for number in numbers}
    chosen = {item.image: [one for one in select(item, rule) if one.field in FIELDS] for item in found if item.image in free}
    counts = counted(found, limits, free)
    assert counts.images(thresholds) == [image for image, boxes in chosen.items() if boxes]
    assert counts.boxes(thresholds) == {field: sum(box.field == field for boxes in chosen.values() for box in boxes) for field in FIELDS}


@given(PAGES, LIMITS, st.lists(st.integers(0, 3), min_size=3, max_size=3))
def test_a_sliders_positions_count_as_their_thresholds_do(pages, limits, places):
    found, scale = found_on(pages), [0.05, 0.4321, 0.5, 0.9]
    counts = counted(found, limits, {item.image for item in found})
    boxes, levels = counts.by_position(dict.fromkeys(FIELDS, scale))
    thresholds = {field: scale[place] for field, place in zip(FIELDS, places, strict=True)}
    assert int((levels > np.array(places)).any(axis=1).sum()) == len(counts.images(thresholds))
    assert {field: boxes[field][place] for field, place in zip(FIELDS, places, strict=True)} == counts.boxes(thresholds)


@given(PAGES, LIMITS)
def test_of_the_boxes_at_a_position_as_many_are_probably_right_as_their_scores_sum_to(pages, limits):
    found, scale = found_on(pages), [0.05, 0.4321, 0.5, 0.9]
    right = counted(found, limits, {item.image for item in found}).expected_right(dict.fromkeys(FIELDS, scale))
    for place, least in enumerate(scale):
        rule = Rule(thresholds=dict.fromkeys(FIELDS, least), limits=limits)
        chosen = [box for item in found for box in select(item, rule)]
        for field in FIELDS:
            assert right[field][place] == pytest.approx(sum(box.score for box in chosen if box.field == field), abs=0.01)


@given(PAGES)
def test_the_table_gives_back_the_strongest_of_each_image(pages):
    found = found_on(pages)
    table = DetectionTable(found, FIELDS, dict.fromkeys(FIELDS, 1))
    best = Rule(thresholds=dict.fromkeys(FIELDS, 0.0), limits=dict.fromkeys(FIELDS, 1))
    assert [tuple(table.on(item.image)) for item in found] == [
        tuple(one for one in select(item, best) if one.field in FIELDS) for item in found
    ]


def test_every_image_is_looked_at_once_and_the_least_certain_first():
    pages = [(Detection(field="date", xyxy=(0, 0, 1, 1), score=score),) for score in (0.9, 0.52, 0.1, 0.7)]
    found = found_on(pages)
    order = counted(found, {}, {item.image for item in found}).to_look_at({"date": 0.5})
    assert order[0] == found[1].image
    assert sorted(order) == [item.image for item in found]


@pytest.mark.parametrize("line", [b"{", b'{"image": 1}', b"\xff"], ids=["cut off", "another kind", "no text"])
def test_a_damaged_line_loses_its_own_image_only(tmp_path, line):
    whole = ImageDetections(image="a", detections=()).model_dump_json().encode()
    (tmp_path / "detections.jsonl").write_bytes(whole + b"\n" + line + b"\n" + whole + b"\n")
    assert [item.image for item in read_detections(tmp_path / "detections.jsonl")] == ["a", "a"]


def test_a_class_has_no_place_on_the_page():
    found = [ImageDetections(image="a", detections=(Detection(field="date", xyxy=None, score=0.7),))]
    table = DetectionTable(found, FIELDS, {})
    assert table.on("a") == [Detection(field="date", xyxy=None, score=0.7)]
    assert ApplyCounts(table, {"a"}).boxes({"date": 0.7}) == {"company": 0, "date": 1, "total": 0}
