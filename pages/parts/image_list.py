"""One page of a project's images as a table or a grid, and which of them are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.data import Names, get_store, load_names
from pages.parts.i18n import _, moment, ngettext, number
from pages.parts.image_grid import ClassBar, image_grid
from pages.parts.image_states import IMAGE_STATES, image_state_name
from pages.parts.image_view import View, split_names
from pages.parts.linked_table import key_of_chosen
from pages.parts.links import set_link
from pages.parts.text import plain
from storage.index import Index, Row
from storage.projects import Project
from storage.turns import turned_size

# Rows of a page: 48 fills rows of four, six and eight tiles. More would only be more to send.
PAGE = {"table": 50, "grid": 48}
_ROW_HEIGHT, _HEADER, _TABLE_HEIGHT = 52, 36, 720  # pixels
_GONE = "#868e96"  # of a class that left the scheme

_CHOSEN, _VIEW, _ROUND, _TABLE, _PAGE = "chosen_images", "chosen_view", "chosen_round", "image_table", "image_page"


@dataclass(frozen=True)
class ImageList:
    """A page of rows out of the ``total`` images that a view of a project shows."""

    project: Project
    view: View
    rows: list[Row]
    total: int

    @property
    def is_everything(self) -> bool:
        """Whether all images of the view are chosen, those on other pages too."""
        return bool(st.session_state.get(_VIEW) == (self.project.id, self.view.wanted))

    @property
    def chosen(self) -> list[str]:
        """Ids of the images of this page that are chosen."""
        if self.is_everything:
            return [row.image for row in self.rows]
        # What was chosen on another page is not seen any more, and must not be deleted unseen.
        known = set(st.session_state.get(_CHOSEN, ()))
        return [row.image for row in self.rows if row.image in known]

    @property
    def chosen_count(self) -> int:
        """How many images are chosen."""
        return self.total if self.is_everything else len(self.chosen)

    def chosen_rows(self, index: Index) -> list[Row]:
        """Every chosen image, of all pages if everything is chosen."""
        if self.is_everything:
            return index.page(self.project.id, self.view.wanted, limit=-1)
        return index.rows(self.project.id, self.chosen)


def load_list(index: Index, project: Project, view: View) -> ImageList:
    """The rows of the page in the address."""
    total, size = index.count(project.id, view.wanted), PAGE[view.layout]
    wanted = st.query_params.get("page", "1")
    number = min(max(1, int(wanted) if wanted.isdecimal() else 1), max(1, -(-total // size)))
    # Before the widget is made; Streamlit refuses to set its value after that.
    if st.session_state.get(_PAGE, 1) != number:
        st.session_state[_PAGE] = number
    return ImageList(project, view, index.page(project.id, view.wanted, view.order, view.descending, size, (number - 1) * size), total)


def start_over() -> None:
    """Begin another list: it may have fewer pages than the number of the one that is open, and nothing is chosen in it."""
    set_link("page", None)
    choose([])


def choose(images: Sequence[str]) -> None:
    """Choose these images and no others."""
    st.session_state[_CHOSEN] = list(images)
    st.session_state.pop(_VIEW, None)
    st.session_state[_ROUND] = st.session_state.get(_ROUND, 0) + 1  # the grid takes over what the page chose


def choose_everything(images: ImageList) -> None:
    """Choose all images of the view, on whatever page."""
    choose([])
    st.session_state[_VIEW] = (images.project.id, images.view.wanted)


def render_list(images: ImageList, bar: ClassBar | None) -> str | None:
    """Draw the page of rows, a grid with the bar that gives classes; the id of an image that was opened."""
    _render_damage(images)
    if images.view.layout == "grid":
        return _render_grid(images, bar)
    _render_table(images)
    return None


def render_pages(images: ImageList) -> None:
    """The page numbers, if there is more than one page."""
    pages = -(-images.total // PAGE[images.view.layout])
    if pages > 1:
        # Not bound to the address by Streamlit, which would read it only here, when the rows are chosen already.
        st.pagination(pages, key=_PAGE, on_change=lambda: set_link("page", str(st.session_state[_PAGE])))


def _render_damage(images: ImageList) -> None:
    """Why the damaged images of the page are so; beside the list, as the reasons name files and are long."""
    damaged = [row for row in images.rows if row.damage]
    if not damaged:
        return
    title = ngettext("{count} damaged image on this page", "{count} damaged images on this page", len(damaged))
    with st.expander(title, expanded=images.view.wanted.state == "damaged", icon=":material/broken_image:"):
        for row in damaged:
            st.markdown(f"**{plain(row.name)}**: {plain(row.damage or '')}")


def _render_grid(images: ImageList, bar: ClassBar | None) -> str | None:
    round_ = st.session_state.get(_ROUND, 0)

    def chosen(ids: list[str]) -> None:
        st.session_state[_CHOSEN] = ids
        st.session_state.pop(_VIEW, None)

    tiles = [_tile(images.project, row) for row in images.rows]
    return image_grid(tiles, images.chosen, round_, label=_("Images"), on_chosen=chosen, bar=bar)


def _tile(project: Project, row: Row) -> dict[str, Any]:
    width, height = turned_size(row.width, row.height, row.turn)
    state = image_state_name(row.state)
    more = [*([number(row.score, 2)] if row.score is not None else []), *([split_names()[row.split]] if row.split else [])]
    return {
        "image": row.image,
        "name": row.name,
        "thumb": thumb_address(project.id, row),
        "base": row.label_rev,
        "class": _class_of(project, row),
        "colour": IMAGE_STATES[row.state].colour,
        "state": state,
        "more": " · ".join(more),
        # In full, since a tile cuts off what is long.
        "title": "\n".join([row.name, f"{width} × {height}", " · ".join([state, *more])]),
    }


def _class_of(project: Project, row: Row) -> dict[str, str] | None:
    """Id, name and colour of the image's class; None if it has none."""
    if row.class_id is None:
        return None
    known = {field.id: field for field in project.fields}.get(row.class_id)
    name, colour = (known.name, known.colour) if known else (_("Deleted class"), _GONE)
    return {"id": row.class_id, "name": name, "colour": colour}


