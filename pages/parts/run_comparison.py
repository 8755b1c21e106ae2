"""Up to five runs of one task in one chart, and what sets them apart in a table under it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.parts.charts import ComparedCurves, comparison_figure
from pages.parts.data import Names, find_process, get_store
from pages.parts.i18n import _, duration, number
from pages.parts.live_chart import live_chart
from pages.parts.run_figures import Figures, curve_texts, curves, figures_of, seconds_taken, tested_name
from pages.parts.states import Colour, state_name, task_of
from pages.parts.template_texts import parameter_name, value_text
from pages.parts.text import explain, plain
from storage.core import StoreError
from storage.processes import Process
from storage.progress import Point, Status, read_status
from storage.projects import Task

# Names of the theme's colours, which the chart and the table both know; red and orange are too much alike.
_COLOURS: tuple[Colour, ...] = ("blue", "orange", "green", "violet", "gray")


@dataclass(frozen=True)
class Compared:
    """One of the runs: what is known of it, and the colour of its curves."""

    process: Process
    status: Status | None
    trained: pd.DataFrame
    evaluated: Sequence[Point]
    colour: Colour

    @property
    def name(self) -> str:
        """The template's name with the end of the process's id, which tells two runs of one template apart."""
        return f"{self.process.spec.template.name} …{self.process.id[-4:]}"

    @property
    def figures(self) -> Figures:
        """The newest of each figure."""
        return figures_of(self.status, self.trained, self.evaluated)


def render_comparison(identifiers: Sequence[str], names: Names) -> None:
    """The chart and the table; the first of ``identifiers`` is the run that is watched, and keeps its zoom whatever is added."""
    st.subheader(_("Comparison"))
    try:
        runs = [_load(identifier, colour) for identifier, colour in zip(identifiers, _COLOURS, strict=False)]
    except StoreError as error:
        st.error(explain(error))
        return
    task = task_of(runs[0].process, names)
    iterations = max(run.process.spec.template.parameters.iterations for run in runs)
    compared = [
        # The colours that Markdown gives words, so that the dots of the table have those of the curves.
        ComparedCurves(run.process.id, run.name, f"var(--st-{run.colour}-text-color)", run.trained, tested_frame(run.evaluated))
        for run in runs
    ]
    live_chart(comparison_figure(compared, iterations, curve_texts(task), key=f"compared_{identifiers[0]}"), key="comparison")
    st.table(_table(runs, task, names), hide_index=True, border="horizontal")
    if len({run.process.spec.project for run in runs}) > 1:
        st.caption(_("Each project has test images of its own: between projects these figures compare only roughly."))
    st.divider()


def tested_frame(evaluated: Sequence[Point]) -> pd.DataFrame:
    """Columns iteration and ap (or accuracy) of the evaluations."""
    return pd.DataFrame({"iteration": [point.iteration for point in evaluated], "ap": [point.ap for point in evaluated]})


def _load(identifier: str, colour: Colour) -> Compared:
    store = get_store()
    process = find_process(identifier)
    trained, evaluated = curves(str(store.root), identifier).read(process.attempts)
    return Compared(process, read_status(process.last.paths) if process.last else None, trained, evaluated, colour)


def _table(runs: Sequence[Compared], task: Task, names: Names) -> pd.DataFrame:
    """A column for each run, a row for each figure and for each parameter in which their templates differ."""
    rows = {
        _("Project"): [plain(names.project(run.process.spec.project)) for run in runs],
        _("State"): [state_name(run.process.state.value) for run in runs],
        tested_name(task): [number(run.figures.ap, 3) for run in runs],
        _("Best so far"): [number(max((point.ap or 0 for point in run.evaluated), default=None), 3) for run in runs],
        _("Loss"): [number(run.figures.loss, 3) for run in runs],
        _("Iteration"): [_iterations(run) for run in runs],
        _("Time"): [duration(seconds_taken(run.process, run.status)) for run in runs],
        **_differences(runs),
    }
    heads = [f":{run.colour}[●] {plain(run.name)}" for run in runs]
    return pd.DataFrame([(f"**{row}**", *values) for row, values in rows.items()], columns=["", *heads])


def _iterations(run: Compared) -> str:
    total = run.process.spec.template.parameters.iterations
    return _("{done} of {total}").format(done=number(run.figures.iteration), total=number(total))


def _differences(runs: Sequence[Compared]) -> dict[str, list[str]]:
    """The parameters that are not the same in all templates, each with its values."""
    parameters = [run.process.spec.template.parameters.model_dump() for run in runs]
    # The iterations stand above already.
    differing = [name for name in parameters[0] if name != "iterations" and len({values[name] for values in parameters}) > 1]
    return {parameter_name(name): [plain(value_text(name, values[name])) for values in parameters] for name in differing}
