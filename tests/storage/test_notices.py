"""Notices: made once, shown to those they concern, read, sent by each account's settings, removed after a month."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from storage import deliveries, machines, notice_events, notice_settings, notices, processes
from storage.attempts import Message, Outcome
from storage.check import check_store
from storage.core import Conflict, InvalidValue, Store, list_names, new_id, now
from storage.deliveries import PAUSES, STALE, Parcel
from storage.notice_settings import NoticeSettings
from storage.notices import Board, Notice
from storage.people import LOCAL, Person
from storage.rights import EVERYTHING
from tests.runs import Runs

ANN = Person("ann", rights=frozenset({("processes", "view")}))
MANAGER = Person("max", rights=EVERYTHING)
HELLO = Message(template="Hello")


@pytest.fixture
def runs(store: Store) -> Runs:
    """Processes in every state, all of them started by ann."""
    return Runs(store.root)


def published(store: Store, *event: str, **about: object) -> Notice:
    values = {"code": "process.completed", "subject": "receipts", "message": HELLO, **about}
    identifier = notices.publish(store, event or (new_id(),), **values)
    return next(notice for notice in Board(store).load() if notice.id == identifier)


def codes(store: Store) -> list[str]:
    return [notice.code for notice in Board(store).load()]


def test_an_event_that_many_see_at_once_makes_one_notice(store: Store) -> None:
    with ThreadPoolExecutor(8) as hosts:
        list(hosts.map(lambda _: published(store, "run", "p", "1"), range(32)))
    assert len(Board(store).load()) == 1


def test_events_whose_words_run_together_alike_are_two(store: Store) -> None:
    published(store, "run", "p1", "1")
    published(store, "run", "p", "11")
    assert len(Board(store).load()) == 2


def test_the_newest_comes_first(store: Store) -> None:
    old = published(store, at=now() - timedelta(hours=1))
    new = published(store)
    assert [notice.id for notice in Board(store).load()] == [new.id, old.id]


def test_a_damaged_notice_hides_no_other(store: Store) -> None:
    whole, broken = published(store), published(store)
    store.notice(broken.id).write_bytes(b"{")
    assert [notice.id for notice in Board(store).load()] == [whole.id]


def test_a_board_sees_what_came_and_what_was_removed_since(store: Store) -> None:
    board, first = Board(store), published(store)
    assert board.load() == [first]
    second = published(store)
    store.notice(first.id).unlink()
    assert board.load() == [second]


def test_a_store_that_cannot_be_written_keeps_nobody_from_going_on(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    store.notices.write_text("a file where the folder belongs")
    notices.publish(store, ("x",), code="disk.low", subject="bench", message=HELLO)
    assert "cannot be written" in caplog.text


@pytest.mark.parametrize(
    ("about", "person", "is_shown"),
    [
        ({"to": ("ann",)}, ANN, True),
        ({"to": ("ann",)}, MANAGER, False),
        ({"to": ("ann",), "process": "p"}, ANN, True),
        ({"to": ("ann",), "process": "p"}, replace(ANN, rights=frozenset()), False),
        ({"to": ("ann",), "project": "p"}, replace(ANN, hides=lambda project: True), False),
        ({"to_managers": True}, MANAGER, True),
        ({"to_managers": True}, ANN, False),
        ({"to": ("root",)}, LOCAL, True),
        ({"to": ("root",), "code": "test"}, LOCAL, False),
    ],
    ids=[
        "its author",
        "an administrator whose process it is not",
        "an author who may see processes",
        "an author who no longer may",
        "an author from whom the project is hidden",
        "who may manage machines",
        "who may not",
        "the local administrator, of what a shell's user started",
        "not of what is another account's own",
    ],
)
def test_a_notice_is_shown_to_those_it_concerns(about: dict[str, object], person: Person, is_shown: bool) -> None:
    notice = Notice(**{"id": new_id(), "code": "process.completed", "at": now(), "subject": "s", "message": HELLO, **about})
    assert bool(notices.for_person([notice], person)) == is_shown


def test_read_stays_read_and_what_came_later_is_unread(store: Store) -> None:
    first = published(store, at=now())
    notices.mark_read(store, "local", [first])
    # Seen later, though it happened before.
    late = published(store, at=now() - timedelta(minutes=5))
    assert notices.read_marks(store, "local") == {first.id}
    notices.mark_read(store, "local", [late])
    assert notices.read_marks(store, "local") == {first.id, late.id}


def test_what_was_removed_is_forgotten_by_the_next_reading(store: Store) -> None:
    old, new = published(store), published(store)
    notices.mark_read(store, "local", [old])
    store.notice(old.id).unlink()
    notices.mark_read(store, "local", [new])
    assert notices.read_marks(store, "local") == {new.id}


def test_each_account_reads_for_itself(store: Store) -> None:
    account = new_id()
    notices.mark_read(store, account, [published(store)])
    assert notices.read_marks(store, "local") == frozenset()


def test_after_thirty_days_a_notice_goes_with_all_of_its_deliveries(store: Store) -> None:
    old, new = published(store, at=now() - timedelta(days=31)), published(store)
    deliveries.claim(store, Parcel(old, "email", "local"), now())
    notices.remove_old(store, now())
    assert Board(store).load() == [new]
    assert list_names(store.root / "deliveries") == []


@pytest.mark.parametrize(
    ("outcome", "code"),
    [(Outcome.COMPLETED, "process.completed"), (Outcome.FAILED, "process.failed"), (Outcome.INTERRUPTED, "process.interrupted")],
)
def test_the_end_of_a_run_is_told_to_its_author(runs: Runs, outcome: Outcome, code: str) -> None:
    process = runs.ended(outcome, HELLO)
    for _ in range(2):
        notice_events.tell_process(runs.store, process)
    (notice,) = Board(runs.store).load()
    assert (notice.code, notice.to, notice.process, notice.subject) == (code, ("ann",), process.id, "receipts · quick")
    assert notice.reason == HELLO


def test_whoever_resumed_a_run_is_told_beside_its_author(runs: Runs) -> None:
    process = runs.ended(Outcome.FAILED)
    processes.ask(runs.store, process, "start", "bob")
    runs.attempt(process := processes.get(runs.store, process.id))
    runs.end(processes.get(runs.store, process.id), Outcome.COMPLETED)
    notice_events.tell_process(runs.store, processes.get(runs.store, process.id))
    assert [notice.to for notice in Board(runs.store).load()] == [("ann", "bob")]


def test_a_run_that_a_person_stopped_is_no_news(runs: Runs) -> None:
    notice_events.tell_process(runs.store, runs.ended(Outcome.STOPPED))
    assert codes(runs.store) == []


def test_what_ended_before_yesterday_is_no_news(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    process = runs.ended(Outcome.COMPLETED)
    tomorrow = now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(notice_events, "now", lambda: tomorrow)
    notice_events.tell_process(runs.store, process)
    assert codes(runs.store) == []


def test_a_lost_machine_is_told_once_and_again_after_it_reported(runs: Runs) -> None:
    process, info = runs.running(5), machines.read_info(runs.store, runs.machine.id)
    assert info is not None
    for seq in (1, 1, 2):
        notice_events.tell_machine_lost(runs.store, runs.machine, info.model_copy(update={"seq": seq}), [process])
    assert codes(runs.store) == ["machine.lost"] * 2
    assert Board(runs.store).load()[0].to == ("ann",)


@pytest.mark.parametrize(
    ("total", "free", "is_low"),
    [(1000, 49, True), (1000, 50, False), (10, 1.9, True), (10, 2, False)],
    ids=["below 5 %", "5 %", "below 2 GB, of a small disk", "2 GB"],
)
def test_a_disk_is_low_below_five_percent_or_two_gigabytes(total: float, free: float, is_low: bool) -> None:
    assert notice_events.is_low(int(total * 1024**3), int(free * 1024**3)) == is_low


def test_a_low_disk_is_told_once_by_all_machines_until_it_recovers(runs: Runs) -> None:
    other = machines.register(runs.store, "second")
    for machine in (runs.machine, other, runs.machine):
        notice_events.tell_disk(runs.store, machine, True, 10**9)
    assert codes(runs.store) == ["disk.low"]
    notice_events.tell_disk(runs.store, other, False, 10**12)
    notice_events.tell_disk(runs.store, other, True, 10**9)
    assert codes(runs.store) == ["disk.low"] * 2


def test_a_disk_that_is_fine_is_no_news_and_writes_nothing(runs: Runs) -> None:
    notice_events.tell_disk(runs.store, runs.machine, False, 10**12)
    assert list_names(runs.store.notices) == []


def test_settings_are_defaults_until_saved(store: Store) -> None:
    assert notice_settings.read(store, "local") == (0, NoticeSettings())
    assert not NoticeSettings().wants("process.failed", "email")  # there is no address


def test_settings_come_back_as_saved_with_a_secret_that_stays(store: Store) -> None:
    notice_settings.write(
        store, "local", 0, NoticeSettings(url="https://example.org/hook", email=("disk.low",), address=" ann@example.org ")
    )
    rev, first = notice_settings.read(store, "local")
    notice_settings.write(store, "local", rev, first.model_copy(update={"url": "http://example.org/other"}))
    second = notice_settings.read(store, "local")[1]
    assert (second.address, second.email, second.secret) == ("ann@example.org", ("disk.low",), first.secret)
    assert len(first.secret) == 64


def test_a_webhook_that_is_taken_away_takes_its_secret_along(store: Store) -> None:
    notice_settings.write(store, "local", 0, NoticeSettings(url="https://example.org"))
    first = notice_settings.read(store, "local")[1]
    notice_settings.write(store, "local", 1, first.model_copy(update={"url": ""}))
    notice_settings.write(store, "local", 2, notice_settings.read(store, "local")[1].model_copy(update={"url": first.url}))
    assert notice_settings.read(store, "local")[1].secret not in ("", first.secret)


def test_a_change_of_settings_is_in_the_journal_without_addresses(store: Store) -> None:
    notice_settings.write(store, "local", 0, NoticeSettings(url="https://example.org/secret"))
    (written,) = (path.read_text() for path in (store.root / "journal").glob("*.jsonl"))
    assert '"account.notices"' in written
    assert "example.org" not in written


def test_settings_changed_in_another_window_are_not_overwritten(store: Store) -> None:
    notice_settings.write(store, "local", 0, NoticeSettings(toast=()))
    with pytest.raises(Conflict):
        notice_settings.write(store, "local", 0, NoticeSettings())


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org", "file:///etc/passwd", "https://", "example.org", "http://[::1", "http://a b", "http://a:99999", "http://a\n"],
)
def test_nothing_is_sent_but_to_web_addresses(url: str) -> None:
    with pytest.raises(InvalidValue):
        notice_settings.check_url(url)


@pytest.mark.parametrize("address", ["ann", "ann@", "ann@example.org, bob@example.org", "ann@example.org\nBcc: bob@example.org", "<a@b>"])
def test_what_is_no_single_address_is_refused(store: Store, address: str) -> None:
    with pytest.raises(InvalidValue):
        notice_settings.write(store, "local", 0, NoticeSettings(address=address))


def test_of_two_dashboards_one_makes_a_try(store: Store) -> None:
    parcel = Parcel(published(store), "webhook", "local")
    with ThreadPoolExecutor(8) as dashboards:
        claims = list(dashboards.map(lambda _: deliveries.claim(store, parcel, now()), range(8)))
    assert [claim for claim in claims if claim] == [1]


def test_after_each_failure_the_pause_grows_until_it_is_given_up(store: Store) -> None:
    parcel, at = Parcel(published(store), "webhook", "local"), now()
    for pause in PAUSES:
        claimed = deliveries.claim(store, parcel, at)
        assert claimed
        assert deliveries.conclude(store, parcel, claimed, HELLO, at).state == "waiting"
        assert deliveries.claim(store, parcel, at + pause - timedelta(seconds=1)) is None
        at += pause
    claimed = deliveries.claim(store, parcel, at)
    assert claimed
    assert deliveries.conclude(store, parcel, claimed, HELLO, at).state == "given_up"
    assert deliveries.claim(store, parcel, at + timedelta(days=9)) is None
    assert timedelta(hours=23) < sum(PAUSES, timedelta()) <= timedelta(days=1)


def test_a_dashboard_that_died_over_a_try_leaves_it_to_the_next(store: Store) -> None:
    parcel, at = Parcel(published(store), "email", "local"), now()
    first = deliveries.claim(store, parcel, at)
    assert first
    assert deliveries.claim(store, parcel, at + STALE - timedelta(seconds=1)) is None
    second = deliveries.claim(store, parcel, at + STALE)
    assert second
    # The first was only slow: what the second finds counts.
    deliveries.conclude(store, parcel, first, None, at + STALE)
    assert deliveries.read(store, parcel)[1] == deliveries.Delivery(state="trying", tries=2, at=at + STALE)


def test_the_check_of_a_store_knows_all_files_of_notices_and_tells_a_damaged_one(runs: Runs) -> None:
    notice = published(runs.store)
    notice_events.tell_disk(runs.store, runs.machine, True, 10**9)
    for account in ("local", new_id()):
        notices.mark_read(runs.store, account, [notice])
        notice_settings.write(runs.store, account, 0, NoticeSettings(url="https://example.org"))
        deliveries.claim(runs.store, Parcel(notice, "webhook", account), now())
    assert check_store(runs.store) == []
    runs.store.inbox("local").write_bytes(b"{")
    assert [problem.path for problem in check_store(runs.store)] == ["accounts/local/inbox.json"]
