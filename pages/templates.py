"""Auto-labelling templates: the parameters of runs, with their advice."""

from pages.parts.guard import require
from pages.parts.template_page import render_templates

# Before anything is read: the router's list alone would be no lock.
user = require("templates", "view")

render_templates("auto-label", user)
