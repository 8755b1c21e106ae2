"""Images and PDFs taken apart into pages; hostile ones cost a process and some seconds."""

import io
import sys
from pathlib import Path

import pytest
from PIL import Image

from storage import documents
from storage.core import BadImage

SIZE = (300, 400)


def pdf(pages: int, size: tuple[int, int] = SIZE, dpi: int = 100) -> bytes:
    """A PDF of scanned pages, each of its own grey."""
    scans = [Image.new("RGB", size, (200 + number, 230, 240)) for number in range(pages)]
    buffer = io.BytesIO()
    scans[0].save(buffer, "PDF", save_all=True, append_images=scans[1:], resolution=dpi)
    return buffer.getvalue()


def raw_pdf(box: str, *forms: bytes) -> bytes:
    """A PDF of one page that draws the first of ``forms``, each of which may draw the next; without a table of contents."""
    drawing = [b"/Next Do", *forms] if forms else [b""]
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"]
    resources = b"/Resources << /XObject << /Next %d 0 R >> >>"
    objects.append(b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents 4 0 R %s >>" % (box.encode(), resources % 5))
    for number, content in enumerate(drawing, start=4):
        about = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] " + resources % (number + 1)
        objects.append(b"<< %s /Length %d >>\nstream\n%s\nendstream" % (about, len(content), content))
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, written) for number, written in enumerate(objects, start=1))
    return b"%PDF-1.4\n" + body + b"trailer << /Root 1 0 R /Size 99 >>\n%%EOF"


def test_an_image_is_one_page_with_its_own_bytes(document):
    data = document("12.50", (120, 80), "JPEG")
    ((page, kept),) = documents.read("scan.jpg", data, 20).pages
    assert (page.name, page.width, page.height, kept) == ("scan.jpg", 120, 80, data)


def test_an_image_that_browsers_cannot_show_becomes_one_they_can(document):
    ((_, kept),) = documents.read("scan.tif", document("12.50", kind="TIFF"), 20).pages
    assert documents.media_type(kept) == "image/png"


def test_the_pages_of_a_pdf_are_drawn_at_200_dots_an_inch():
    found = documents.read("two.pdf", pdf(2), 20)
    assert [(page.name, page.width, page.height) for page, _ in found.pages] == [("two.pdf · 1", 600, 800), ("two.pdf · 2", 600, 800)]
    assert [documents.media_type(data) for _, data in found.pages] == ["image/jpeg"] * 2


def test_a_page_is_drawn_in_its_colours():
    ((_, data),) = documents.read("one.pdf", pdf(1), 20).pages
    assert Image.open(io.BytesIO(data)).getpixel((300, 400)) == pytest.approx((200, 230, 240), abs=2)


def test_pages_beyond_the_most_are_counted():
    found = documents.read("five.pdf", pdf(5), 2)
    assert (len(found.pages), found.left_out) == (2, 3)
    assert documents.read("five.pdf", pdf(5), 0).left_out == 5


def test_an_image_beyond_the_most_is_counted(document):
    found = documents.read("scan.png", document("12.50"), 0)
    assert (found.pages, found.left_out) == ((), 1)


def test_a_huge_sheet_is_drawn_coarser():
    ((page, _),) = documents.read("sheet.pdf", raw_pdf("[0 0 14400 14400]"), 20).pages
    assert page.width * page.height <= 16_000_000


REFUSED = [
    (b"%PDF-1.7 and nothing more", "is damaged"),
    (raw_pdf("[0 0 14400 0.5]"), "Page 1 of PDF 'x' cannot be drawn"),
    (b"", "is empty"),
    (b"no document at all", "is not an image"),
]


@pytest.mark.parametrize(("data", "said"), REFUSED, ids=["no PDF", "a thread", "empty", "text"])
def test_what_cannot_be_read_is_refused_by_name(data, said):
    with pytest.raises(BadImage, match=said):
        documents.read("x", data, 20)


def test_a_pdf_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(documents, "_DRAW_S", 2)
    # Ten times ten times … the same line: a few hundred bytes that take days.
    bomb = raw_pdf("[0 0 600 800]", *[b"/Next Do " * 10] * 12, b"0 0 m 9 9 l S")
    with pytest.raises(BadImage, match="takes more than 2 s to draw"):
        documents.read("slow.pdf", bomb, 20)


def test_a_pdf_that_ends_the_drawing_process_is_refused(monkeypatch, tmp_path: Path):
    stand_in = tmp_path / "python"
    stand_in.write_text("#!/bin/sh\ncat > /dev/null\nkill -SEGV $$\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stand_in))
    with pytest.raises(BadImage, match="cannot be drawn"):
        documents.read("crash.pdf", pdf(1), 20)


def test_a_file_that_is_too_large_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(documents, "MAX_BYTES", 1_000_000)
    with pytest.raises(BadImage, match="more than 1 million bytes"):
        documents.read("huge.pdf", b"%PDF-" + bytes(1_000_000), 20)
