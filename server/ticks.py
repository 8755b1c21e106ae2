"""Ticks in their turn: parts of a page that follow something (the bell, a run under way) ask for themselves every few seconds.

Streamlit 1.67 has no good answer to two that come at the wrong moment. One sent from a page that was left meanwhile makes
the browser empty the page that is shown. One that comes while a run has ended, but not all of what it drew is on its way
to the browser, makes Streamlit throw the rest away.
"""

import asyncio

from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

_AGAIN_S = 0.01  # until a tick asks again; what a run drew is on its way within a few of these

_request_rerun = AppSession.request_rerun


def put_in_turn() -> None:
    """Have every session of this process drop ticks of pages that were left, and let what was drawn go first."""
    AppSession.request_rerun = _request_in_turn  # type: ignore[method-assign, assignment]


def _request_in_turn(session: AppSession, wanted: ClientState | None) -> None:
    if wanted is None or not wanted.fragment_id:
        _request_rerun(session, wanted)
    elif _is_of_page_shown(session, wanted):
        if _has_more_to_send(session):
            asyncio.get_running_loop().call_later(_AGAIN_S, _request_in_turn, session, wanted)
        else:
            _request_rerun(session, wanted)


def _is_of_page_shown(session: AppSession, wanted: ClientState) -> bool:
    shown = session._pages_manager.current_page_script_hash
    return not shown or wanted.page_script_hash in ("", shown)


def _has_more_to_send(session: AppSession) -> bool:
    """Say whether the last run has ended and is still the session's: it is until all it drew has been taken over."""
    runner = session._scriptrunner
    return runner is not None and runner._requests._state is ScriptRequestType.STOP