def _render_table(images: ImageList) -> None:
    ids = [row.image for row in images.rows]
    # On every run: Streamlit remembers numbers of rows, and other images move into them.
    here = set(images.chosen)
    key = key_of_chosen(_TABLE, [place for place, image in enumerate(ids) if image in here])

    def chosen() -> None:
        # `ids` are those of the run that drew the table: by now other images may stand in these rows.
        choose([ids[row] for row in st.session_state[key]["selection"]["rows"] if row < len(ids)])

    st.dataframe(
        image_frame(images.project, images.rows),
        column_config=_columns(images.project),
        hide_index=True,
        key=key,
        on_select=chosen,
        selection_mode="multi-row",
        row_height=_ROW_HEIGHT,
        height=min(_TABLE_HEIGHT, _HEADER + _ROW_HEIGHT * len(ids)),
    )


def image_frame(project: Project, rows: Sequence[Row]) -> pd.DataFrame:
    """One row an image, as text in the reader's language."""
    names = load_names(str(get_store().root))
    return pd.DataFrame([_cells(project, row, names) for row in rows])


def _cells(project: Project, row: Row, names: Names) -> dict[str, Any]:
    width, height = turned_size(row.width, row.height, row.turn)
    found = _class_of(project, row)
    boxes, classes = {"boxes": number(row.boxes) if row.label_rev else "–"}, {"class": [found["name"]] if found else []}
    return {
        "thumb": thumb_address(project.id, row),
        "name": row.name,
        "state": [image_state_name(row.state)],
        **(classes if project.task == "classes" else boxes),
        "split": split_names()[row.split] if row.split else "–",
        "score": number(row.score, 2),
        "size": f"{width} × {height}",
        "author": names.person(row.author),
        "changed": moment(row.changed),
        "added": moment(row.added),
    }


def thumb_address(project: str, row: Row) -> str:
    """The address of an image's thumbnail, turned as the page is shown."""
    return f"/app/static/thumbs/{project}/{row.image}?turn={row.turn}"


def _columns(project: Project) -> dict[str, Any]:
    config, text = st.column_config, st.column_config.TextColumn
    states, colours = zip(*((image_state_name(state), look.colour) for state, look in IMAGE_STATES.items()), strict=True)
    return {
        "thumb": config.ImageColumn("", width=56),
        "name": text(_("File name"), width=135),
        # The only kind of column with coloured chips.
        "state": config.MultiselectColumn(_("State"), options=states, color=colours, width=165),
        "class": _class_column(project),
        # Text: number columns follow the browser's language, not the one chosen here.
        "boxes": text(_("Boxes"), alignment="right", width=60),
        "split": text(_("Split"), width=80),
        "score": text(_("Certainty"), alignment="right", width=92, help=_certainty_help(project)),
        "size": text(_("Size"), alignment="right", width=95),
        "author": text(_("Author"), width=75),
        "changed": text(_("Label changed"), width=105),
        "added": text(_("Added"), width=110),
    }


def _class_column(project: Project) -> Any:
    names = [*(known.name for known in project.fields), _("Deleted class")]
    colours = [*(known.colour for known in project.fields), _GONE]
    return st.column_config.MultiselectColumn(_("Class"), options=names, color=colours, width=120)


def _certainty_help(project: Project) -> str:
    if project.task == "classes":
        return _("How certain the model was of the class, from 0 to 1")
    return _("Of the least certain box that a model found, from 0 to 1")
