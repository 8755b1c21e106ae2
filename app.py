"""The dashboard's entry: ``python -m streamlit run app.py``; ``FIELDMARK_STORE`` names the store."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from server.identity import IdentityMiddleware
from server.routes import routes
from server.startup import lifespan

app = st.App(
    # Absolute, since launchers disagree on what a relative path is relative to. The script lies inside pages/ on
    # purpose: beside that folder, Streamlit would run a page by its own, without main.py and before any check.
    Path(__file__).resolve().parent / "pages" / "main.py",
    lifespan=lifespan,
    routes=routes(),
    middleware=[Middleware(IdentityMiddleware)],
)

if __name__ == "__main__":
    app.run()
