"""Makes the sample project's documents: 64 invoices of invented companies, half of them Russian, as an office would scan them.

    python -m samples.make_invoices [FOLDER]

Needs Chromium, Playwright and the free fonts below; the pictures are in the repository, so nobody else needs them. The
same seed makes the same invoices; another version of Chromium or of a font may move a box by a pixel.
"""

import datetime as dt
import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from random import Random
from string import Template
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from samples import marks
from samples.companies import BUYERS, SELLERS, Goods, Party, Seller
from samples.scan import SIZE, scan
from samples.words import CAPTIONS, MONTHS, Language, rubles_in_words
from storage.turns import turn_box

HERE = Path(__file__).parent
SEED = 7
EACH = 4  # invoices a seller
# Layout and language of the first eight. Six are labelled in the sample, of which the last is tested on; the newcomer's
# page is the seventh.
FIRST = (
    ("bank", "ru"),
    ("letterhead", "en"),
    ("banner", "ru"),
    ("minimal", "en"),
    ("form", "ru"),
    ("letterhead", "ru"),
    ("banner", "en"),
    ("form", "en"),
)
SIDEWAYS = 10  # of all pages, the one scanned lying on its side: a quarter clockwise brings it upright
SPLITS = ("train", "train", "train", "train", "train", "test")
FIELDS = ("number", "date", "seller", "buyer", "total", "signature")
FONTS = {  # family → the Debian package it comes in
    "Carlito": "fonts-crosextra-carlito",
    "Liberation Mono": "fonts-liberation",
    "Liberation Sans": "fonts-liberation",
    "Liberation Serif": "fonts-liberation",
    "PT Sans": "fonts-paratype",
    "PT Serif": "fonts-paratype",
}
QUALITY = 60  # of the JPEG files; 64 of them have to stay below 4 MB

_ABBREVIATIONS = re.compile(r"\b(г|ул|пр|д|оф|тел)\. ")  # not left alone at the end of a line

# Client rectangles of text alone: a block's own is as wide as its column. Some air at its ends, as people leave it.
_BOXES = """() => [...document.querySelectorAll('[data-field]')].map(element => {
  const rects = []
  if (element instanceof SVGElement) rects.push(element.getBoundingClientRect())
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const range = document.createRange()
    range.selectNodeContents(walker.currentNode)
    rects.push(...range.getClientRects())
  }
  return {
    field: element.dataset.field,
    text: element.innerText || '',
    xyxy: [Math.min(...rects.map(r => r.left)) - 3, Math.min(...rects.map(r => r.top)),
           Math.max(...rects.map(r => r.right)) + 3, Math.max(...rects.map(r => r.bottom))],
  }
})"""


@dataclass(frozen=True)
class Invoice:
    """What one invoice says; money in hundredths."""

    seller: Seller
    buyer: Party
    number: str
    date: dt.date
    due: dt.date
    order: str
    items: tuple[tuple[Goods, int, int], ...]  # goods, amount, price
    signed: bool

    @property
    def subtotal(self) -> int:
        """The sum of all items."""
        return sum(amount * price for _, amount, price in self.items)

    @property
    def tax(self) -> int:
        """VAT at 20 %."""
        return round(self.subtotal * 0.2)


def invoices(seed: int = SEED) -> list[Invoice]:
    """All invoices, in the order of their files: one of each layout and language first, the others as they come."""
    made = [_invoice(seller, number, Random(f"{seed}:{seller.party.name}:{number}")) for seller in SELLERS for number in range(EACH)]
    Random(seed).shuffle(made)
    first = [next(one for one in made if one.signed and (one.seller.layout, one.seller.language) == kind) for kind in FIRST]
    return first + [one for one in made if one not in first]


