"""A large store and a browser on a real server: what the benches of the pages share."""

import io
import os
import random
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page, sync_playwright

from storage import labels, projects, uploads
from storage.core import Store
from storage.labels import Box
from storage.projects import Project

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
FIELDS = ("company", "date", "address", "total")
READY = "[data-testid=stApp][data-test-script-state=notRunning]"


def fill(store: Store, count: int) -> Project:
    """A project of ``count`` images: a tenth labelled by hand, six tenths labelled by a model, the rest unlabelled."""
    project = projects.create(store, "large", "fields", FIELDS)
    paths, data, chance = store.project(project.id), receipt(), random.Random(0)
    for number in range(count):
        # Bytes behind a JPEG's end are no part of the picture: files that differ, drawn once.
        image = uploads.add(paths, f"receipt-{number:06d}.jpg", data + b"%d" % number, "bench")
        if number < count // 10:
            labels.save(paths, image.id, 0, boxes(project, None), "bench")
        elif number < count * 7 // 10:
            labels.save(paths, image.id, 0, boxes(project, chance), "bench", origin="auto", apply="bench")
    return project


def boxes(project: Project, chance: random.Random | None) -> tuple[Box, ...]:
    """A box a field, a person's or with ``chance`` a model's of any score."""
    found = []
    for place, field in enumerate(project.fields):
        xyxy = (40.0, 60.0 + 90 * place, 360.0, 100.0 + 90 * place)
        found.append(Box(field=field.id, xyxy=xyxy, origin="auto", score=chance.random()) if chance else Box(field=field.id, xyxy=xyxy))
    return tuple(found)


def receipt(size: tuple[int, int] = (450, 900)) -> bytes:
    """A JPEG with lines of text."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for line in range(20, size[1] - 20, 22):
        draw.text((30, line), f"line {line} of a receipt with some words and a price {line / 7:.2f}", fill="black")
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


@contextmanager
def serving(store: Store, **environment: str) -> Iterator[str]:
    """The dashboard on ``store``, through ``bench/timed_app.py``; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "bench/timed_app.py", "--server.port", str(port)]
    known = {"FIELDMARK_STORE": str(store.root), "FIELDMARK_CACHE": str(store.root.parent / "cache"), "PYTHONPATH": str(ROOT)}
    everything = {**os.environ, **known, **environment}
    log = (store.root.parent / "server.log").open("ab")
    server = subprocess.Popen([*command, "--server.fileWatcherType", "none"], cwd=ROOT, env=everything, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        while not _answers(address):
            if server.poll() is not None:
                raise RuntimeError((store.root.parent / "server.log").read_text())
        yield address
    finally:
        server.terminate()
        server.wait()


@contextmanager
def browsing(address: str, width: int = 1440, height: int = 900) -> Iterator[Page]:
    """A page of a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(base_url=address, viewport={"width": width, "height": height}, locale="en-GB").new_page()
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/api/health", timeout=1):
            return True
    except OSError:
        return False
