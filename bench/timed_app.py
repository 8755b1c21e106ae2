"""The dashboard as ``app.py`` starts it, writing the seconds of every run of a page's script to ``FIELDMARK_SCRIPT_TIMES``."""

# ruff: noqa: E402

import os
import sys
import time
from pathlib import Path
from typing import Any

# Streamlit puts this script's folder first, where bench/pages.py would stand before the package of that name.
sys.path[:] = [path for path in sys.path if Path(path).resolve() != Path(__file__).resolve().parent]

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner

from server.identity import IdentityMiddleware
from server.routes import routes
from server.startup import lifespan

TIMES = Path(os.environ["FIELDMARK_SCRIPT_TIMES"])
MAIN = os.environ.get("FIELDMARK_SCRIPT", "pages/main.py")

_run_script = ScriptRunner._run_script


def timed(runner: ScriptRunner, rerun: Any) -> None:
    """Streamlit's own run of the script, measured from outside; one that another click cuts off counts as well."""
    started = time.perf_counter()
    try:
        _run_script(runner, rerun)
    finally:
        with TIMES.open("a") as file:
            file.write(f"{time.perf_counter() - started:.6f}\n")


ScriptRunner._run_script = timed  # type: ignore[method-assign]

app = st.App(Path(__file__).resolve().parents[1] / MAIN, lifespan=lifespan, routes=routes(), middleware=[Middleware(IdentityMiddleware)])
