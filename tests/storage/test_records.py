"""Records on disk: what is written is read, and every kind of damage is told from a whole file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.core import records
from storage.core.errors import Damaged, InvalidValue, NotFound
from storage.core.records import Record


class Note(Record):
    text: str
    number: int = 0


WHOLE = records.encode(Note(text="Größe", number=7))


@given(text=st.text(), number=st.integers())
def test_what_is_written_is_read(tmp_path_factory, text, number):
    note = Note(text=text, number=number)
    assert records.decode(Note, records.encode(note), tmp_path_factory.getbasetemp()) == note


def test_equal_records_are_never_equal_bytes():
    assert records.encode(Note(text="a")) != records.encode(Note(text="a"))


@given(at=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7))
def test_one_flipped_bit_is_damage_or_in_the_nonce_alone(tmp_path_factory, at, bit):
    data = bytearray(WHOLE)
    data[at] ^= 1 << bit
    nonce = range(WHOLE.index(b'"nonce":"') + 9, WHOLE.index(b'","sum"'))
    if at in nonce:
        assert records.decode(Note, bytes(data), tmp_path_factory.getbasetemp()) == Note(text="Größe", number=7)
    else:
        with pytest.raises(Damaged):
            records.decode(Note, bytes(data), tmp_path_factory.getbasetemp())


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_truncated_record_is_damaged(tmp_path, length):
    (tmp_path / "a").write_bytes(WHOLE[:length])
    with pytest.raises(Damaged):
        records.load(Note, tmp_path / "a")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b"\0" * 100, "it is not a record of this store"),
        (b'{"text": "a"}', "it is not a record of this store"),
        (WHOLE.replace(b"7", b"8", 1), "its content does not match its checksum"),
        (WHOLE + WHOLE, "its content does not match its checksum"),
    ],
    ids=["empty", "zeros of a power cut", "plain JSON", "edited by hand", "written twice"],
)
def test_damage_is_named_with_the_file_and_what_is_wrong(tmp_path, data, reason):
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(Damaged, match=f"{tmp_path}/a is damaged: {reason}. Restore it from a backup"):
        records.load(Note, tmp_path / "a")


def test_a_whole_record_of_another_kind_is_damaged_and_its_fields_are_named(tmp_path):
    class Other(Record):
        title: str

    (tmp_path / "a").write_bytes(records.encode(Other(title="x")))
    with pytest.raises(Damaged, match=r"text: field required.*title: extra inputs"):
        records.load(Note, tmp_path / "a")


def test_a_folder_where_a_record_belongs_is_damage_not_a_crash(tmp_path):
    with pytest.raises(Damaged, match="Is a directory"):
        records.load(Note, tmp_path)


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    assert records.load_if_there(Note, tmp_path / "none") is None
    with pytest.raises(NotFound, match="none is not there"):
        records.load(Note, tmp_path / "none")


def test_bad_values_are_refused_with_field_expectation_and_value():
    with pytest.raises(InvalidValue, match=r"number: input should be a valid integer.*not 'many'"):
        records.make(Note, text="a", number="many")
