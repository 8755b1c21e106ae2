"""Every text is in the catalogues, and numbers, plurals and dates read as people write them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from string import Formatter

import pytest
from babel.messages.catalog import Message as Text
from babel.messages.pofile import read_po

from pages.parts import i18n
from pages.parts.messages import collect
from storage import catalogues
from storage.attempts import Message, message_of
from storage.core import BadImage
from storage.processes import State


def _russian() -> dict[str | Sequence[str], Text]:
    with (i18n.LOCALES / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {message.id: message for message in read_po(file, locale="ru") if message.id}


RUSSIAN = _russian()


@pytest.fixture
def russian(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who reads Russian is looking."""
    monkeypatch.setattr(i18n, "language", lambda: "ru")


def test_the_template_catalogue_holds_every_text_used() -> None:
    with (i18n.LOCALES / "messages.pot").open("rb") as file:
        kept = {message.id for message in read_po(file)}
    missing = {message.id for message in collect()} - kept
    assert not missing, "run python -m pages.parts.messages and translate what is new"


def test_every_text_is_translated_into_russian() -> None:
    used = {message.id for message in collect() if message.id}
    empty = [text for text in used if text not in RUSSIAN or not all(_forms(RUSSIAN[text].string))]
    assert not empty


def test_no_translation_is_a_guess() -> None:
    assert [text for text, message in RUSSIAN.items() if message.fuzzy] == []


def test_a_counted_text_has_the_three_forms_of_russian() -> None:
    counted = {text: message.string for text, message in RUSSIAN.items() if message.pluralizable}
    assert counted
    assert [text for text, forms in counted.items() if len(forms) != 3 or not all(forms)] == []


def test_a_translation_has_the_placeholders_of_its_text() -> None:
    problems = [(text, str(error)) for text, message in RUSSIAN.items() for error in message.check()]
    lost = [
        (text, form) for text, message in RUSSIAN.items() for form in _forms(message.string) if form and _holes(form) != _holes_of(text)
    ]
    assert not problems
    assert not lost


@pytest.mark.usefixtures("russian")
@pytest.mark.parametrize(
    ("count", "text"), [(1, "1 процесс"), (3, "3 процесса"), (11, "11 процессов"), (1000, "1\N{NO-BREAK SPACE}000 процессов")]
)
def test_russian_plurals_follow_the_number(count: int, text: str) -> None:
    assert i18n.ngettext("{count} process", "{count} processes", count) == text


@pytest.mark.usefixtures("russian")
def test_russian_numbers_and_times_are_written_the_russian_way() -> None:
    assert i18n.number(0.812, 3) == "0,812"
    assert i18n.small_number(0.00049999) == "0,0005"
    assert i18n.duration(3 * 3600 + 125) == "3 ч 2 мин"


def test_the_year_is_told_only_of_other_years() -> None:
    assert i18n.moment(datetime(2019, 3, 5, 14, 7, tzinfo=UTC)) == "5 Mar 2019 14:07"
    assert "20" not in i18n.moment(datetime.now(UTC).replace(month=1, day=1, hour=1, minute=1, second=1))


@pytest.mark.usefixtures("russian")
def test_words_of_ours_in_a_message_are_translated_and_names_are_not() -> None:
    template = "Machine {machine!r} is busy with process {other} ({state}); wait for it or choose another machine"
    text = i18n.said(template, {"machine": "Running", "other": "p", "state": State.RUNNING.value})
    assert text.startswith("Машина 'Running' занята процессом p (Выполняется)")


@pytest.mark.parametrize(
    "values", [{}, {"name": None}, {"share": "x"}], ids=["nothing", "another value", "a value that does not fit its format"]
)
def test_a_message_with_the_wrong_values_still_shows(values: dict[str, object]) -> None:
    assert "labelled" in i18n.said("{share:.0%} of {name} labelled", values)


def test_a_reason_that_is_a_message_itself_is_translated_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(i18n, "language", lambda: "ru")
    reason = message_of(BadImage("Image {name!r} is empty (0 bytes). Copy or export it again", name="a.png"))
    kept = Message.model_validate_json(Message(template="Image {image} skipped: {reason}", values={"reason": reason}).model_dump_json())
    assert i18n.said(kept.template, {**kept.values, "image": "a"}).endswith(i18n.said(reason.template, reason.values))
    assert "is empty" in str(Message(template="{reason}", values=kept.values))
    assert "is empty" not in i18n.said(kept.template, kept.values)


@pytest.mark.parametrize(("language", "text"), [("en", "after 12,000 at 0.0005"), ("ru", "after 12\N{NO-BREAK SPACE}000 at 0,0005")])
def test_numbers_in_a_message_are_written_as_the_reader_does(language: str, text: str) -> None:
    assert catalogues.said(language, "after {iteration} at {lr}", {"iteration": 12000, "lr": 0.0005}) == text


def _forms(translation: str | Sequence[str] | None) -> Sequence[str | None]:
    return [translation] if isinstance(translation, str | None) else translation


def _holes(text: str) -> set[tuple[str, str | None]]:
    """Names and formats of what is filled in; how a name is quoted is the language's business."""
    return {(name, form) for _text, name, form, _quoted in Formatter().parse(text) if name is not None}


def _holes_of(text: str | Sequence[str]) -> set[tuple[str, str | None]]:
    return set().union(*map(_holes, [text] if isinstance(text, str) else text))
