"""ZIP archives of document images as people send them: read entry by entry, nothing is unpacked to a disk."""

import struct
import zlib
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from storage import pictures, uploads
from storage.core import BadImage, InvalidValue, ProjectPaths, unrecorded
from storage.images import Image

# What file managers put beside a person's files.
_CLUTTER = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_ENCRYPTED, _UTF_8 = 0x1, 0x800  # bits of an entry's flags (APPNOTE.TXT 4.4.4)
_UNIX = 3  # the system that packed it (4.4.2)
# zipfile unpacks the other kinds without a limit: of bzip2, 1 kB can be 1 GB.
_BOUNDED = (ZIP_STORED, ZIP_DEFLATED)
# zipfile reads the table of contents at once and makes 600 bytes of objects of each entry of 46 or more.
_PIECE = 16_000_000
# What zipfile raises for broken contents, found by feeding it damaged archives.
_BROKEN = (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError)


class _InPieces:
    """A file that is read in pieces of at most ``_PIECE`` bytes; BadZipFile for more."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes."""
        if size > _PIECE:
            raise BadZipFile(f"its table of contents has {size} bytes, at most {_PIECE} are read")
        return self._file.read(size)


def open_archive(name: str, file: IO[bytes]) -> ZipFile:
    """The archive in ``file``; InvalidValue, naming it, if it is no whole ZIP."""
    try:
        return ZipFile(_InPieces(file))  # type: ignore[call-overload]
    except _BROKEN as error:
        raise InvalidValue(
            "Archive {name!r} is damaged or not a ZIP: {reason}. Pack the images again", name=name, reason=str(error)
        ) from error


def files_of(archive: ZipFile) -> list[ZipInfo]:
    """The entries that are a person's files, in the archive's order."""
    return [entry for entry in archive.infolist() if not _is_clutter(_path(entry))]


def file_name(entry: ZipInfo) -> str:
    """The entry's name without the folders it lies in."""
    return _path(entry).rpartition("/")[2]


def read(archive: ZipFile, entry: ZipInfo) -> bytes:
    """The entry's bytes; BadImage, naming it, if it is encrypted, damaged or larger than an image may be."""
    name = file_name(entry)
    if entry.flag_bits & _ENCRYPTED:
        raise BadImage("Image {name!r} is encrypted in the archive. Pack it without a password", name=name)
    if entry.compress_type not in _BOUNDED:
        raise BadImage("Image {name!r} is packed by a method that is not read. Pack it as an ordinary ZIP (Deflate)", name=name)
    if entry.file_size > pictures.MAX_BYTES:
        raise uploads.too_large(name)
    try:
        # An entry that holds more than it declares is cut there by zipfile, and then fails its sum.
        with archive.open(entry) as file:
            return b"".join(iter(lambda: file.read(_PIECE), b""))
    except _BROKEN as error:
        raise BadImage("Image {name!r} is damaged in the archive: {reason}. Pack it again", name=name, reason=str(error)) from error


def add_entry(project: ProjectPaths, archive: ZipFile, entry: ZipInfo, author: str) -> Image:
    """Take the entry into the project as ``uploads.add`` does, under its name without folders; the archive goes on record as one."""
    with unrecorded():
        return uploads.add(project, file_name(entry), read(archive, entry), author)


def _is_clutter(path: str) -> bool:
    # By the path: ZipInfo.is_dir() of Python 3.11 fails on an entry without a name.
    *folders, name = path.split("/")
    return not name or name in _CLUTTER or "__MACOSX" in folders


def _path(entry: ZipInfo) -> str:
    """The entry's name in its own encoding, with ``/`` between folders."""
    # zipfile takes a name without the flag for code page 437, as the format says.
    name = entry.filename if entry.flag_bits & _UTF_8 else _decoded(entry.filename.encode("cp437"), entry.create_system)
    return name.replace("\\", "/")


def _decoded(raw: bytes, system: int) -> str:
    """A name without the flag: UTF-8 is what Mac and Linux write all the same, Russian Windows its code page 866."""
    russian = raw.decode("cp866")
    # "чек" in code page 866 is valid UTF-8 too; "чек" in UTF-8 has lines and corners (╤З╨╡╨║) in code page 866.
    if system != _UNIX and not any("─" <= character <= "▟" for character in russian):
        return russian
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return russian
