"""The report: one HTML file that needs nothing else, the same bytes for the same results."""

from __future__ import annotations

from collections.abc import Sequence

from osteoaxis import guidance
from osteoaxis.outcomes import cascade
from osteoaxis.present import figures, pages
from osteoaxis.present.tables import headline, marker_rows
from osteoaxis.scenario import ScenarioResult


def render(result: ScenarioResult, pictures: Sequence[figures.Picture]) -> str:
    """Return the report of `result` as HTML, with `pictures` set in as vector graphics."""
    names = list(result.arms)
    reference, focus = result.arms[names[0]], result.arms[names[-1]]
    month = min(12.0, float(focus["time"][-1]))
    compared = len(names) > 1
    return pages.render(
        "report.html.j2",
        scenario=result.scenario,
        attrs=focus.attrs,
        flags={
            arm: guidance.flags(result.scenario.patient, data, result.drugs)
            for arm, data in result.arms.items()
        },
        decisions={arm: data.attrs["decisions"] for arm, data in result.arms.items()},
        failures=result.failures,
        rows=headline(result),
        markers=marker_rows(result),
        reference=names[0],
        focus=names[-1],
        month=month,
        steps=cascade.cascade(reference, focus) if compared else (),
        activation=cascade.activation_table(reference, focus, month) if compared else (),
        cytokines=(
            cascade.cytokine_table(reference, focus, result.blocked, month) if compared else ()
        ),
        pictures=pictures,
    )
