"""The first administrator: made once, by the newest code, in a store without accounts."""

import pytest

from storage import accounts, first_account
from storage.core import InvalidValue, Refused, Store
from storage.people import person

PASSWORD = "correct horse battery"


@pytest.fixture
def code(store: Store) -> str:
    given = first_account.open_setup(store)
    assert given is not None
    return given


def test_the_code_makes_an_administrator(store: Store, code: str) -> None:
    made = first_account.redeem(store, code, "anna", PASSWORD)
    assert person(store, made.id).may("accounts", "manage")
    assert accounts.check_password(store, "anna", PASSWORD) == made


def test_the_code_is_good_for_one_account(store: Store, code: str) -> None:
    first_account.redeem(store, code, "anna", PASSWORD)
    with pytest.raises(Refused, match="used or out of date"):
        first_account.redeem(store, code, "eve", PASSWORD)
    assert accounts.find(store, "eve") is None


def test_no_code_is_handed_out_when_there_is_an_account(store: Store, code: str) -> None:
    accounts.create(store, "bob", "local")
    assert first_account.open_setup(store) is None
    assert not first_account.is_open(store, code)


def test_a_damaged_account_does_not_open_the_set_up_again(store: Store, code: str) -> None:
    made = first_account.redeem(store, code, "anna", PASSWORD)
    (store.account(made.id) / "account.000001.json").write_bytes(b"")
    assert first_account.open_setup(store) is None


def test_a_later_code_takes_the_place_of_an_earlier_one(store: Store, code: str) -> None:
    newer = first_account.open_setup(store)
    assert newer is not None
    assert not first_account.is_open(store, code)
    assert first_account.is_open(store, newer)


@pytest.mark.parametrize("code", ["", "x", "none"])
def test_another_code_is_refused(store: Store, code: str) -> None:
    first_account.open_setup(store)
    with pytest.raises(Refused, match="used or out of date"):
        first_account.redeem(store, code, "eve", PASSWORD)


@pytest.mark.parametrize(("name", "password"), [("anna", "short"), ("../up", PASSWORD)])
def test_what_is_not_allowed_does_not_cost_the_code(store: Store, code: str, name: str, password: str) -> None:
    with pytest.raises(InvalidValue):
        first_account.redeem(store, code, name, password)
    assert first_account.is_open(store, code)


def test_the_codes_text_is_in_no_file(store: Store, code: str) -> None:
    first_account.redeem(store, code, "anna", PASSWORD)
    assert not [path for path in store.root.rglob("*") if path.is_file() and code.encode() in path.read_bytes()]
