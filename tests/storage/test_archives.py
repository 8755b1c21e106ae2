"""Archives of images as people send them: names of any origin, and contents that are not to be trusted."""

import io
import struct
import zipfile
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import archives, pictures
from storage.core import BadImage, InvalidValue

WINDOWS, UNIX = 0, 3  # systems as the format numbers them


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def opened(data: bytes) -> zipfile.ZipFile:
    return archives.open_archive("scans.zip", io.BytesIO(data))


def only(data: bytes) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
    archive = opened(data)
    (entry,) = archives.files_of(archive)
    return archive, entry


def changed(data: bytes, offset: int, value: bytes) -> bytes:
    """The archive with other bytes at an offset of its entry's record in the table of contents."""
    at = data.index(b"PK\x01\x02") + offset
    return data[:at] + value + data[at + len(value) :]


def test_a_file_comes_out_as_it_went_in() -> None:
    archive, entry = only(packed({"a/b/scan.png": b"12.50" * 999}))
    assert (archives.file_name(entry), archives.read(archive, entry)) == ("scan.png", b"12.50" * 999)


@pytest.mark.parametrize(
    ("name", "system", "encoding"),
    [
        # "чек" in code page 866 is valid UTF-8 as well, and on Windows not meant so.
        *[(name, WINDOWS, "cp866") for name in ("чек.png", "Чеки за май №7.png", "ёж.png", "scan 1.png")],
        *[(name, system, "utf-8") for name in ("чек.png", "Чеки за май №7.png", "ёж.png", "Ç.png") for system in (UNIX, WINDOWS)],
        ("Чеки за май №7.png", UNIX, "cp866"),
    ],
)
def test_names_are_read_whichever_program_wrote_them(name: str, system: int, encoding: str) -> None:
    # None of these sets the flag that says UTF-8; zipfile alone would show "τÑ¬.png" or "╤ç╨╡╨║.png".
    raw = name.encode(encoding)
    data = packed({"x" * len(raw): b"12.50"}).replace(b"x" * len(raw), raw)
    archive, entry = only(changed(data, 5, bytes([system])))
    assert (archives.file_name(entry), archives.read(archive, entry)) == (name, b"12.50")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\\..\\passwd"])
def test_folders_never_become_part_of_a_name(name: str) -> None:
    assert archives.file_name(only(packed({name: b"x"}))[1]) == "passwd"


def test_folders_and_what_file_managers_leave_are_passed_over() -> None:
    clutter = ["scans/", "__MACOSX/._1.png", "scans/__MACOSX/x", ".DS_Store", "scans/Thumbs.db", "desktop.ini"]
    archive = opened(packed({"scans/1.png": b"x", **dict.fromkeys(clutter, b"")}))
    assert [entry.filename for entry in archives.files_of(archive)] == ["scans/1.png"]


# Named, since an archive holds the time: processes that share the tests must find the same ones.
@pytest.mark.parametrize(
    "data",
    [b"", b"PK", bytes(100), packed({"a": b"x"})[:-9], packed({"a": b"x"})[:-30]],
    ids=["empty", "only its first letters", "zeros", "a little cut off", "more cut off"],
)
def test_what_is_no_whole_archive_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(InvalidValue, match=r"'scans\.zip' is damaged or not a ZIP"):
        opened(data)


def test_an_encrypted_file_is_refused_by_name() -> None:
    with pytest.raises(BadImage, match=r"'scan\.png' is encrypted"):
        archives.read(*only(changed(packed({"scan.png": b"x"}), 8, b"\1")))


def test_a_method_that_unpacks_without_a_limit_is_refused_unread() -> None:
    with pytest.raises(BadImage, match=r"'bomb\.png' is packed by a method"):
        archives.read(*only(packed({"bomb.png": bytes(10_000_000)}, zipfile.ZIP_BZIP2)))


def test_a_damaged_file_is_refused_by_name() -> None:
    data = packed({"scan.png": b"12.50"}, zipfile.ZIP_STORED).replace(b"12.50", b"99.50")
    with pytest.raises(BadImage, match=r"'scan\.png' is damaged in the archive: Bad CRC-32"):
        archives.read(*only(data))


def test_a_file_that_declares_more_than_an_image_may_have_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    archive, entry = only(packed({"bomb.png": bytes(5000)}))
    monkeypatch.setattr(pictures, "MAX_BYTES", 4999)
    monkeypatch.delattr(zipfile.ZipFile, "open")
    with pytest.raises(BadImage, match=r"'bomb\.png' has more than"):
        archives.read(archive, entry)


def test_a_file_that_holds_more_than_it_declares_is_cut_there_and_refused() -> None:
    bomb = changed(packed({"bomb.png": bytes(50_000_000)}), 24, struct.pack("<I", 100))
    with pytest.raises(BadImage, match=r"'bomb\.png' is damaged"):
        archives.read(*only(bomb))
    # Even with the sum of the part that it declares, no more than that comes out.
    lying = changed(bomb, 16, struct.pack("<I", zlib.crc32(bytes(100))))
    assert archives.read(*only(lying)) == bytes(100)


def test_a_table_of_contents_that_would_fill_the_memory_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = packed({f"{number:060d}": b"" for number in range(100)})
    monkeypatch.setattr(archives, "_PIECE", 10_000)
    with pytest.raises(InvalidValue, match="table of contents has 10600 bytes"):
        opened(data)


@given(st.data())
def test_whatever_is_damaged_is_read_or_refused(data: st.DataObject) -> None:
    archive = bytearray(packed({"a/чек.png": b"12.50" * 40, "b.png": bytes(300)}))
    for _ in range(data.draw(st.integers(1, 6))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InvalidValue, BadImage):
        found = opened(bytes(archive))
        for entry in archives.files_of(found):
            assert len(archives.read(found, entry)) <= entry.file_size
