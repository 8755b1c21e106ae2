"""The dashboard's pages: one file each, ``main.py`` is their router."""
