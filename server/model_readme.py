"""The page that goes with a downloaded model: what it is, how good it is, and programs that use it."""

from storage.models import FieldScore, Listed, Model
from storage.templates import READERS

Row = dict[str, str | int | float | None]

_FIELDS = """# {name}

A field detector trained with Fieldmark: it finds {count} fields on images of documents.

{description}
| | |
|---|---|
| base model | `{base_model}` |
| trained on | {images} images, {iterations} iterations; published {at:%Y-%m-%d} |
| test images | {test_images} |
| AP at IoU 0.5, and over 0.5…0.95 | {map_50}, {map_50_95} |
| canvas (height × width) | {canvas[0]} × {canvas[1]} pixels; pages are scaled to fit it |
| id | `{id}` |

- `weights.safetensors`: the weights; SHA-256 `{weights_sha256}`
- `fields.json`: the fields in the order of the model's outputs, with the score from which a box is worth keeping and the most on one page
- `model.json`: everything that is known about the model
{onnx_member}
| field | AP at IoU 0.5 | precision | recall | F1 | score from |
|---|---|---|---|---|---|
{rows}
"""

_CLASSES = """# {name}

A document classifier trained with Fieldmark: it tells {count} classes of document images apart.

{description}
| | |
|---|---|
| base model | `{base_model}` |
| trained on | {images} images, {iterations} iterations; published {at:%Y-%m-%d} |
| test images | {test_images} |
| accuracy: share of them whose class is right | {accuracy} |
| canvas (height × width) | {canvas[0]} × {canvas[1]} pixels; pages are scaled to fit it |
| id | `{id}` |

- `weights.safetensors`: the weights; SHA-256 `{weights_sha256}`
- `fields.json`: the classes in the order of the model's outputs, with the score from which a class is worth believing
- `model.json`: everything that is known about the model
{onnx_member}
| class | precision | recall | F1 | score from |
|---|---|---|---|---|
{rows}
"""

_USE = """
## Use

In the folder where this was unpacked, with Fieldmark's own folder on `PYTHONPATH`:

```python
import json
import sys
from pathlib import Path

{imports}
about, fields = (json.loads(Path(name).read_text("utf-8")) for name in ("model.json", "fields.json"))
model = build(about["base_model"], len(fields), tuple(about["canvas"]), pretrained=False).eval()
model.load_state_dict(load_file("weights.safetensors"))
page = read_rgb(Path(sys.argv[1]))  # (height, width, 3)
{use}```
"""

_IMPORTS = """\
import torch
from safetensors.torch import load_file

from storage.pictures import read_rgb
from worker.data import Letterbox
from worker.models import build
"""

_FIND = """\
letterbox = Letterbox(page.shape[1], page.shape[0], model.canvas)
with torch.inference_mode():
    found = model(torch.from_numpy(letterbox.picture(page)).permute(2, 0, 1)[None])[0]
"""

_USE_FIELDS = """\
for xyxy, label, score in zip(letterbox.to_image(found["boxes"].numpy()), found["labels"], found["scores"].tolist()):
    if score >= fields[label]["score_from"]:
        print(fields[label]["name"], xyxy.round().tolist(), f"{score:.2f}")
"""

_USE_CLASSES = """\
for label, score in zip(found["labels"], found["scores"].tolist()):  # the likeliest first
    print(fields[label]["name"], f"{score:.2f}", "" if score >= fields[label]["score_from"] else "(not sure)")
"""

_IMPORTS_READING = """\
import numpy as np
import torch
from safetensors.torch import load_file

from storage.pictures import read_rgb
from storage.words.words import Words
from worker.data import Example
from worker.detect import detect
from worker.models import build
from worker.reading.page_reader import PageReader
"""

_USE_READING = """\
# What is written on the page, whichever way up it lies; of the languages those count that this machine has.
read = PageReader(("eng", "rus")).read(page, None)
words = Words(image="page", **vars(read))
no_label = np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
example = Example("page", Path(sys.argv[1]), page.shape[1], page.shape[0], *no_label, turn=read.turn, words=lambda: words)
[found] = detect(model, [example], torch.device("cpu"), 1, print)
"""

