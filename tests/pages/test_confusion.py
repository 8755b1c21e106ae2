"""The confusion matrix of a model of classes, from what was judged on its test images."""

from pages.parts.confusion import ConfusionTexts, confusion_figure, truth_and_found
from storage.evaluations import Evaluation, JudgedImage
from storage.plans import Rule
from storage.projects import Field

CLASSES = [Field(id=name[0], name=name, colour="#111111") for name in ("invoice", "letter", "order")]
TEXTS = ConfusionTexts("True", "Found", "nothing")
RIGHT = JudgedImage(image="1", rev=1, detections=(), right=("i",))
TAKEN_FOR_A_LETTER = JudgedImage(image="2", rev=1, detections=(), missing=("i",), wrong=("l",))
NOTHING_FOUND = JudgedImage(image="3", rev=1, detections=(), missing=("o",))


def evaluated(*images: JudgedImage) -> Evaluation:
    return Evaluation(rule=Rule(thresholds={}), images=images)


def test_truth_and_found_class_are_read_from_a_judged_image() -> None:
    judged = [truth_and_found(image) for image in (RIGHT, TAKEN_FOR_A_LETTER, NOTHING_FOUND)]
    assert judged == [("i", "i"), ("i", "l"), ("o", None)]


def test_a_row_is_a_true_class_a_column_a_found_one_and_the_last_nothing() -> None:
    matrix = confusion_figure(evaluated(RIGHT, RIGHT, TAKEN_FOR_A_LETTER, NOTHING_FOUND), CLASSES, TEXTS, "p")
    assert matrix.data[0].text == (["2", "1", "", ""], ["", "", "", ""], ["", "", "", "1"])
    assert matrix.layout.yaxis.ticktext == ("invoice", "letter", "order")
    assert matrix.layout.xaxis.ticktext == ("invoice", "letter", "order", "nothing")


def test_a_cell_is_coloured_by_its_share_of_the_row_and_apart_where_wrong() -> None:
    cells = confusion_figure(evaluated(RIGHT, RIGHT, RIGHT, TAKEN_FOR_A_LETTER), CLASSES, TEXTS, "p").data[0].z
    assert cells[0][:2] == [0.75, -0.25]


def test_a_cell_says_its_classes() -> None:
    said = confusion_figure(evaluated(TAKEN_FOR_A_LETTER), CLASSES, TEXTS, "p").data[0].hovertext
    assert said[0][1] == "invoice → letter: 1"


def test_a_class_deleted_since_is_left_out() -> None:
    matrix = confusion_figure(evaluated(RIGHT, TAKEN_FOR_A_LETTER), CLASSES[1:], TEXTS, "p")
    assert matrix.data[0].text == (["", "", ""], ["", "", ""])


def test_thirty_classes_are_no_wider_than_the_page() -> None:
    classes = [Field(id=str(number), name=f"class-{number}", colour="#111111") for number in range(30)]
    size = confusion_figure(evaluated(), classes, TEXTS, "p").layout
    assert size.width <= 1100
    assert size.height <= 1000
