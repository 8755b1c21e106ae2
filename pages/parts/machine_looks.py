"""How it stands with a machine, and how that looks."""

from typing import TYPE_CHECKING, Literal

from pages.parts.data import get_store, is_alive
from pages.parts.i18n import _
from pages.parts.states import Look
from storage.processes import Process, State

# Of its type alone: importing it would only lengthen the chain of imports.
if TYPE_CHECKING:
    from pages.parts.machine_picker import Candidate

Standing = Literal["available", "busy", "disabled", "silent", "unseen"]

LOOKS: dict[Standing, Look] = {
    "available": Look("green", ":material/check_circle:", "✓"),
    "busy": Look("blue", ":material/play_arrow:", "▶"),
    "disabled": Look("gray", ":material/block:", "■"),
    "silent": Look("red", ":material/wifi_off:", "!"),
    "unseen": Look("gray", ":material/hourglass_empty:", "○"),
}


def standing(candidate: "Candidate") -> Standing:
    """Whether the machine can take a process, and if not what is in the way."""
    # A disabled one first, also when it is silent: nobody need wonder why nothing goes on there.
    if not candidate.machine.enabled:
        return "disabled"
    if candidate.obstacle == "silent":
        return "silent" if candidate.info else "unseen"
    return "busy" if candidate.busy else "available"


def standing_name(code: Standing) -> str:
    """The standing in the reader's language."""
    return {
        "available": _("Available"),
        "busy": _("Busy"),
        "disabled": _("Disabled"),
        "silent": _("Not responding"),
        "unseen": _("Never seen"),
    }[code]


def is_live(candidate: "Candidate") -> bool:
    """Whether its worker responds, so that what it reported is as it is now."""
    return is_alive(str(get_store().root), candidate.machine.id)


def running(candidate: "Candidate") -> Process | None:
    """The process that the machine runs; the others it holds wait."""
    at_it = (State.STARTING, State.RUNNING, State.STOPPING)
    return next((process for process in candidate.busy if process.state in at_it), None)
