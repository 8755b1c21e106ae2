"""Accounts: names, passwords and their rules, and that there is always an administrator who can sign in."""

import threading
import unicodedata
from contextlib import suppress

import pytest
from argon2 import extract_parameters

from storage import accounts, passwords
from storage.accounts import ACCOUNTS, Account
from storage.core import Conflict, InvalidValue, NameTaken, NotFound, Refused, Store
from storage.rights import ADMINISTRATOR

GOOD = "correct horse battery"


@pytest.fixture
def anna(store: Store) -> Account:
    """The only administrator."""
    return accounts.create(store, "anna", "local", password=GOOD, roles=(ADMINISTRATOR,))


def test_an_account_is_found_by_its_name_in_any_case(store: Store, anna: Account) -> None:
    assert accounts.find(store, "ANNA") == anna
    with pytest.raises(NameTaken):
        accounts.create(store, "Anna", "local")


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("nine char", "too short: use at least 10"),
        ("", "too short"),
        ("Anna-Petrova", "the name of the account"),
        ("QwertyUIOP", "guessed first"),
        ("йцукенгшщз", "guessed first"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused_by_that_rule(store: Store, password: str, rule: str) -> None:
    with pytest.raises(InvalidValue, match=rule):
        accounts.create(store, "anna-petrova", "local", password=password)
    assert accounts.find(store, "anna-petrova") is None


@pytest.mark.parametrize("password", ["QwertyUIOP", "Anna-Petrova"])
def test_what_is_said_of_a_refused_password_does_not_hold_it(password: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        passwords.check_rules(password, "anna-petrova")
    assert password not in f"{refused.value}{refused.value.values}"


def test_the_right_password_alone_opens_an_account(store: Store, anna: Account) -> None:
    assert accounts.check_password(store, "anna", GOOD) == anna
    assert accounts.check_password(store, "anna", f"{GOOD} ") is None
    assert accounts.check_password(store, "bob", GOOD) is None


def test_no_password_opens_an_account_that_has_none(store: Store) -> None:
    accounts.create(store, "bob", "local", subject="https://issuer bob")
    assert accounts.check_password(store, "bob", "") is None


def test_a_blocked_account_is_not_opened_by_its_password(store: Store, anna: Account) -> None:
    accounts.create(store, "bob", "local", password="a long password")
    accounts.change(store, "bob", anna.id, blocked=True)
    assert accounts.check_password(store, "bob", "a long password") is None


def test_a_password_is_one_however_the_keyboard_composes_its_letters(store: Store) -> None:
    accounts.create(store, "bob", "local", password=unicodedata.normalize("NFD", "мой длинный йод"))
    assert accounts.check_password(store, "bob", unicodedata.normalize("NFC", "мой длинный йод"))


def test_where_there_is_no_account_the_check_costs_the_same() -> None:
    assert extract_parameters(passwords.DECOY) == extract_parameters(passwords.hash_password(GOOD))


def test_neither_password_nor_hash_is_shown_or_journalled(store: Store, anna: Account) -> None:
    accounts.set_password(store, anna.id, "another long one", anna.id)
    told = repr(anna) + "".join(path.read_text() for path in store.root.glob("journal/*.jsonl"))
    assert "argon2" not in told
    everything = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    assert b"another long one" not in everything


def test_another_password_counts_from_now_on(store: Store, anna: Account) -> None:
    accounts.set_password(store, "anna", "another long one", anna.id, must_change=True)
    assert accounts.check_password(store, "anna", GOOD) is None
    changed = accounts.check_password(store, "anna", "another long one")
    assert changed
    assert changed.must_change


def test_a_change_touches_nothing_else(store: Store, anna: Account) -> None:
    accounts.change(store, anna.id, anna.id, name="anna.p", language="ru")
    changed = accounts.check_password(store, "anna.p", GOOD)
    assert changed
    assert (changed.id, changed.language, changed.roles) == (anna.id, "ru", (ADMINISTRATOR,))


@pytest.mark.parametrize("changes", [{"language": "de"}, {"full_name": "x" * 201}, {"colour": "red"}])
def test_a_value_that_is_not_allowed_is_named(store: Store, anna: Account, changes: dict[str, str]) -> None:
    with pytest.raises(InvalidValue, match=next(iter(changes))):
        accounts.change(store, "anna", "local", **changes)


@pytest.mark.parametrize("changes", [{"blocked": True}, {"roles": ("viewer",)}])
def test_the_only_administrator_stays_one(store: Store, anna: Account, changes: dict[str, object]) -> None:
    with pytest.raises(Refused, match="'anna' is the only administrator"):
        accounts.change(store, "anna", "local", **changes)
    assert accounts.find(store, "anna") == anna


def test_the_only_administrator_is_not_deleted(store: Store, anna: Account) -> None:
    with pytest.raises(Refused, match="the only administrator"):
        accounts.delete(store, "anna", "local")
    assert accounts.find(store, "anna") == anna


def test_an_administrator_who_cannot_sign_in_does_not_stand_in_for_one(store: Store, anna: Account) -> None:
    accounts.create(store, "ghost", "local", roles=(ADMINISTRATOR,))
    with pytest.raises(Refused):
        accounts.change(store, "anna", "local", blocked=True)


def test_with_another_administrator_one_may_go(store: Store, anna: Account) -> None:
    accounts.create(store, "bob", "local", subject="issuer bob", roles=(ADMINISTRATOR,))
    accounts.delete(store, "anna", "local")
    with pytest.raises(NotFound):
        ACCOUNTS.get(store, "anna")


def test_two_administrators_who_block_each_other_at_once_do_not_both_succeed(store: Store) -> None:
    names = [accounts.create(store, name, "local", subject=name, roles=(ADMINISTRATOR,)).name for name in ("anna", "bob")]
    start = threading.Barrier(2)

    def block(name: str) -> None:
        start.wait()
        with suppress(Refused, Conflict):
            accounts.change(store, name, "local", blocked=True)

    for _ in range(10):
        threads = [threading.Thread(target=block, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not all(ACCOUNTS.get(store, name)[1].blocked for name in names)
        for name in names:
            accounts.change(store, name, "local", blocked=False)


def test_a_person_of_the_organisations_sign_in_has_one_account(store: Store) -> None:
    bob = accounts.create(store, "bob", "local", subject="https://issuer 17")
    assert accounts.by_subject(store, "https://issuer 17") == bob
    with pytest.raises(Refused, match="'bob' belongs to this person"):
        accounts.create(store, "bob2", "local", subject="https://issuer 17")


def test_a_deleted_account_keeps_its_name_on_record(store: Store, anna: Account) -> None:
    bob = accounts.create(store, "bob", "local")
    accounts.delete(store, "bob", anna.id)
    assert accounts.names(store) == {anna.id: "anna", bob.id: "bob"}
