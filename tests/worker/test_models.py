"""The base model: pretrained weights, canvas, losses and boxes."""

import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from safetensors.torch import load, save

from worker.models import build, continue_from, weights
from worker.models.backbone import TextBackbone, load_pretrained
from worker.models.detector import settle
from worker.models.losses import assign, detection_losses

CANVAS = (64, 128)
STAGE_OUTPUTS = [f"p2o.pd_op.add.{number}.0" for number in (14, 27, 50, 63)]


def wheel_graph() -> onnx.ModelProto:
    from importlib.resources import files

    graph = onnx.load_from_string((files("rapidocr") / "models" / "PP-OCRv6_det_small.onnx").read_bytes())
    del graph.graph.output[:]
    graph.graph.output.extend(onnx.helper.make_tensor_value_info(name, 1, None) for name in STAGE_OUTPUTS)
    return graph


def test_the_backbone_computes_what_the_wheels_own_graph_computes():
    backbone = TextBackbone().eval()
    load_pretrained(backbone)
    pixels = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0)) * 255
    normal = (pixels.flip(1) - backbone.mean) / backbone.std
    expected = ReferenceEvaluator(wheel_graph()).run(STAGE_OUTPUTS, {"x": normal.numpy()})
    with torch.no_grad():
        for ours, theirs in zip(backbone(pixels), expected, strict=True):
            torch.testing.assert_close(ours, torch.from_numpy(theirs), atol=1e-3, rtol=1e-3)


def test_a_graph_of_another_layout_is_refused(monkeypatch):
    monkeypatch.setattr("worker.models.backbone._wheel_weights", lambda count: [(torch.zeros(1), torch.zeros(1))] * count)
    with pytest.raises(ValueError, match="install rapidocr"):
        load_pretrained(TextBackbone())


def test_weights_survive_safetensors_and_need_no_wheel_to_load():
    model = build("base-SmartOCR-01", 3, CANVAS).to(memory_format=torch.channels_last).eval()
    again = build("base-SmartOCR-01", 3, CANVAS, pretrained=False).eval()
    again.load_state_dict(load(save(weights(model))))
    image = torch.randint(0, 255, (1, 3, *CANVAS), dtype=torch.uint8)
    with torch.no_grad():
        torch.testing.assert_close(again.predict(image)[1], model.predict(image)[1], atol=1e-3, rtol=1e-3)


def test_an_unknown_base_model_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="base-SmartOCR-01"):
        build("base-OCR", 3, CANVAS)


@pytest.mark.parametrize("canvas", [(60, 128), (0, 64)])
def test_a_canvas_the_strides_do_not_divide_is_refused(canvas):
    with pytest.raises(ValueError, match="multiples of 32"):
        build("base-SmartOCR-01", 3, canvas)


def test_an_untrained_model_finds_nothing():
    model = build("base-SmartOCR-01", 3, CANVAS).eval()
    with torch.no_grad():
        (found,) = model(torch.full((1, 3, *CANVAS), 255, dtype=torch.uint8))
    assert found["boxes"].shape == (0, 4)


def test_a_box_is_the_mean_of_those_of_its_field_that_nearly_cover_it_by_their_scores():
    boxes = torch.tensor([[0.0, 0, 100, 20], [0, 0, 80, 20], [0, 0, 96, 20], [0, 0, 60, 20], [50, 5, 50, 5]])
    scores, labels = torch.tensor([0.6, 0.2, 0.5, 0.4, 0.3]), torch.tensor([0, 0, 1, 0, 1])
    settled = settle(boxes, scores, labels, kept=torch.tensor([0, 4]))
    torch.testing.assert_close(settled, torch.tensor([[0.0, 0, 95, 20], [50, 5, 50, 5]]))


def test_a_page_without_labels_teaches_that_nothing_is_there():
    model = build("base-SmartOCR-01", 3, CANVAS)
    empty = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    losses = model(torch.full((1, 3, *CANVAS), 255, dtype=torch.uint8), [empty])
    assert losses["box"] == 0
    assert losses["score"] > 0


def test_a_wrong_line_that_scores_higher_costs_more_than_one_that_scores_lower():
    model = build("base-SmartOCR-01", 1, CANVAS)
    target = {"boxes": torch.tensor([[16.0, 16.0, 80.0, 40.0]]), "labels": torch.tensor([0])}
    boxes = target["boxes"].expand(1, len(model.places), 4)
    logits = torch.full((1, len(model.places), 1), -9.0)
    logits[0, ((model.places > 16) & (model.places < torch.tensor([80.0, 40.0]))).all(dim=1)] = 2.0
    below, above = logits.clone(), logits.clone()
    below[0, -1], above[0, -1] = 0.0, 6.0
    ranks = [detection_losses(case, boxes, model.places, [target], unmoved)["rank"] for case in (below, above)]
    assert ranks[1] > 2 * ranks[0]


