"""Pages that the server writes itself, since whoever sees them may see nothing else: HTML in which every value is escaped."""

from html import escape
from importlib.resources import files
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from server.texts import language

STYLE, MARK, FONT = "/sign-in/style.css", "/sign-in/mark.svg", "/sign-in/font.woff2"
FILES = (STYLE, MARK, FONT)
_HERE = Path(__file__).parent

_HEADERS = {
    # Nothing of another place, no script at all, in nobody's frame.
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Fieldmark</title>
<link rel="icon" href="{mark}">
<link rel="stylesheet" href="{style}">
</head>
<body>
<main>
<p class="brand"><img src="{mark}" alt="" width="28" height="28">Fieldmark</p>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""


class Html(str):
    """Markup of ours; any other text is escaped before it goes into a page."""


def fill(markup: str, **values: str | Html) -> Html:
    """``markup`` with the values in it."""
    return Html(markup.format(**{name: value if isinstance(value, Html) else escape(value) for name, value in values.items()}))


def page(title: str, *parts: Html, status: int = 200) -> Response:
    """A page of its own, in the reader's language."""
    text = fill(_PAGE, language=language.get(), title=title, mark=MARK, style=STYLE, content=Html("\n".join(parts)))
    return HTMLResponse(text, status, _HEADERS)


def paragraph(text: str) -> Html:
    """What the page says."""
    return fill("<p>{text}</p>", text=text)


def problem(text: str) -> Html:
    """What was wrong, read out at once to those who listen; nothing if nothing was."""
    return fill('<p class="problem" role="alert">{text}</p>', text=text) if text else Html()


def link(address: str, text: str) -> Html:
    """A link that looks like a button."""
    return fill('<a class="button" href="{address}">{text}</a>', address=address, text=text)


def form(action: str, button: str, *parts: Html) -> Html:
    """A form that is sent to ``action``."""
    markup = '<form method="post" action="{action}">\n{parts}\n<button>{button}</button>\n</form>'
    return fill(markup, action=action, button=button, parts=Html("\n".join(parts)))


def hidden(name: str, value: str) -> Html:
    """A value that goes along."""
    return fill('<input type="hidden" name="{name}" value="{value}">', name=name, value=value)


def entry(name: str, label: str, autocomplete: str, value: str = "", *, focus: bool = False) -> Html:
    """A line to fill in: a password where ``autocomplete`` says so, which is never sent back."""
    is_password = autocomplete.endswith("password")
    markup = """<label>{label}<input name="{name}" type="{type}" value="{value}" autocomplete="{autocomplete}" required
 maxlength="1000" autocapitalize="none" spellcheck="false"{focus}></label>"""
    return fill(
        markup,
        name=name,
        label=label,
        autocomplete=autocomplete,
        type="password" if is_password else "text",
        value="" if is_password else value,
        focus=Html(" autofocus" if focus else ""),
    )


async def _file(request: Request) -> Response:
    return FileResponse(_PATHS[request.url.path], headers={"cache-control": "public, max-age=86400"})


def _font() -> Path:
    # The pages' own font, out of the installed package; its name there carries a sum.
    media = Path(str(files("streamlit"))) / "static" / "static" / "media"
    return next(media.glob("SourceSansVF-Upright*.woff2"))


_PATHS = {STYLE: _HERE / "static" / "sign_in.css", MARK: _HERE.parent / "pages" / "static" / "favicon.svg", FONT: _font()}


def routes() -> list[Route]:
    """The files that these pages need."""
    return [Route(address, _file) for address in FILES]
