"""What of a model's detections is right: the one place where fields and classes are judged differently."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage import evaluations
from storage.detections import Detection, ImageDetections
from storage.evaluations import JudgedImage
from storage.models import FieldScore
from storage.plans import Rule
from storage.projects import Field, Task
from worker import evaluate, evaluate_classes
from worker.data import Example, limits
from worker.evaluate import Evaluation, Judgement

if TYPE_CHECKING:
    from worker.detect import Detections


@dataclass(frozen=True)
class Judge:
    """Judges detections whose class index is a place in `fields`: the fields, or classes, of the model's project."""

    task: Task
    fields: tuple[Field, ...]

    def score(self, found: Sequence["Detections"], examples: Sequence[Example], num_classes: int) -> Evaluation:
        """AP, or accuracy, on the examples; an image without detections was missed."""
        score = evaluate_classes.score if self.task == "classes" else evaluate.score
        return score(found, examples, num_classes)

    def learn_rule(self, found: Sequence["Detections"], held_out: Sequence[Example], labelled: Sequence[Example], calibrated: bool) -> Rule:
        """Thresholds from detections on the held-out examples, limits from all labelled ones; `calibrated`: scores are probabilities."""
        count = len(self.fields)
        most = [1] * count if self.task == "classes" else limits(labelled, count)
        if self.task == "classes":
            least = evaluate_classes.thresholds(found, held_out, count)
        else:
            choose = evaluate.expected_thresholds if calibrated else evaluate.thresholds
            least = choose(found, held_out, most)
        ids = [field.id for field in self.fields]
        return Rule(thresholds=dict(zip(ids, least, strict=True)), limits=dict(zip(ids, most, strict=True)), calibrated=calibrated)

    def judge(self, found: "Detections", example: Example, rule: Rule) -> Judgement:
        """What the rule would apply to one image, and what of that is right."""
        least = [rule.thresholds[field.id] for field in self.fields]
        if self.task == "classes":
            return evaluate_classes.judge(found, example, least)
        return evaluate.judge(found, example, least, [rule.limits[field.id] or 10**9 for field in self.fields])

    def record(self, found: "Detections") -> ImageDetections:
        """Detections as the store keeps them: of classes the likeliest, of fields every box that has an area."""
        if self.task == "classes":
            best = zip(found.class_id[:1], found.score[:1], strict=True)
            classes = tuple(
                Detection(field=self.fields[label].id, xyxy=None, score=round(float(certainty), 4)) for label, certainty in best
            )
            return ImageDetections(image=found.image, detections=classes)
        return ImageDetections(image=found.image, detections=box_detections(found, [field.id for field in self.fields]))

    def keep(self, found: "Detections", judgement: Judgement, rev: int) -> JudgedImage:
        """One judged image as the store keeps it; `rev` is that of the label it was judged by."""
        named = {kind: tuple(self.fields[index].id for index in getattr(judgement, kind)) for kind in ("right", "missing", "wrong")}
        return JudgedImage(image=found.image, rev=rev, detections=self.record(found).detections, **named)

    def figures(self, evaluation: Evaluation, judgements: Sequence[Judgement]) -> dict[str, FieldScore]:
        """By field id: AP as evaluated, the rest of what the rule chose."""
        scores = evaluate.with_counts(evaluation.per_field, judgements)
        return {
            field.id: FieldScore(
                ap_50=each.ap_50,
                ap_50_95=each.ap,
                precision=each.precision,
                recall=each.recall,
                f1=each.f1,
                value_right=each.value_right,
            )
            for field, each in zip(self.fields, scores, strict=True)
        }


def box_detections(found: "Detections", ids: Sequence[str]) -> tuple[Detection, ...]:
    """Boxes as the store keeps them, by their fields' ids; those of no area, which rounding can leave, are left out."""
    # Hundredths of a pixel are finer than anybody draws; more digits only lengthen the line.
    boxes, scores = found.xyxy.astype(float).round(2).tolist(), found.score.astype(float).round(4).tolist()
    unread = (None,) * len(boxes)
    rows = zip(boxes, found.class_id, scores, found.texts or unread, found.read or unread, strict=True)
    return tuple(
        Detection(field=ids[label], xyxy=(left, top, right, bottom), score=score, text=text, read=read)
        for (left, top, right, bottom), label, score, text, read in rows
        if right - left >= 1 and bottom - top >= 1
    )


def judge_all(
    judge: Judge, found: Sequence["Detections"], examples: Sequence[Example], revisions: dict[str, int], rule: Rule
) -> tuple[evaluations.Evaluation, list[Judgement]]:
    """Every image that could be read, judged by its example: as the store keeps it, and as counts."""
    labelled = {example.image: example for example in examples}
    judgements = [judge.judge(each, labelled[each.image], rule) for each in found]
    images = tuple(judge.keep(each, judgement, revisions[each.image]) for each, judgement in zip(found, judgements, strict=True))
    return evaluations.Evaluation(rule=rule, images=images), judgements
