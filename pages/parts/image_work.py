"""Changing many images at once: what is worked on, how far it is, and what could not be changed."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.guard import User, demand
from pages.parts.i18n import _, number
from storage import images
from storage.core import ProjectPaths, Store, StoreError, acting_as
from storage.images import Image
from storage.index import Index
from storage.rights import Need

# Only named here; importing it would lengthen the chains of imports.
if TYPE_CHECKING:
    from pages.parts.image_list import ImageList

PROBLEMS = "image_problems"
"""Of the session: what could not be changed last, as errors of the store."""
_SHOW_PROGRESS_S = 1.0
_AT_ONCE = 4  # changes under way: each waits for the disk, not for a core


@dataclass(frozen=True)
class Work:
    """The list that is looked at, by whom, and where its images are kept."""

    store: Store
    index: Index
    images: "ImageList"
    user: User

    @property
    def paths(self) -> ProjectPaths:
        """The project's folders."""
        return self.store.project(self.images.project.id)


def change_all(work: Work, needs: Need, chosen: Sequence[str], change: Callable[[Image], object]) -> int:
    """Change every image as it is now, for whoever has the right that it ``needs``; how many could be.

    The others are said with their reasons on the next run.
    """
    problems: list[StoreError] = []
    st.session_state[PROBLEMS] = problems
    try:
        demand(*needs, work.images.project.id)
    except StoreError as error:
        problems.append(error)
        return 0

    def attempt(image: str) -> None:
        try:
            with acting_as(work.user.account):  # pages know who acts by their own thread alone
                change(images.find(work.paths, image))
        except StoreError as error:
            problems.append(error)

    begun, place = time.monotonic(), st.empty()
    # A press of anything ends this run at its next call of Streamlit. The block still waits for all that it was given.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done, change_done in enumerate([pool.submit(attempt, image) for image in chosen]):
            change_done.result()
            if time.monotonic() - begun > _SHOW_PROGRESS_S and done % 10 == 0:
                place.progress(done / len(chosen), _("{done} of {total}").format(done=number(done), total=number(len(chosen))))
    return len(chosen) - len(problems)
