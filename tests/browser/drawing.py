"""The box editor as a person uses it: boxes drawn by mouse, in pixels of the image."""

import json
from typing import Any

from playwright.sync_api import Locator, Page

XYXY = tuple[float, float, float, float]


def editor(page: Page) -> Locator:
    """The editor, once its image and label are there."""
    found = page.locator(".box-editor[data-ready=yes]")
    found.wait_for()
    return found


def draw_box(page: Page, xyxy: XYXY, field_key: str = "1") -> None:
    """Choose the field by its key and draw a box by mouse; ``xyxy`` in pixels of the image, which must not be turned."""
    editor(page)
    page.keyboard.press("Escape")  # nothing selected, whose field the key would change
    page.keyboard.press(field_key)
    drag(page, xyxy[:2], xyxy[2:])


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag from one point of the image to another."""
    page.mouse.move(*on_screen(page, *start))
    page.mouse.down()
    page.mouse.move(*on_screen(page, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    page.mouse.move(*on_screen(page, *end))
    page.mouse.up()


def on_screen(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where a point of the image lies in the window."""
    picture = page.locator(".box-editor .paper img")
    shown = picture.bounding_box()
    assert shown is not None
    width, height = (float(picture.get_attribute(side) or 0) for side in ("width", "height"))
    return shown["x"] + x * shown["width"] / width, shown["y"] + y * shown["height"] / height


def await_saved(page: Page, revision: int | None = None) -> None:
    """Wait until the server has acknowledged everything, as this revision if one is given."""
    page.locator(".box-editor[data-saved=yes]" + ("" if revision is None else f"[data-rev='{revision}']")).wait_for()


def saved_label(page: Page) -> dict[str, Any]:
    """The label of the image shown, as the server has it."""
    answer = page.request.get(f"{label_address(page)}/label")
    found: dict[str, Any] = json.loads(answer.text())
    return found


def label_address(page: Page) -> str:
    """The address of the shown image's routes."""
    project = page.evaluate("() => new URL(location.href).searchParams.get('project')")
    return f"/api/projects/{project}/images/{editor(page).get_attribute('data-image')}"


def near(xyxy: list[float], wanted: tuple[float, ...]) -> bool:
    """The same place but for the screen's rounding."""
    return all(abs(side - other) <= 2 for side, other in zip(xyxy, wanted, strict=True))