def _invoice(seller: Seller, number: int, chance: Random) -> Invoice:
    date = dt.date(2025, 1, 9) + dt.timedelta(days=number * 80 + chance.randrange(76))
    # From where the company's own count stands, and up with the date.
    running = Random(seller.party.name).randrange(200, 1800) + 90 * number + chance.randrange(80)
    goods = chance.sample(seller.goods, chance.randint(2, len(seller.goods)))
    return Invoice(
        seller=seller,
        buyer=chance.choice(BUYERS[seller.language]),
        number=seller.number.format(n=running, y=f"{date:%y}"),
        date=date,
        due=date + dt.timedelta(days=chance.choice((14, 30))),
        order=f"{chance.randrange(10, 99)}-{chance.randrange(100, 999)}",
        items=tuple((one, chance.randint(*one.amount), _price(one, chance)) for one in goods),
        # A few are not, which a review by the rules then finds.
        signed=chance.random() > 0.08,
    )


def _price(goods: Goods, chance: Random) -> int:
    """In hundredths, rounded as shops do."""
    price = chance.uniform(*goods.price)
    step = next(step for below, step in ((1, 1), (50, 5), (1000, 50), (math.inf, 1000)) if price < below)
    return round(price * 100 / step) * step


# As a page


def html(invoice: Invoice, chance: Random) -> str:
    """The invoice as an HTML page of ``SIZE``; what is to be found carries ``data-field``."""
    seller, language = invoice.seller, invoice.seller.language
    template = (HERE / "layouts" / f"{seller.layout}.html").read_text("utf-8")
    values = CAPTIONS[language] | _texts(invoice) | _bank(seller) | _ink(invoice, chance)
    style = (HERE / "layouts" / "sheet.css").read_text("utf-8")
    return f"<style>{style} body {{ font-family: '{seller.font}' }}</style>" + Template(template).substitute(values)


def _texts(invoice: Invoice) -> dict[str, str]:
    seller, language = invoice.seller, invoice.seller.language
    total = invoice.subtotal + invoice.tax
    return {
        "colour": seller.colour,
        "logo": marks.logo(seller.logo, "#fff" if seller.layout == "banner" else seller.colour),
        "number": invoice.number,
        "date": _date(invoice.date, seller),
        "due": _date(invoice.due, seller),
        "order": invoice.order,
        "rows": "".join(_rows(invoice)),
        "subtotal": _money(invoice.subtotal, language),
        "tax": _money(invoice.tax, language),
        "total": _money(total, language, seller.layout != "bank"),
        "count": str(len(invoice.items)),
        "in_words": rubles_in_words(total),
        "signer": seller.signer[0],
        "office": seller.signer[1],
        **_party("seller", seller.party),
        **_party("buyer", invoice.buyer),
    }


def _party(role: str, party: Party) -> dict[str, str]:
    lines = [_ABBREVIATIONS.sub("\\1.\u00a0", escape(line)) for line in party.lines]
    return {f"{role}_name": escape(party.name), f"{role}_lines": "<br>".join(lines), f"{role}_line": ", ".join(lines)}


def _bank(seller: Seller) -> dict[str, str]:
    """Where to pay; the parts apart for the form that Russian accounting programs print."""
    numbers = Random(seller.party.name)  # of the company, the same on all its invoices
    lines = [
        line.format(a=str(numbers.randrange(100, 999)), b=numbers.randrange(1000, 9999), c=numbers.randrange(1000, 9999))
        for line in seller.bank
    ]
    values = {"bank": "<br>".join(lines)}
    if seller.layout == "bank":
        codes = seller.party.lines[0].split(", ")
        values |= {"bank_name": lines[0], "bank_code": lines[1][4:], "bank_account": lines[2][4:], "account": lines[3][4:]}
        values |= {"tax_number": codes[0], "tax_office": codes[1]}
    return values


def _ink(invoice: Invoice, chance: Random) -> dict[str, str]:
    """Signature and stamps; Russian companies stamp what they sign, offices stamp what they receive."""
    seller = invoice.seller
    signed = marks.signature(Random(seller.signer[0]), chance) if invoice.signed else ""
    if seller.language == "ru" and invoice.signed and not seller.party.name.startswith("ИП"):
        return {"signature": signed + marks.round_stamp(seller, chance), "stamp": ""}
    stamp = marks.office_stamp(chance.choice(("RECEIVED", "PAID", "APPROVED")), chance)
    return {"signature": signed, "stamp": stamp if seller.language == "en" and chance.random() < 0.4 else ""}


