"""Images and thumbnails of projects."""

import os
from contextlib import suppress
from pathlib import Path
from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from server.access import allowed, get_cache, get_store, project_of
from storage import images
from storage.core import BadImage, Damaged, InvalidValue, NotFound, ProjectPaths
from storage.images import Image
from storage.thumbnails import placeholder, thumbnail
from storage.turns import Turn

# An image's id is the sum of its bytes, so what an address shows never changes; but only to those who may see it.
_FOREVER = "private, max-age=31536000, immutable"
_SNIFF = {"x-content-type-options": "nosniff"}  # the type said is the type meant, whatever a person uploaded
_MAGIC = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"BM": "image/bmp", b"RIFF": "image/webp"}


@allowed("images", "view")
def original(request: Request) -> Response:
    """The page as a browser can show it, upright by its EXIF, unturned: the bytes as uploaded, or their PNG copy."""
    paths = get_store().project(project_of(request).id)
    image = images.get(paths, request.path_params["image"])
    path, kind, status = _file(paths, image)
    headers = {**_SNIFF, "cache-control": _FOREVER, "etag": f'"{path.name}"'}
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=kind, headers=headers, stat_result=status)


@allowed("images", "view")
def thumb(request: Request) -> Response:
    """A WebP of at most 320 pixels a side, turned by ``?turn=`` degrees clockwise.

    Of deleted images too, as their list offers to restore them. One whose file cannot be decoded gets a placeholder:
    a list of images must not look broken for one of them, and its row says that it is damaged.
    """
    turn = _turn(request.query_params.get("turn", "0"))
    image = request.path_params["image"]
    paths = get_store().project(project_of(request).id)
    with suppress(Damaged):
        images.find(paths, image)
    try:
        made, cached = thumbnail(get_cache(), paths, image, turn), _FOREVER
    except BadImage:
        made, cached = placeholder(), "no-store"  # the file may be restored
    return Response(made, media_type="image/webp", headers={**_SNIFF, "cache-control": cached})


def _file(paths: ProjectPaths, image: Image) -> tuple[Path, str, os.stat_result]:
    """The file to send, its media type and its status; NotFound if there is none or a browser cannot show it."""
    for path in (paths.browser_copy(image.id), paths.original(image.id)):
        # By opening: only that is fresh on NFS.
        with suppress(FileNotFoundError), path.open("rb") as file:
            head = file.read(4)
            kind = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
            if kind:
                return path, kind, os.fstat(file.fileno())
    raise NotFound(
        "Image {name!r} cannot be shown: its file is missing or damaged. Restore it from a backup or delete the image", name=image.name
    )


def _turn(text: str) -> Turn:
    if text not in map(str, get_args(Turn)):
        raise InvalidValue("Turn is {value!r}; it is 0, 90, 180 or 270 degrees clockwise", value=text)
    return cast(Turn, int(text))


def routes() -> list[Route]:
    """The routes of this module."""
    # Below /app/static, which is where st.image and image columns take addresses of this server from.
    return [
        Route("/app/static/images/{project}/{image}", original),
        Route("/app/static/thumbs/{project}/{image}", thumb),
    ]
