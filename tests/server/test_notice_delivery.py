"""Notices leave by real HTTP and real SMTP: signed, tried again, once whatever the number of dashboards, given up aloud."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from server import background, machine_watch, mode, notice_delivery
from server.notice_delivery import Courier
from server.notice_webhook import SIGNATURE
from storage import access, accounts, deliveries, machines, notice_events, notice_settings, notices
from storage.attempts import Message, Outcome
from storage.core import Store, new_id, now
from storage.deliveries import PAUSES, Parcel
from storage.notice_settings import NoticeSettings
from storage.notices import Board, Notice
from storage.settings import Settings, SmtpSettings
from tests.runs import Runs
from tests.server.receivers import Hook, PostOffice, serving


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.at = now()

    def __call__(self) -> datetime:
        return self.at

    def go_on(self, by: timedelta) -> None:
        self.at += by


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hook() -> Iterator[Hook]:
    server = Hook()
    with serving(server):
        yield server


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[PostOffice]:
    """A mail server that the settings name."""
    server = PostOffice()
    smtp = SmtpSettings(host="127.0.0.1", port=server.port, from_address="Fieldmark <robot@example.org>", tls="none")
    monkeypatch.setattr(notice_delivery, "settings", lambda: Settings(smtp=smtp))
    with serving(server):
        yield server


@pytest.fixture(autouse=True)
def nobody_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mode, "is_sign_in", lambda: False)
    monkeypatch.setattr(mode, "own_address", lambda: "https://fieldmark.example.org")


def wish(store: Store, account: str = "local", **settings: object) -> NoticeSettings:
    """The account chooses how to be told."""
    rev, _ = notice_settings.read(store, account)
    notice_settings.write(store, account, rev, NoticeSettings(**settings))
    return notice_settings.read(store, account)[1]


def tell(store: Store, **about: object) -> Notice:
    """Something that concerns the local administrator happens."""
    message = Message(template="The run completed; what it found can be applied")
    values = {"code": "process.completed", "subject": "receipts · быстро", "message": message, "to": ("local",), "process": new_id()}
    identifier = notices.publish(store, (new_id(),), **{**values, **about})
    return find(store, identifier)


def find(store: Store, identifier: str) -> Notice:
    return next(notice for notice in Board(store).load() if notice.id == identifier)


def state(store: Store, notice: Notice, way: notice_settings.Way = "webhook", account: str = "local") -> str | None:
    delivery = deliveries.read(store, Parcel(notice, way, account))[1]
    return delivery.state if delivery else None


def test_a_notice_goes_to_the_webhook_signed_by_the_accounts_secret(store: Store, hook: Hook) -> None:
    chosen = wish(store, url=hook.url)
    notice = tell(store)
    Courier(store).tend()
    ((body, headers),) = hook.taken
    assert headers[SIGNATURE.lower()] == "sha256=" + hmac.new(chosen.secret.encode(), body, hashlib.sha256).hexdigest()
    said = json.loads(body)
    assert (said["id"], said["code"], said["subject"]) == (notice.id, "process.completed", "receipts · быстро")
    assert said["url"] == f"https://fieldmark.example.org/processes?process={notice.process}"


def test_what_failed_is_tried_again_after_its_pause_and_sent_once(store: Store, hook: Hook, clock: Clock) -> None:
    wish(store, url=hook.url)
    notice, courier = tell(store), Courier(store, clock)
    hook.status = 503
    courier.tend()
    courier.tend()  # too early
    assert (state(store, notice), len(hook.taken)) == ("waiting", 1)
    hook.status = 204
    clock.go_on(PAUSES[0])
    for _ in range(3):
        courier.tend()
        clock.go_on(timedelta(hours=1))
    assert (state(store, notice), len(hook.taken)) == ("delivered", 2)


def test_an_address_at_which_nobody_listens_is_tried_again(store: Store, clock: Clock) -> None:
    hook = Hook()
    wish(store, url=hook.url)
    hook.server_close()
    notice, courier = tell(store), Courier(store, clock)
    courier.tend()
    delivery = deliveries.read(store, Parcel(notice, "webhook", "local"))[1]
    assert delivery
    assert delivery.state == "waiting"
    assert "127.0.0.1 cannot be reached" in str(delivery.reason)


def test_after_a_day_it_is_given_up_and_said_in_the_inbox(store: Store, hook: Hook, clock: Clock) -> None:
    wish(store, url=hook.url)
    hook.status = 500
    first, second, courier = tell(store), tell(store), Courier(store, clock)
    courier.tend()
    for pause in PAUSES:
        clock.go_on(pause)
        courier.tend()
    assert [state(store, notice) for notice in (first, second)] == ["given_up"] * 2
    assert len(hook.taken) == 2 * (1 + len(PAUSES))
    (told,) = [notice for notice in Board(store).load() if notice.code == "delivery.failed"]  # once for both
    assert (told.to, told.subject) == (("local",), hook.url)
    assert str(told.reason) == "127.0.0.1 answered with status 500; only 200 to 299 count as taken"


def test_a_redirect_is_not_followed(store: Store, hook: Hook) -> None:
    target = Hook()
    with serving(target):
        hook.status, hook.location = 302, target.url
        wish(store, url=hook.url)
        notice = tell(store)
        Courier(store).tend()
    assert target.taken == []
    assert state(store, notice) == "waiting"


def test_two_dashboards_send_it_once(store: Store, hook: Hook) -> None:
    wish(store, url=hook.url)
    told = [tell(store) for _ in range(5)]
    threads = [threading.Thread(target=Courier(store).tend) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(json.loads(body)["id"] for body, _ in hook.taken) == sorted(notice.id for notice in told)


def test_a_dashboard_that_starts_again_goes_on_where_it_was(store: Store, hook: Hook, clock: Clock) -> None:
    wish(store, url=hook.url)
    hook.status = 500
    notice = tell(store)
    Courier(store, clock).tend()
    hook.status = 200
    clock.go_on(PAUSES[0])
    for _ in range(2):
        Courier(store, clock).tend()
    assert (state(store, notice), len(hook.taken)) == ("delivered", 2)


def test_a_corrected_address_counts_for_what_waits_already(store: Store, hook: Hook, clock: Clock) -> None:
    wish(store, url="http://127.0.0.1:9/nowhere")
    notice, courier = tell(store), Courier(store, clock)
    courier.tend()
    wish(store, url=hook.url)
    clock.go_on(PAUSES[0])
    courier.tend()
    assert state(store, notice) == "delivered"


def test_what_happened_before_it_was_asked_for_is_not_sent(store: Store, hook: Hook) -> None:
    notice = tell(store, at=now() - timedelta(minutes=1))
    wish(store, url=hook.url)
    Courier(store).tend()
    assert (state(store, notice), hook.taken) == (None, [])


def test_only_what_was_chosen_is_sent(store: Store, hook: Hook) -> None:
    wish(store, url=hook.url, webhook=("process.failed",))
    tell(store)
    failed = tell(store, code="process.failed")
    Courier(store).tend()
    assert [json.loads(body)["id"] for body, _ in hook.taken] == [failed.id]


def test_a_test_is_tried_once_and_its_failure_said_at_once(store: Store, hook: Hook) -> None:
    wish(store, url=hook.url, webhook=())
    hook.status = 404
    test = find(store, notice_events.send_test(store, "local"))
    Courier(store).tend()
    assert state(store, test) == "given_up"
    assert {notice.code for notice in Board(store).load()} == {"test", "delivery.failed"}


def test_where_people_sign_in_nothing_is_sent_for_the_local_administrator(
    store: Store, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish(store, url=hook.url)
    monkeypatch.setattr(mode, "is_sign_in", lambda: True)
    tell(store)
    Courier(store).tend()
    assert hook.taken == []


class Team:
    """An account with the right to see processes, and a project."""

    def __init__(self, store: Store) -> None:
        self.account = accounts.create(store, "anna", "local", password="a long enough pass phrase", roles=("viewer",)).id

    def is_told(self, store: Store, hook: Hook, project: str | None = None) -> bool:
        wish(store, self.account, url=hook.url)
        tell(store, to=(self.account,), project=project)
        Courier(store).tend()
        return bool(hook.taken)


def test_a_blocked_account_is_told_nothing(store: Store, hook: Hook) -> None:
    team = Team(store)
    accounts.create(store, "root", "local", password="another long pass phrase", roles=("administrator",))
    accounts.change(store, team.account, "local", blocked=True)
    assert not team.is_told(store, hook)


def test_an_account_is_told_nothing_of_a_project_hidden_from_it(store: Store, hook: Hook) -> None:
    team, project = Team(store), new_id()
    access.write(store, project, 0, (), "local")
    assert not team.is_told(store, hook, project)
    assert team.is_told(store, hook, new_id())


def test_a_notice_goes_by_e_mail_in_the_accounts_language(store: Store, office: PostOffice) -> None:
    team = Team(store)
    accounts.change(store, team.account, "local", language="ru")
    wish(store, team.account, address="anna@example.org")
    # Of a text that has been in the catalogue for long.
    notice = tell(store, to=(team.account,), reason=Message(template="The worker was shut down; the run goes on when it is back"))
    Courier(store).tend()
    (mail,) = office.taken
    text = mail.get_content()
    assert (mail["To"], mail["Subject"][:28]) == ("anna@example.org", "Fieldmark: receipts · быстро")
    assert "Исполнитель был остановлен; процесс продолжится, когда он вернётся" in text
    assert f"https://fieldmark.example.org/processes?process={notice.process}" in text
    assert mail["Message-ID"] == f"<{notice.id}@example.org>"


def test_a_mail_server_that_refuses_is_asked_again(store: Store, office: PostOffice, clock: Clock) -> None:
    wish(store, address="ann@example.org")
    notice, courier = tell(store), Courier(store, clock)
    office.refusal = "451 come back later"
    courier.tend()
    delivery = deliveries.read(store, Parcel(notice, "email", "local"))[1]
    assert delivery
    assert "come back later" in str(delivery.reason)
    office.refusal = ""
    clock.go_on(PAUSES[0])
    courier.tend()
    assert (state(store, notice, "email"), len(office.taken)) == ("delivered", 1)


def test_names_cannot_add_headers_to_an_e_mail(store: Store, office: PostOffice) -> None:
    wish(store, address="ann@example.org")
    tell(store, subject="receipts\r\nBcc: mallory@example.org")
    Courier(store).tend()
    (mail,) = office.taken
    assert mail["Bcc"] is None


def test_without_a_mail_server_the_reason_is_said(store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice_delivery, "settings", Settings)
    wish(store, address="ann@example.org")
    notice = tell(store)
    Courier(store, clock).tend()
    delivery = deliveries.read(store, Parcel(notice, "email", "local"))[1]
    assert "[smtp]" in str(delivery and delivery.reason)


def test_one_that_does_not_get_through_keeps_no_other_waiting(store: Store, hook: Hook, office: PostOffice) -> None:
    wish(store, url=hook.url, address="ann@example.org")
    hook.status, notice = 500, tell(store)
    Courier(store).tend()
    assert (state(store, notice, "webhook"), state(store, notice, "email")) == ("waiting", "delivered")


class Host:
    """A machine in a store whose heartbeat the test can make old."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs, self._monkeypatch = Runs(store.root), monkeypatch

    def fall_silent(self) -> None:
        self._monkeypatch.setattr(machines, "heartbeat_age", lambda store, machine: 46.0)

    def lost(self) -> list[Notice]:
        for _ in range(2):  # two dashboards
            machine_watch.look(self.runs.store)
        return [notice for notice in Board(self.runs.store).load() if notice.code == "machine.lost"]


@pytest.fixture
def host(store: Store, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(store, monkeypatch)


def test_a_machine_that_falls_silent_over_a_process_is_told_once(host: Host) -> None:
    host.runs.running(3)
    assert host.lost() == []
    host.fall_silent()
    assert [(notice.subject, notice.to, notice.to_managers) for notice in host.lost()] == [("bench", ("ann",), True)]


def test_a_machine_that_has_nothing_to_finish_may_fall_silent(host: Host) -> None:
    host.runs.ended(Outcome.COMPLETED)
    host.fall_silent()
    assert host.lost() == []


def test_a_machine_that_said_good_bye_is_not_lost(host: Host) -> None:
    host.runs.queued()
    host.runs.heartbeat(left=True)
    host.fall_silent()
    assert host.lost() == []


def test_work_in_the_background_goes_on_after_an_error(caplog: pytest.LogCaptureFixture) -> None:
    stop, turns = threading.Event(), []

    def task() -> None:
        turns.append(len(turns))
        if len(turns) == 3:
            stop.set()
        raise ValueError("what nobody thought of")

    background.repeat(task, stop, 0, 0)
    assert turns == [0, 1, 2]
    assert len(caplog.records) == 3
