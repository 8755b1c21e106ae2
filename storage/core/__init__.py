"""What every module of the store stands on: errors, ids, paths, the ways to write, records and their revisions."""

from storage.core.errors import BadImage, Conflict, Damaged, InvalidValue, NameTaken, NotFound, Refused, StoreError
from storage.core.files import (
    TEMP_PREFIX,
    LineWriter,
    create_once,
    list_names,
    make_folder,
    publish_folder,
    read_file,
    read_lines,
    remove_file,
    replace_file,
    sha256,
)
from storage.core.ids import check_id, is_id, new_id
from storage.core.objects import MAX_BYTES, Holder, Kind, NamedRecord, check_name, find_name
from storage.core.paths import ApplyPaths, AttemptPaths, JobPaths, ModelPaths, ProcessPaths, ProjectPaths, Store
from storage.core.records import Record, decode, encode, explain, load, load_if_there, make, now
from storage.core.revisions import create_revision, head_revision, head_revisions, load_head, parse_revision, revision_path
from storage.core.root import Root, open_store, store_uuid

# mypy takes an imported name for private to this file unless it is listed.
__all__ = [
    "MAX_BYTES",
    "TEMP_PREFIX",
    "ApplyPaths",
    "AttemptPaths",
    "BadImage",
    "Conflict",
    "Damaged",
    "Holder",
    "InvalidValue",
    "JobPaths",
    "Kind",
    "LineWriter",
    "ModelPaths",
    "NameTaken",
    "NamedRecord",
    "NotFound",
    "ProcessPaths",
    "ProjectPaths",
    "Record",
    "Refused",
    "Root",
    "Store",
    "StoreError",
    "check_id",
    "check_name",
    "create_once",
    "create_revision",
    "decode",
    "encode",
    "explain",
    "find_name",
    "head_revision",
    "head_revisions",
    "is_id",
    "list_names",
    "load",
    "load_head",
    "load_if_there",
    "make",
    "make_folder",
    "new_id",
    "now",
    "open_store",
    "parse_revision",
    "publish_folder",
    "read_file",
    "read_lines",
    "remove_file",
    "replace_file",
    "revision_path",
    "sha256",
    "store_uuid",
]
