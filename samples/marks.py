"""Logos, signatures and stamps of the sample invoices, as SVG."""

import math
from random import Random

from samples.companies import Seller

_LOGOS = {
    "leaf": '<path d="M10 50 Q8 14 52 8 Q54 50 16 50 Z"/><path d="M8 56 Q22 34 44 18" fill="none" stroke="#fff" stroke-width="3"/>',
    "arrow": '<path d="M4 40 L34 40 L34 52 L58 30 L34 8 L34 20 L4 20 L14 30 Z"/>',
    "sun": '<circle cx="30" cy="30" r="13"/><g stroke="{c}" stroke-width="5" stroke-linecap="round">{rays}</g>',
    "hexagon": '<path d="M30 3 L54 16 V44 L30 57 L6 44 V16 Z"/><path d="M30 17 L42 24 V37 L30 44 L18 37 V24 Z" fill="#fff"/>',
    "flame": '<path d="M31 3 Q52 24 46 42 Q40 57 29 57 Q12 56 13 38 Q15 30 22 24 Q24 32 29 33 Q34 20 31 3 Z"/>',
    "ring": '<circle cx="30" cy="30" r="22" fill="none" stroke="{c}" stroke-width="10"/><circle cx="46" cy="14" r="8"/>',
    "drop": '<path d="M30 3 Q52 30 48 42 Q42 57 30 57 Q18 57 12 42 Q8 30 30 3 Z"/><circle cx="24" cy="40" r="5" fill="#fff"/>',
}


def logo(kind: str, colour: str) -> str:
    """A shape of 60 × 60 pixels; nothing for a seller without one."""
    rays = "".join(
        f'<line x1="{30 + 19 * x:.0f}" y1="{30 + 19 * y:.0f}" x2="{30 + 26 * x:.0f}" y2="{30 + 26 * y:.0f}"/>' for x, y in _compass()
    )
    shape = _LOGOS.get(kind, "").format(c=colour, rays=rays)
    return f'<svg width="60" height="60" fill="{colour}">{shape}</svg>' if shape else ""


def _compass() -> list[tuple[float, float]]:
    return [(math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4)) for turn in range(8)]


def signature(hand: Random, jitter: Random) -> str:
    """A person's signature: ``hand`` gives the shape, the same each time, ``jitter`` what differs from day to day."""
    points = [(x + jitter.gauss(0, 0.6), y + jitter.gauss(0, 0.8)) for x, y in _strokes(hand)]
    grow, turn = jitter.uniform(0.9, 1.12), jitter.uniform(-5, 3)
    ink = hand.choice(("#1c2f86", "#23378f", "#1d1d25"))
    left, top = jitter.uniform(10, 60), jitter.uniform(2, 14)
    return (
        f'<svg class="signature" style="left: {left:.0f}px; top: {top:.0f}px" width="220" height="60">'
        f'<path data-field="signature" d="{_smooth(points)}" fill="none" stroke="{ink}" stroke-width="{hand.uniform(1.8, 2.6):.1f}" '
        f'stroke-linecap="round" stroke-linejoin="round" transform="rotate({turn:.1f}) scale({grow:.2f})"/></svg>'
    )


def _strokes(hand: Random) -> list[tuple[float, float]]:
    """Points of a capital, a wave that gets flatter as hands do, and a stroke that ends it."""
    points = _capital(hand)
    waves, x, slant = hand.randint(3, 9), points[-1][0], hand.uniform(0, 5)
    for wave in range(waves):
        high = hand.uniform(5, 12) * (2.2 if hand.random() < 0.2 else 1) * (1 - wave / (waves * 1.7))
        back = hand.uniform(0, 6)  # loops back over itself, as connected letters do
        points += [(x, 44.0), (x + 6 + slant, 44 - high), (x + 6 + slant - back, 46 - high * 1.3), (x + 7, 45.0)]
        x += hand.uniform(7, 15)
    ends = (
        [(x + 16, 36.0), (x + 24, 46.0), (x - 20, 55.0), (x - 70, 57.0)],  # back under the name
        [(x + 12, 40.0), (x + 38, 32.0)],
        [(x + 8, 30.0), (x + 2, 18.0), (x - 4, 40.0), (x + 4, 64.0), (x + 26, 58.0)],  # a tail below the line
    )
    return points + hand.choice(ends)


