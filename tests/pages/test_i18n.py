"""Every text is in the catalogues, and numbers, plurals and dates read as people write them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from babel.messages.pofile import read_po

from pages.parts import i18n
from pages.parts.messages import collect
from storage.processes import State


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
    with (i18n.LOCALES / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        messages = {message.id: message.string for message in read_po(file) if message.id}
    used = {message.id for message in collect() if message.id}
    empty = [text for text in used if not all(_forms(messages.get(text)))]
    assert not empty


def test_a_translation_has_the_placeholders_of_its_text() -> None:
    with (i18n.LOCALES / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        problems = [(message.id, str(error)) for message in read_po(file, locale="ru") if message.id for error in message.check()]
        file.seek(0)
        lost = [
            m.id for m in read_po(file) if isinstance(m.id, str) and isinstance(m.string, str) and m.id and _names(m.id) != _names(m.string)
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


def _forms(translation: str | Sequence[str] | None) -> Sequence[str | None]:
    return [translation] if isinstance(translation, str | None) else translation


def _names(text: str) -> set[str]:
    return {part.split("}")[0].split("!")[0] for part in text.split("{")[1:]}
