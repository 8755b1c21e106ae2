"""Every page and everybody who may ask, over a raw websocket, each page on a server of its own that has served nobody before.

Streamlit once ran the first page that a fresh server was asked for by itself, without the main script and its rights. So the
first to ask each server are those who have none.
"""

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.util import calc_hash
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from storage.rights import PAGES, Need
from tests.askers import Asker, askers
from tests.browser.program import ROOT, Dashboard
from tests.secret_store import MARK, Secrets, secret_store

# What each page shows of the store to whoever may see it.
SHOWN = {
    "projects": "SECRET-PROJECT",
    "data": "SECRET-IMAGE",
    "labelling": "SECRET-FIELD",
    "review": "SECRET-PROJECT",
    "templates": "SECRET-TEMPLATE",
    "processes": "SECRET-TEMPLATE",
    "training_templates": "SECRET-TRAINING",
    "training_processes": "SECRET-TRAINING",
    "monitoring": "SECRET-PROJECT",
    "models": "SECRET-MODEL",
    "testing": "SECRET-MODEL",
    "machines": "SECRET-MACHINE",
    "model_types": "SECRET-TYPE",
    "base_models": "SECRET-BASE",
    "accounts": "SECRET-ACCOUNT",
    "roles": "SECRET-ROLE",
    "journal": "SECRET-PROJECT",
    "my_account": "My account",
}
# Where images stand among other things, only for those who may see images; editors ask for them by routes.
WITH_IMAGES = ("data", "monitoring")
IMAGE = b"SECRET-IMAGE"
REFUSAL = b"You may not see this page"
AT_ONCE = 3  # servers side by side
NEEDS: dict[str, Need | None] = {**PAGES, "my_account": None}


@dataclass(frozen=True)
class Came:
    """What somebody got: the status of the page's address, what its websocket gave, and the pages in the navigation."""

    address: int
    page: str
    listed: frozenset[str] = frozenset()


def owed(asker: Asker, page: str) -> Came:
    """What this one is to get."""
    stopped, need = asker.stopped_at(f"/{page}"), NEEDS[page]
    if stopped:
        return Came(stopped, "no connection: 403")
    shown = "shown with images" if page in WITH_IMAGES and ("images", "view") in asker.rights else "shown"
    listed = frozenset(name for name, wanted in PAGES.items() if wanted in asker.rights)
    return Came(200, shown if need is None or need in asker.rights else "refused", listed)


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    """A store of secrets."""
    return secret_store(tmp_path_factory.mktemp("walk") / "store")


@pytest.fixture(scope="module")
def everybody(secrets: Secrets) -> dict[str, Asker]:
    """Everybody who asks, those without a right first."""
    found = askers(secrets.store)
    return dict(sorted(found.items(), key=lambda item: len(item[1].rights)))


@pytest.fixture(scope="module")
def walks(
    secrets: Secrets, everybody: dict[str, Asker], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[dict[str, Came]]]]:
    """What came of each page; some servers start while others are asked."""
    folders = {page: tmp_path_factory.mktemp(page) for page in SHOWN}
    pool = ThreadPoolExecutor(AT_ONCE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDMARK_SIGN_IN", "1")
        yield {page: pool.submit(walk, page, secrets, everybody, folder) for page, folder in folders.items()}
        pool.shutdown(cancel_futures=True)


def test_no_page_is_forgotten() -> None:
    files = {path.stem for path in (ROOT / "pages").glob("*.py")} - {"__init__", "main"}
    assert SHOWN.keys() == NEEDS.keys() == files


@pytest.mark.parametrize("page", SHOWN)
def test_a_page_is_shown_to_whoever_has_its_right_and_to_nobody_else(
    page: str, everybody: dict[str, Asker], walks: dict[str, Future[dict[str, Came]]]
) -> None:
    assert walks[page].result() == {name: owed(asker, page) for name, asker in everybody.items()}


def walk(page: str, secrets: Secrets, everybody: dict[str, Asker], folder: Path) -> dict[str, Came]:
    """Ask a fresh server for the page as everybody in turn."""
    server = Dashboard(secrets.store, folder / "server.log")
    server.start()
    try:
        return {name: ask(server.address, page, secrets, asker) for name, asker in everybody.items()}
    finally:
        server.kill()


def ask(address: str, page: str, secrets: Secrets, asker: Asker) -> Came:
    """Ask for the page's address, and for the page over the websocket."""
    status = httpx.get(f"{address}/{page}", headers=asker.headers).status_code
    query = query_for(page, secrets)
    try:
        with connect(f"ws{address.removeprefix('http')}/_stcore/stream", additional_headers=asker.headers, max_size=None) as socket:
            messages = run(socket, query, page_name=page)
            came = Came(status, judged(messages, page), listed(messages))
            if came.page == "refused":  # by Streamlit's number for it neither
                came = replace(came, page=judged(run(socket, query, page_script_hash=calc_hash(page)), page))
    except InvalidStatus as error:
        return Came(status, f"no connection: {error.response.status_code}")
    return came


def query_for(page: str, secrets: Secrets) -> str:
    """What the page is to be about; one of the other kind would lead to its own page."""
    is_training = page.startswith("training")
    template = secrets.training_template if is_training else secrets.template
    process = secrets.training if is_training else secrets.process
    return urlencode({"project": secrets.project, "template": template, "process": process, "model": secrets.process})


def run(socket: ClientConnection, query: str, **page: str) -> list[ForwardMsg]:
    """Everything that a run of the page sends to the browser."""
    socket.send(BackMsg(rerun_script=ClientState(query_string=query, **page)).SerializeToString())
    received = [ForwardMsg()]
    while received[-1].WhichOneof("type") != "script_finished":
        received.append(ForwardMsg.FromString(socket.recv(timeout=60)))
    return received


def judged(messages: list[ForwardMsg], page: str) -> str:
    """Whether the page was shown or refused; a refusal may hold nothing of the store."""
    bytes_ = b"".join(message.SerializeToString() for message in messages)
    if REFUSAL in bytes_:
        return "refused" if MARK not in bytes_ else f"refused, with {set(re.findall(rb'SECRET-[A-Z]+', bytes_))}"
    if SHOWN[page].encode() not in bytes_:
        return "neither shown nor refused"
    return "shown with images" if IMAGE in bytes_ and page != "journal" else "shown"  # which names all there ever was


def listed(messages: list[ForwardMsg]) -> frozenset[str]:
    """The pages in the navigation."""
    found = [page for message in messages for page in message.navigation.app_pages if not page.is_hidden]
    return frozenset(page.url_pathname for page in found)
