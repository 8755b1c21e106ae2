"""Pages as a browser can show them, and thumbnails."""

import io
import os
from collections.abc import Callable

import httpx
import pytest
from PIL import ExifTags
from PIL import Image as Pillow
from starlette.testclient import TestClient

from server import access
from storage import images, uploads
from storage.core import ProjectPaths, revision_path
from storage.images import Image
from storage.projects import Project

Document = Callable[..., bytes]
TURNED = 6  # EXIF: the camera was held upright, turn the picture by 90° clockwise


def picture(answer: httpx.Response) -> Pillow.Image:
    """The image in an answer that has one."""
    assert answer.status_code == 200, answer.text
    return Pillow.open(io.BytesIO(answer.content))


@pytest.fixture
def see(client: TestClient, project: Project) -> Callable[..., httpx.Response]:
    """Ask for an image's page, or its thumbnail."""
    return lambda image, kind="images", **more: client.get(f"/app/static/{kind}/{project.id}/{image}", **more)


See = Callable[..., httpx.Response]


@pytest.mark.parametrize(
    ("kind", "media_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("BMP", "image/bmp"), ("WEBP", "image/webp")]
)
def test_what_a_browser_can_show_is_sent_as_it_was_uploaded(
    paths: ProjectPaths, document: Document, see: See, kind: str, media_type: str
) -> None:
    data = document("12.50", kind=kind)
    answer = see(uploads.add(paths, "called.txt", data, "ann").id)
    assert (answer.content, answer.headers["content-type"]) == (data, media_type)
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("kind", "mode"), [("TIFF", "RGB"), ("JPEG", "CMYK"), ("PNG", "I;16")])
def test_of_what_a_browser_cannot_show_its_png_copy_is_sent(
    paths: ProjectPaths, document: Document, see: See, kind: str, mode: str
) -> None:
    answer = see(uploads.add(paths, "fax", document("12.50", kind=kind, mode=mode), "ann").id)
    assert answer.headers["content-type"] == "image/png"
    assert picture(answer).mode == "RGB"


def test_the_browser_keeps_a_page_and_asks_once(see: See, image: Image) -> None:
    first = see(image.id)
    assert first.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = see(image.id, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_part_of_a_page_can_be_asked_for(see: See, image: Image) -> None:
    part = see(image.id, headers={"range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")


@pytest.mark.parametrize("kind", ["images", "thumbs"])
def test_an_image_of_another_project_is_not_there(see: See, paths: ProjectPaths, image: Image, kind: str) -> None:
    answer = see("0" * 64, kind)
    assert (answer.status_code, answer.json()["template"]) == (404, "Image {image!r} is not in the project")


def test_a_deleted_image_has_no_page_but_a_thumbnail_to_choose_it_by(see: See, paths: ProjectPaths, image: Image) -> None:
    images.change(paths, image, "ann", deleted=True)
    assert see(image.id).status_code == 404
    assert see(image.id, "thumbs").status_code == 200


def test_a_page_whose_file_is_gone_says_which_and_what_to_do(see: See, paths: ProjectPaths, image: Image) -> None:
    os.unlink(paths.original(image.id))
    answer = see(image.id)
    assert answer.status_code == 404
    assert "'receipt.png' cannot be shown" in answer.json()["error"]


def test_a_file_that_is_no_picture_is_not_sent_as_one(see: See, paths: ProjectPaths, image: Image) -> None:
    paths.original(image.id).write_bytes(b"<script>")
    assert see(image.id).status_code == 404


@pytest.mark.parametrize(
    ("size", "turn", "small"),
    [((800, 600), 0, (320, 240)), ((800, 600), 90, (240, 320)), ((300, 900), 180, (107, 320)), ((120, 80), 270, (80, 120))],
)
def test_a_thumbnail_is_turned_and_320_pixels_long_at_most(
    paths: ProjectPaths, document: Document, see: See, size: tuple[int, int], turn: int, small: tuple[int, int]
) -> None:
    made = uploads.add(paths, "scan.jpg", document("12.50", size, "JPEG"), "ann")
    answer = see(made.id, "thumbs", params={"turn": turn})
    assert (picture(answer).format, picture(answer).size, answer.headers["content-type"]) == ("WEBP", small, "image/webp")
    assert answer.headers["cache-control"].startswith("private")


def test_a_thumbnail_turns_clockwise_from_where_exif_says_up_is(paths: ProjectPaths, see: See) -> None:
    lying = Pillow.new("RGB", (160, 80), "white")
    lying.paste("black", (0, 0, 20, 20))  # in the corner that EXIF takes to the top right
    exif = Pillow.Exif()
    exif[ExifTags.Base.Orientation] = TURNED
    buffer = io.BytesIO()
    lying.save(buffer, "JPEG", exif=exif)
    photo = uploads.add(paths, "phone.jpg", buffer.getvalue(), "ann")
    for turn, corner in ((0, (75, 5)), (90, (155, 75)), (180, (5, 155)), (270, (5, 5))):
        assert picture(see(photo.id, "thumbs", params={"turn": turn})).convert("L").getpixel(corner) < 60, turn


@pytest.mark.parametrize("turn", ["45", "", "360", "-90", "x"])
def test_a_turn_that_is_no_quarter_is_refused(see: See, image: Image, turn: str) -> None:
    answer = see(image.id, "thumbs", params={"turn": turn})
    assert (answer.status_code, answer.json()["values"]) == (400, {"value": turn})


def test_a_thumbnail_is_made_once_and_kept_by_the_store_and_turn(see: See, image: Image, paths: ProjectPaths) -> None:
    first = see(image.id, "thumbs").content
    kept = access.get_cache() / "thumbs" / image.id[:2] / f"{image.id}.0.webp"
    assert kept.read_bytes() == first
    os.unlink(paths.original(image.id))
    assert see(image.id, "thumbs").content == first


def test_a_damaged_image_has_a_placeholder_until_it_is_restored(see: See, paths: ProjectPaths, image: Image) -> None:
    whole = paths.original(image.id).read_bytes()
    paths.original(image.id).write_bytes(whole[:60])
    answer = see(image.id, "thumbs")
    assert (picture(answer).size, answer.headers["cache-control"]) == ((226, 320), "no-store")
    paths.original(image.id).write_bytes(whole)
    assert picture(see(image.id, "thumbs")).size == (120, 80)


def test_an_image_with_a_damaged_record_still_has_its_thumbnail(see: See, paths: ProjectPaths, image: Image) -> None:
    revision_path(paths.image_shard(image.id), image.id, 1).write_bytes(b"{}")
    assert picture(see(image.id, "thumbs")).size == (120, 80)


def test_thumbnails_are_made_where_the_cache_cannot_be_written(see: See, image: Image) -> None:
    access.get_cache().parent.mkdir(parents=True, exist_ok=True)
    access.get_cache().write_bytes(b"in the way")
    assert picture(see(image.id, "thumbs")).size == (120, 80)
