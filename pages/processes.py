"""Auto-labelling processes: what runs, what ran and how it went; start, stop, apply and roll back."""

from pages.parts.guard import require
from pages.parts.process_add import render_add
from pages.parts.process_page import render_head, render_processes
from pages.parts.process_questions import render_question

# Before anything is read: the router's list alone would be no lock.
user = require("processes", "view")

render_head("auto-label", user)
# Outside the list's fragment: a dialog belongs to a run of the whole page, and of two at once only one can be open.
if not render_question("auto-label", user):
    render_add("auto-label", user)
render_processes("auto-label", user)