_USE_READING_FIELDS = """\
for xyxy, label, score, value in zip(found.xyxy, found.class_id, found.score.tolist(), found.texts):
    if score >= fields[label]["score_from"]:
        print(fields[label]["name"], xyxy.round().tolist(), f"{score:.2f}", value or "")
"""

_USE_READING_CLASSES = """\
for label, score in zip(found.class_id, found.score.tolist()):  # the likeliest first
    print(fields[label]["name"], f"{score:.2f}", "" if score >= fields[label]["score_from"] else "(not sure)")
"""

_ONNX_MEMBER = "- `model.onnx`: the same model for ONNX Runtime, which needs neither Fieldmark nor torch\n"

_ONNX = """
## Use with ONNX Runtime

With `pip install onnxruntime pillow numpy` and nothing else; `model.onnx` alone will do:

```python
import json
import sys

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession("model.onnx")
about = {{key: json.loads(value) for key, value in session.get_modelmeta().custom_metadata_map.items()}}
(height, width), fields = about["canvas"], about["fields"]
page = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("RGB")
scale = min(height / page.height, width / page.width)
size = max(1, round(page.width * scale)), max(1, round(page.height * scale))
canvas = Image.new("RGB", (width, height), (about["padding"],) * 3)
canvas.paste(page.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR))
{use}```
"""

_ONNX_FIELDS = """\
boxes, scores, labels = session.run(None, {"images": np.asarray(canvas).transpose(2, 0, 1)[None]})
for xyxy, score, label in zip(boxes / scale, scores.tolist(), labels):  # in pixels of the page, the surest first
    least = fields[label]["score_from"]
    if least is not None and score >= least:
        print(fields[label]["name"], xyxy.round().tolist(), f"{score:.2f}")
"""

_ONNX_CLASSES = """\
[probabilities] = session.run(None, {"images": np.asarray(canvas).transpose(2, 0, 1)[None]})[0]
for label in probabilities.argsort()[::-1]:  # the likeliest first
    print(fields[label]["name"], f"{probabilities[label]:.2f}")
"""


def text(listed: Listed, *, onnx: bool) -> str:
    """What the model is and how to use it, as Markdown; with ``onnx`` also how to use its ONNX file."""
    model, is_fields = listed.model, listed.model.task == "fields"
    columns = ("name", *(["ap_50"] if is_fields else []), "precision", "recall", "f1", "score_from")
    about = (_FIELDS if is_fields else _CLASSES).format(
        **model.model_dump(exclude={"fields", "map_50", "map_50_95", "accuracy"}),
        name=listed.entry.name,
        description=f"{listed.entry.description}\n" if listed.entry.description else "",
        count=len(model.fields),
        map_50=_figure(model.map_50),
        map_50_95=_figure(model.map_50_95),
        accuracy=_figure(model.accuracy),
        onnx_member=_ONNX_MEMBER if onnx else "",
        rows="\n".join("| " + " | ".join(_figure(row[column]) for column in columns) + " |" for row in rows(model)),
    )
    return about + _use(model) + (_ONNX.format(use=_ONNX_FIELDS if is_fields else _ONNX_CLASSES) if onnx else "")


def _use(model: Model) -> str:
    is_fields = model.task == "fields"
    if model.base_model in READERS:
        return _USE.format(imports=_IMPORTS_READING, use=_USE_READING + (_USE_READING_FIELDS if is_fields else _USE_READING_CLASSES))
    return _USE.format(imports=_IMPORTS, use=_FIND + (_USE_FIELDS if is_fields else _USE_CLASSES))


def rows(model: Model) -> list[Row]:
    """The model's fields or classes in the order of its outputs, with what is known of each."""
    found: list[Row] = []
    for field in model.fields:
        score = model.per_field.get(field.id)
        found.append(
            {
                "name": field.name,
                # A field without a threshold of its own has none applied; above every score, as in storage.detections.select.
                "score_from": model.rule.thresholds.get(field.id, 2.0),
                "most_on_a_page": model.rule.limits.get(field.id),
                **(score.model_dump() if score else dict.fromkeys(FieldScore.model_fields)),
            }
        )
    return found


def _figure(value: str | float | None) -> str:
    if value is None:
        return "–"
    return value if isinstance(value, str) else f"{value:.3f}"
