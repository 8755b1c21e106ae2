"""How fast the box editor is: frames a second while a box among 100 is dragged, and labelling by a scripted person.

    python -m bench.editor DIR [--images 10]

DIR is a COCO folder. The person draws every true box of each image and goes on to the next unlabelled one; beside each
image the same mouse movements are made on an empty page, which is the drawing itself. What is left is the editor's.
"""

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from bench.browsing import browsing, serving
from bench.quality import load_truth
from storage import labels, projects, uploads
from storage.core import Store, open_store
from storage.labels import XYXY, Box
from storage.projects import Project

Truth = dict[str, list[tuple[str, XYXY]]]  # field name and box of everything on an image, by file name

DRAG_STEPS = 120
FRAMES = """() => { window.frames_seen = []; const note = (now) => { window.frames_seen.push(now); requestAnimationFrame(note) }
requestAnimationFrame(note) }"""


def main() -> None:
    """Measure both and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = open_store(Path(scratch) / "store")
        truth = first_of(options.folder, options.images)
        crowded, papers = crowd(store, options.folder, truth), fill(store, options.folder, truth)
        with serving(store, FIELDMARK_SCRIPT_TIMES=str(Path(scratch) / "times")) as address, browsing(address) as page:
            print(f"dragging one of 100 boxes: {drag_rate(page, crowded):.0f} frames a second")
            person, drawing = label_all(page, papers, truth)
        more = (person - drawing) / len(truth)
        print(f"{len(truth)} images labelled in {person:.1f} s, the drawing itself {drawing:.1f} s: {more:.2f} s an image more")


def first_of(folder: Path, count: int) -> Truth:
    """Field name and box of everything on the first images, by file name."""
    known = sorted(load_truth(folder).items())[:count]
    return {name: [(field, tuple(box[:4])) for field, boxes in fields.items() for box in boxes] for name, fields in known}


def fill(store: Store, folder: Path, truth: Truth) -> Project:
    """A project of these images, unlabelled."""
    names = dict.fromkeys(field for boxes in truth.values() for field, _ in boxes)
    project = projects.create(store, "papers", "fields", tuple(names))
    for name in truth:
        uploads.add(store.project(project.id), name, (folder / "images" / name).read_bytes(), "bench")
    return project


def crowd(store: Store, folder: Path, truth: Truth) -> Project:
    """A project of one image with 100 boxes in ten rows."""
    project = projects.create(store, "crowded", "fields", ("word",))
    name = next(iter(truth))
    image = uploads.add(store.project(project.id), name, (folder / "images" / name).read_bytes(), "bench")
    across, down = image.width / 11, image.height / 11
    corners = [((column + 0.5) * across, (row + 0.5) * down) for row in range(10) for column in range(10)]
    boxes = tuple(Box(field=project.fields[0].id, xyxy=(x, y, x + 0.6 * across, y + 0.6 * down)) for x, y in corners)
    labels.save(store.project(project.id), image.id, 0, boxes, "bench")
    return project


def drag_rate(page: Page, project: Project) -> float:
    """Frames a second, from the median time between two, while a box is dragged across the page."""
    page.goto(f"/labelling?project={project.id}")
    page.locator(".box-editor[data-ready=yes][data-count='100']").wait_for()
    page.keyboard.press("v")
    box = page.locator(".box-editor g.box").nth(44).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate(FRAMES)
    for step in range(DRAG_STEPS):
        page.mouse.move(x + step % 40, y + step % 30)
    seen: list[float] = page.evaluate("() => window.frames_seen")
    page.mouse.up()
    return 1000 / median(later - earlier for earlier, later in pairwise(seen))


def label_all(page: Page, project: Project, truth: Truth) -> tuple[float, float]:
    """Seconds to label every image, and those of the same movements on a page that does nothing."""
    page.goto(f"/labelling?project={project.id}&state=unlabelled")
    keys = {field.name: field.key for field in project.fields}
    person = drawing = 0.0
    with page.context.new_page() as empty:
        for name, boxes in truth.items():
            page.locator(f".box-editor[data-ready=yes] .cell[aria-label='{name}'][aria-current]").wait_for()
            shown = [(keys[field], on_screen(page, xyxy)) for field, xyxy in boxes]
            empty.bring_to_front()
            drawing += draw(empty, shown, "Control+Enter")
            page.bring_to_front()
            person += draw(page, shown, "Control+Enter") + arrive(page, name, name == next(reversed(truth)))
    return person, drawing


def draw(page: Page, boxes: list[tuple[str, XYXY]], finish: str) -> float:
    """Seconds to choose each field, draw its box and press ``finish``."""
    started = time.perf_counter()
    for key, (left, top, right, bottom) in boxes:
        page.keyboard.press("Escape")
        page.keyboard.press(key)
        page.mouse.move(left, top)
        page.mouse.down()
        page.mouse.move((left + right) / 2, (top + bottom) / 2)
        page.mouse.move(right, bottom)
        page.mouse.up()
    page.keyboard.press(finish)
    return time.perf_counter() - started


def arrive(page: Page, left: str, is_last: bool) -> float:
    """Seconds until another image than ``left`` is shown and ready, or the last one is saved."""
    started = time.perf_counter()
    saved = page.locator(".box-editor[data-saved=yes]")
    other = page.locator(f".box-editor[data-ready=yes]:not(:has(.cell[aria-label='{left}'][aria-current]))")
    (saved if is_last else other).wait_for()
    return time.perf_counter() - started


def on_screen(page: Page, xyxy: XYXY) -> XYXY:
    """Where a box of the image lies in the window."""
    picture = page.locator(".box-editor .paper img")
    shown = picture.bounding_box()
    assert shown is not None
    scale = shown["width"] / float(picture.get_attribute("width") or 1)
    left, top, right, bottom = xyxy
    return shown["x"] + left * scale, shown["y"] + top * scale, shown["x"] + right * scale, shown["y"] + bottom * scale


if __name__ == "__main__":
    main()