def unmoved(page, boxes):
    return boxes


def test_perfect_boxes_and_scores_cost_less_than_wrong_ones():
    model = build("base-SmartOCR-01", 2, CANVAS)
    target = {"boxes": torch.tensor([[16.0, 16.0, 80.0, 40.0]]), "labels": torch.tensor([1])}
    boxes = target["boxes"].expand(1, len(model.places), 4)
    inside = ((model.places > 16) & (model.places < torch.tensor([80.0, 40.0]))).all(dim=1)
    logits = torch.full((1, len(model.places), 2), -9.0)
    logits[0, inside, 1] = 9.0
    good = sum(detection_losses(logits, boxes, model.places, [target], unmoved).values())
    bad = sum(detection_losses(-logits, boxes + 30, model.places, [target], unmoved).values())
    assert good < bad / 3


def test_text_smaller_than_a_cell_is_still_learned_somewhere():
    model = build("base-SmartOCR-01", 1, CANVAS)
    # Between the centres of four cells of the finest stride, 8 px apart.
    target = {"boxes": torch.tensor([[30.0, 30.0, 34.0, 34.0]]), "labels": torch.tensor([0])}
    scores = torch.full((len(model.places), 1), 0.01)
    boxes = torch.cat([model.places - 6, model.places + 6], dim=1)
    place, _, quality = assign(scores, boxes, model.places, target)
    assert len(place) > 0
    assert quality.max() > 0


def test_a_classifier_gives_every_class_its_probability_the_likeliest_first():
    model = build("base-Classifier-01", 3, CANVAS, pretrained=False).eval()
    with torch.no_grad():
        first, second = model(torch.randint(0, 255, (2, 3, *CANVAS), dtype=torch.uint8))
    assert sorted(first["labels"].tolist()) == [0, 1, 2]
    assert first["scores"].sum() == pytest.approx(1, abs=1e-3)
    assert second["scores"].tolist() == sorted(second["scores"].tolist(), reverse=True)


def test_a_classifier_knows_nothing_before_it_is_trained():
    model = build("base-Classifier-01", 4, CANVAS).eval()
    with torch.no_grad():
        (page,) = model(torch.zeros(1, 3, *CANVAS))
    assert page["scores"].tolist() == pytest.approx([0.25] * 4)


def test_a_classifier_measures_pages_by_what_all_it_was_acquainted_with_have_in_common():
    model = build("base-Classifier-01", 2, CANVAS).eval()
    pages = torch.randint(0, 255, (24, 3, *CANVAS), dtype=torch.uint8)
    for group in pages.split(4):
        model.acquaint(group)
    with torch.no_grad():
        seen = model._see(pages)
    torch.testing.assert_close(model.standard.mean, seen.mean(dim=0), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(model.standard.variance, seen.var(dim=0, correction=0), atol=1e-4, rtol=1e-3)
    torch.testing.assert_close(model.standard(seen).mean(dim=0), torch.zeros_like(seen[0]), atol=1e-2, rtol=0)


@pytest.mark.parametrize("base_model", ["base-SmartOCR-01", "base-Classifier-02", "base-Classifier-01"])
def test_who_goes_on_from_a_model_has_its_outputs_where_names_match_and_new_ones_elsewhere(base_model):
    parent, fresh = (build(base_model, count, CANVAS, pretrained=False, seed=seed) for count, seed in ((3, 1), (4, 2)))
    model = build(base_model, 4, (96, 64), pretrained=False, seed=2)
    with torch.no_grad():
        for name in model.outputs:
            parent.state_dict()[name].normal_()
    continue_from(model, parent, {0: 2, 3: 1})
    now, before, begun = model.state_dict(), parent.state_dict(), fresh.state_dict()
    for name, side in model.outputs.items():
        own, theirs, new = (state[name].transpose(0, side) for state in (now, before, begun))
        torch.testing.assert_close(own[[0, 3]], theirs[[2, 1]])
        torch.testing.assert_close(own[[1, 2]], new[[1, 2]])
    same = [torch.equal(now[name], before[name]) for name in now if name not in model.outputs]
    assert all(same)
    assert len(same) > 100
