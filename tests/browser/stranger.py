"""The dashboard as somebody sees it whom the server names but no page knows: for the test that no page can be bypassed."""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from server.identity import IdentityMiddleware

app = st.App(
    Path(__file__).resolve().parents[2] / "pages" / "main.py",
    middleware=[Middleware(IdentityMiddleware, identify=lambda scope: "stranger")],
)