def _rows(invoice: Invoice) -> Iterator[str]:
    language = invoice.seller.language
    for position, (goods, amount, price) in enumerate(invoice.items, start=1):
        first = f'<td class="middle">{position}</td>' if invoice.seller.layout == "bank" else ""
        figures = [f'<td class="right">{_money(value, language)}</td>' for value in (price, amount * price)]
        yield f'<tr>{first}<td>{escape(goods.name)}</td><td class="right">{amount}</td><td>{goods.unit}</td>{"".join(figures)}</tr>'


def _money(hundredths: int, language: Language, with_currency: bool = False) -> str:
    plain = f"{hundredths / 100:,.2f}"
    if language == "ru":
        return plain.replace(",", "\u00a0").replace(".", ",") + ("\u00a0₽" if with_currency else "")
    return f"£{plain}" if with_currency else plain


def _date(date: dt.date, seller: Seller) -> str:
    """In words or in figures, as the seller's program does."""
    if seller.language == "ru":
        in_words = seller.layout in ("bank", "letterhead")
        return f"{date.day} {MONTHS['ru'][date.month - 1]} {date.year} г." if in_words else f"{date:%d.%m.%Y}"
    return f"{date.day} {MONTHS['en'][date.month - 1]} {date.year}" if seller.layout != "form" else f"{date:%d/%m/%Y}"


# As files


def main(folder: Path) -> None:
    """Write the pictures and ``annotations.json`` to ``folder``."""
    _check_fonts()
    (folder / "images").mkdir(parents=True, exist_ok=True)
    coco: dict[str, list[Any]] = {"images": [], "annotations": [], "categories": []}
    coco["categories"] = [{"id": number, "name": name} for number, name in enumerate(FIELDS, start=1)]
    with _browser() as page:
        for number, invoice in enumerate(invoices(), start=1):
            name = f"invoice-{number:02d}.jpg"
            page.set_content(html(invoice, Random(f"{SEED}:{number}")))
            _write(page, np.random.default_rng((SEED, number)), folder / "images" / name, number, coco)
            print(name)
    (folder / "annotations.json").write_text(json.dumps(coco, ensure_ascii=False, indent=1), "utf-8")


def _write(page: Page, chance: np.random.Generator, path: Path, number: int, coco: dict[str, list[Any]]) -> None:
    found = page.evaluate(_BOXES)
    drawn = np.asarray(cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)
    # The page is drawn at twice the size, so that the scan has something to shrink.
    picture, boxes = scan(drawn, 2 * np.array([item["xyxy"] for item in found]), chance)
    if number == SIDEWAYS:
        picture = np.asarray(cv2.rotate(picture, cv2.ROTATE_90_COUNTERCLOCKWISE), dtype=np.uint8)
        boxes = np.array([turn_box(tuple(xyxy), *SIZE, 270) for xyxy in boxes.tolist()])
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY, cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    split = {"split": SPLITS[number - 1]} if number <= len(SPLITS) else {}
    height, width = picture.shape[:2]
    coco["images"].append({"id": number, "file_name": path.name, "width": width, "height": height, **split})
    for item, (left, top, right, bottom) in zip(found, boxes.round(1).tolist(), strict=True):
        coco["annotations"].append(
            {
                "id": len(coco["annotations"]) + 1,
                "image_id": number,
                "category_id": FIELDS.index(item["field"]) + 1,
                "bbox": [left, top, round(right - left, 1), round(bottom - top, 1)],
                # As COCO files of labelling tools carry values; a signature has none. Lines and spaces of any kind are one space.
                **({"attributes": {"text": text}} if (text := " ".join(item["text"].split())) else {}),
            }
        )


@contextmanager
def _browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, device_scale_factor=2)
        yield context.new_page()
        browser.close()


def _check_fonts() -> None:
    families = subprocess.run([shutil.which("fc-list") or "fc-list", ":", "family"], check=True, stdout=subprocess.PIPE, text=True).stdout
    missing = {package for family, package in FONTS.items() if family not in families}
    if missing:
        raise SystemExit(f"Fonts are missing; on Debian: apt-get install {' '.join(sorted(missing))}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else HERE / "invoices")
