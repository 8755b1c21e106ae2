"""Training templates: what a trained model is for and begins with, and the parameters of its runs."""

from pages.parts.guard import require
from pages.parts.template_page import render_templates

# Before anything is read: the router's list alone would be no lock.
user = require("templates", "view")

render_templates("training", user)