def _capital(hand: Random) -> list[tuple[float, float]]:
    tall, wide = hand.uniform(22, 32), hand.uniform(11, 17)
    loops = [
        (22 + wide * math.cos(0.72 * step - 0.6) * (1 - step / 30), 34 - tall * math.sin(0.72 * step - 0.6) * (1 - step / 22))
        for step in range(14)
    ]
    peaks = [(6.0, 52.0), (10 + wide, 46 - tall * 1.3), (14 + wide, 50.0), (16 + 2 * wide, 46 - tall), (18 + 2 * wide, 46.0)]
    bow = [(30 + wide, 20.0), (20 + wide, 36 - tall), (8.0, 30.0), (14.0, 52.0), (24 + wide, 50.0), (32 + wide, 38.0)]
    return hand.choice((loops, peaks, bow))


def _smooth(points: list[tuple[float, float]]) -> str:
    """A Catmull-Rom curve through the points, as a path of cubic Béziers."""
    padded = [points[0], *points, points[-1]]
    path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
    for before, here, there, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        first = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        second = (there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6)
        path.append("C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in (first, second, there)))
    return " ".join(path)


_WORN = (  # ink that did not take everywhere
    '<filter id="worn"><feTurbulence type="fractalNoise" baseFrequency="0.09 0.13" numOctaves="3" seed="{seed}"/>'
    '<feColorMatrix values="0 0 0 0 0  0 0 0 0 0  0 0 0 0 0  0 0 0 -3.2 2.35"/><feComposite in="SourceGraphic" operator="in"/></filter>'
)


_FORMS = {"ООО": "ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ", "АО": "АКЦИОНЕРНОЕ ОБЩЕСТВО ★ РАСЧЁТНЫЕ ДОКУМЕНТЫ"}
_STAMP_INK = ("#2b3f9e", "#3346a8", "#274b9f", "#4a4a9c")


def round_stamp(seller: Seller, jitter: Random) -> str:
    """The round stamp of a Russian company, beside and partly over its signature."""
    left, top, turn = jitter.uniform(120, 190), jitter.uniform(-70, -30), jitter.uniform(-25, 25)
    form, _, name = seller.party.name.partition(" ")
    tax_number = next(line for line in seller.party.lines if line.startswith("ИНН")).split(",")[0]
    ink = Random(name).choice(_STAMP_INK)
    around = f"★ {_FORMS[form]} ★ {tax_number}"
    return (
        f'<svg class="stamp" style="left: {left:.0f}px; top: {top:.0f}px" width="136" height="136" viewBox="0 0 136 136">'
        f"<defs>{_WORN.format(seed=jitter.randint(1, 999))}<path id='ring' d='M68 117 A49 49 0 1 1 68.1 117'/></defs>"
        f'<g filter="url(#worn)" transform="rotate({turn:.0f} 68 68)" fill="none" stroke="{ink}" opacity="0.85">'
        '<circle cx="68" cy="68" r="64" stroke-width="2.6"/><circle cx="68" cy="68" r="60" stroke-width="0.9"/>'
        '<circle cx="68" cy="68" r="43" stroke-width="1.2"/>'
        f'<g fill="{ink}" stroke="none" font-family="Liberation Sans" text-anchor="middle">'
        f'<text font-size="8.4" textLength="300" text-anchor="start"><textPath href="#ring">{around}</textPath></text>'
        f'<text x="68" y="72" font-size="11.5" font-weight="bold" textLength="74" '
        f'lengthAdjust="spacingAndGlyphs">{name}</text></g></g></svg>'
    )


def office_stamp(text: str, jitter: Random) -> str:
    """A rubber stamp of the office that received the invoice, put where there was room."""
    left, top, turn = jitter.uniform(250, 420), jitter.uniform(700, 980), jitter.uniform(-14, 9)
    colour = jitter.choice(("#b3261e", "#7b2d8b", "#1f4fa3"))
    return (
        f'<svg class="stamp" style="left: {left:.0f}px; top: {top:.0f}px" width="190" height="80" viewBox="-10 -10 190 80">'
        f"<defs>{_WORN.format(seed=jitter.randint(1, 999))}</defs>"
        f'<g filter="url(#worn)" transform="rotate({turn:.0f} 85 30)" opacity="0.8"><rect width="170" height="56" rx="5" fill="none" '
        f'stroke="{colour}" stroke-width="3.5"/><text x="85" y="38" text-anchor="middle" font-family="Liberation Sans" font-weight="bold" '
        f'font-size="27" letter-spacing="2" fill="{colour}">{text}</text></g></svg>'
    )
