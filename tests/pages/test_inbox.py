"""The bell, its list, toasts, and the settings behind it; timers are the browser test's."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts import notice_settings as page
from storage import accounts, deliveries, notice_events, notice_settings, notices
from storage.attempts import Message, Outcome
from storage.core import Store, new_id, now
from storage.deliveries import Parcel
from storage.notice_settings import NoticeSettings
from storage.notices import Board
from storage.settings import Settings, SmtpSettings
from tests.runs import Runs

Open = Callable[..., AppTest]
HELLO = Message(template="Labels applied to {count} images", values={"count": 3})


def tell(store: Store, subject: str = "receipts · quick", **about: object) -> str:
    values = {"code": "labels.applied", "subject": subject, "message": HELLO, "to": ("local",), **about}
    return notices.publish(store, (new_id(),), **values)


def bell(app: AppTest) -> int:
    """How many unread notices the bell says there are."""
    found = [re.fullmatch(r":red-badge\[(\d+)\]", element.value) for element in app.markdown]
    return next((int(match[1]) for match in found if match), 0)


def open_inbox(app: AppTest) -> AppTest:
    app.session_state["inbox_open"] = True
    return app.run()


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def test_the_bell_counts_what_is_unread_on_every_page(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py")
    assert bell(app) == 0
    tell(runs.store)
    tell(runs.store)
    assert bell(app.run()) == 2
    assert bell(app.switch_page("data.py").run()) == 2


def test_the_list_says_what_happened_when_and_why_the_newest_first(runs: Runs, open_page: Open) -> None:
    tell(runs.store, "old_one", at=now() - timedelta(minutes=5))
    process = runs.ended(Outcome.FAILED, Message(template="{kind}: {error}", values={"kind": "ValueError", "error": "a *star*"}))
    notice_events.tell_process(runs.store, process)
    shown = text(open_inbox(open_page("machines.py")))
    assert "**receipts · quick**  \nThe run failed. ValueError: a \\*star\\*" in shown
    assert shown.index("receipts · quick") < shown.index("old\\_one")


def test_a_reason_of_many_lines_is_cut_to_one(runs: Runs, open_page: Open) -> None:
    tell(runs.store, reason=Message(template="{error}", values={"error": "torch says\n# much\n" * 99}))
    shown = next(element.value for element in open_inbox(open_page("machines.py")).markdown if "torch" in element.value)
    assert shown.endswith("…")
    assert len(shown) < 400


def test_where_people_sign_in_the_settings_are_on_their_account(runs: Runs, open_page: Open) -> None:
    account = accounts.create(runs.store, "ann", "local", password="a long enough pass phrase", roles=("trainer",))
    app = open_inbox(open_page("machines.py", account=account))
    next(button for button in app.button if button.label == "Settings").click().run()
    assert app.title[0].value == "My account"
    assert app.checkbox(key="notice_toast_disk.low").value


def test_an_empty_inbox_says_what_will_come(runs: Runs, open_page: Open) -> None:
    app = open_inbox(open_page("machines.py"))
    assert "You are told here when a process of yours ends" in text(app)
    assert next(button for button in app.button if button.label == "Mark all as read").disabled


def test_all_can_be_marked_as_read(runs: Runs, open_page: Open) -> None:
    found = {tell(runs.store), tell(runs.store)}
    app = open_inbox(open_page("machines.py"))
    next(button for button in app.button if button.label == "Mark all as read").click().run()
    assert bell(app) == 0
    assert notices.read_marks(runs.store, "local") == found


def test_open_leads_to_the_process_and_marks_the_notice_as_read(runs: Runs, open_page: Open) -> None:
    process = runs.ended(Outcome.COMPLETED)
    notice_events.tell_process(runs.store, process)
    (notice,) = Board(runs.store).load()
    app = open_inbox(open_page("machines.py"))
    app.button(key=f"open_{notice.id}").click().run()
    assert app.query_params["process"] == process.id
    assert bell(app) == 0
    assert not app.session_state["inbox_open"]


def test_what_waited_when_the_session_began_is_no_toast_and_what_comes_is_one_once(runs: Runs, open_page: Open) -> None:
    tell(runs.store, "before")
    app = open_page("machines.py")
    assert not app.toast
    tell(runs.store, "mine_")
    assert [toast.value for toast in app.run().toast] == ["**mine\\_**  \nLabels applied to 3 images"]
    assert not app.run().toast


@pytest.mark.usefixtures("first_toast_cut_off")
def test_a_toast_whose_run_is_cut_off_comes_with_the_next(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py")
    tell(runs.store, "mine")
    assert [toast.value for toast in app.run().toast] == ["**mine**  \nLabels applied to 3 images"]


def test_a_toast_that_is_not_wanted_does_not_come_but_the_bell_counts(runs: Runs, open_page: Open) -> None:
    notice_settings.write(runs.store, "local", 0, NoticeSettings(toast=("process.failed",)))
    app = open_page("machines.py")
    tell(runs.store)
    assert not app.run().toast
    assert bell(app) == 1


def test_many_at_once_are_counted_rather_than_piled_up(runs: Runs, open_page: Open) -> None:
    app = open_page("machines.py")
    for _ in range(5):
        tell(runs.store)
    assert [toast.value for toast in app.run().toast][3:] == ["2 more notices"]


def test_another_accounts_notice_is_not_shown(runs: Runs, open_page: Open) -> None:
    tell(runs.store, code="test", to=(new_id(),))
    assert bell(open_page("machines.py")) == 0


def test_settings_are_saved_from_the_inbox(runs: Runs, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    smtp = SmtpSettings(host="mail", from_address="robot@example.org")
    monkeypatch.setattr(page, "deployment", lambda: Settings(smtp=smtp))
    app = settings(open_page)
    app.checkbox(key="notice_email_disk.low").uncheck()
    app.checkbox(key="notice_toast_process.failed").uncheck()
    app.text_input(key="notice_address").set_value("ann@example.org")
    app.text_input(key="notice_url").set_value("https://example.org/hook")
    save(app)
    saved = notice_settings.read(runs.store, "local")[1]
    assert (saved.address, saved.url) == ("ann@example.org", "https://example.org/hook")
    assert "disk.low" not in saved.email
    assert "disk.low" in saved.webhook
    assert "process.failed" not in saved.toast
    assert app.code[0].value == saved.secret


def test_an_address_that_is_none_is_refused_and_nothing_saved(runs: Runs, open_page: Open) -> None:
    app = settings(open_page)
    app.text_input(key="notice_url").set_value("ftp://example.org")
    save(app)
    assert "begins with https:// or http://" in app.error[0].value
    assert notice_settings.read(runs.store, "local")[0] == 0


def test_without_a_mail_server_the_address_says_why_it_cannot_be_entered(runs: Runs, open_page: Open) -> None:
    field = settings(open_page).text_input(key="notice_address")
    assert field.disabled
    assert "no mail server" in field.help


def test_a_test_needs_somewhere_to_go(runs: Runs, open_page: Open) -> None:
    button = settings(open_page).button(key="notice_test_button")
    assert button.disabled
    assert "webhook address first" in button.help


def test_what_became_of_a_test_is_said(runs: Runs, open_page: Open) -> None:
    notice_settings.write(runs.store, "local", 0, NoticeSettings(url="https://example.org/hook"))
    app = settings(open_page)
    app.button(key="notice_test_button").click().run()
    assert "on its way" in text(open_inbox(app))
    (test,) = Board(runs.store).load()
    deliver(runs.store, Parcel(test, "webhook", "local"), Message(template="{host} answered 404", values={"host": "example.org"}))
    assert open_inbox(app).error[0].value == "Webhook: example.org answered 404"


def deliver(store: Store, parcel: Parcel, reason: Message | None) -> None:
    claimed = deliveries.claim(store, parcel, now())
    assert claimed
    deliveries.conclude(store, parcel, claimed, reason, now())


def settings(open_page: Open) -> AppTest:
    """The settings behind the bell."""
    app = open_inbox(open_page("machines.py"))
    return next(button for button in app.button if button.label == "Settings").click().run()


def save(app: AppTest) -> None:
    next(button for button in app.button if button.label == "Save").click().run()
