"""Downloads: a model as a ZIP with its weights, its record and a page on how to use it."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from server.access import allowed, get_store
from storage import models
from storage.models import Listed, Model

_PIECE = 1 << 20  # bytes in memory at a time, whatever the size of the weights

_README = """# {name}

A field detector trained with Fieldmark: it finds {count} fields on images of documents.

{description}
| | |
|---|---|
| base model | `{base_model}` |
| trained on | {images} images, {iterations} iterations; published {at:%Y-%m-%d} |
| test images | {test_images} |
| AP at IoU 0.5, and over 0.5…0.95 | {ap_50}, {ap} |
| canvas (height × width) | {canvas[0]} × {canvas[1]} pixels; pages are scaled to fit it |
| id | `{id}` |

- `weights.safetensors`: the weights; SHA-256 `{weights_sha256}`
- `fields.json`: the fields in the order of the model's outputs, with the score from which a box is worth keeping and the most on one page
- `model.json`: everything that is known about the model

| field | AP at IoU 0.5 | score from |
|---|---|---|
{fields}

## Use

In the folder where this was unpacked, with Fieldmark's own folder on `PYTHONPATH`:

```python
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from storage.pictures import read_rgb
from worker.data import Letterbox
from worker.models import build

about, fields = (json.loads(Path(name).read_text("utf-8")) for name in ("model.json", "fields.json"))
model = build(about["base_model"], len(fields), tuple(about["canvas"]), pretrained=False).eval()
model.load_state_dict(load_file("weights.safetensors"))
page = read_rgb(Path(sys.argv[1]))  # (height, width, 3)
letterbox = Letterbox(page.shape[1], page.shape[0], model.canvas)
with torch.inference_mode():
    found = model(torch.from_numpy(letterbox.picture(page)).permute(2, 0, 1)[None])[0]
for xyxy, label, score in zip(letterbox.to_image(found["boxes"].numpy()), found["labels"], found["scores"].tolist()):
    if score >= fields[label]["score_from"]:
        print(fields[label]["name"], xyxy.round().tolist(), f"{{score:.2f}}")
```
"""


@allowed("models", "view")
def model(request: Request) -> Response:
    """The model as a ZIP, after its weights were checked; refused if they are damaged."""
    store = get_store()
    listed = models.find(store, request.path_params["model"])
    weights = models.weights_path(store, listed.model)  # before the answer begins, which could not be taken back
    headers = {"content-disposition": _attachment(f"{listed.entry.name}.zip")}
    return StreamingResponse(_archive(listed, weights), media_type="application/zip", headers=headers)


def routes() -> list[Route]:
    """The routes of this module."""
    return [Route("/api/models/{model}/download", model)]


def _archive(listed: Listed, weights: Path) -> Iterator[bytes]:
    """The ZIP piece by piece, stored uncompressed: weights do not shrink."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(_member("README.md", listed.model), readme(listed))
        archive.writestr(_member("fields.json", listed.model), json.dumps(_fields(listed.model), indent=2, ensure_ascii=False))
        archive.writestr(_member("model.json", listed.model), listed.model.model_dump_json(indent=2))
        with archive.open(_member(weights.name, listed.model), "w", force_zip64=True) as member, weights.open("rb") as file:
            while piece := file.read(_PIECE):
                member.write(piece)
                yield sink.take()
    yield sink.take()


def readme(listed: Listed) -> str:
    """What the model is and how to use it, as Markdown."""
    model = listed.model
    rows = [f"| {field['name']} | {_figure(field['ap_50'])} | {field['score_from']:.2f} |" for field in _fields(model)]
    figures = model.model_dump(exclude={"fields"})
    return _README.format(
        **figures,
        name=listed.entry.name,
        description=f"{listed.entry.description}\n" if listed.entry.description else "",
        count=len(model.fields),
        ap_50=_figure(model.map_50),
        ap=_figure(model.map_50_95),
        fields="\n".join(rows),
    )


def _fields(model: Model) -> list[dict[str, str | float | None]]:
    scores = {field.id: model.per_field[field.id].ap_50 if field.id in model.per_field else None for field in model.fields}
    return [
        {
            "name": field.name,
            # A field without a threshold of its own has none applied; above every score, as in storage.detections.select.
            "score_from": model.rule.thresholds.get(field.id, 2.0),
            "most_on_a_page": model.rule.limits.get(field.id),
            "ap_50": scores[field.id],
        }
        for field in model.fields
    ]


def _figure(value: float | str | None) -> str:
    return f"{value:.3f}" if isinstance(value, float) else "–"


def _member(name: str, model: Model) -> zipfile.ZipInfo:
    # The model's own time, so that two downloads of one model are the same bytes.
    return zipfile.ZipInfo(name, model.at.timetuple()[:6])


def _attachment(name: str) -> str:
    """A header value that makes the browser save a file of this name (RFC 6266)."""
    # Names are letters of any alphabet, digits, '-', '_' and '.'; older clients read the plain form only.
    plain = name.encode("ascii", errors="replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


class _Sink:
    """A file to write a ZIP to that hands on what was written; it cannot seek, which zipfile copes with."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep ``data`` until it is taken."""
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits to be written anywhere."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        """What was written since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data
