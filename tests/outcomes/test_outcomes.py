"""Outcomes on trajectories made by hand, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from osteoaxis.outcomes import cascade, dxa

MONTHS = np.arange(0.0, 37.0)


def made(**levels: float | np.ndarray) -> xr.Dataset:
    names = [
        "rankl_opg_ratio",
        "resorption_rate",
        "formation_rate",
        "coupling_ratio",
        "lumbar_spine_bmd",
        "tnf_alpha",
        "il1",
        "il6",
        "osteoclasts",
        "aromatase_inhibition",
        "estrogen_deficit",
        "arthralgia_probability",
    ]
    return xr.Dataset(
        {
            name: ("time", np.broadcast_to(levels.get(name, 1.0), MONTHS.shape).astype(float))
            for name in names
        },
        coords={"time": MONTHS},
    )


def test_the_share_of_a_cytokine_is_what_its_block_takes_away() -> None:
    reference, focus = made(), made(resorption_rate=1.4, osteoclasts=2.0, tnf_alpha=1.5)
    blocked = {
        "tnf_alpha": (made(resorption_rate=0.8), made(resorption_rate=1.0, osteoclasts=1.0)),
        "il1": (made(), made(resorption_rate=1.3)),
        "il6": (reference, focus),
    }
    rows = cascade.cytokine_table(reference, focus, blocked, 12)
    assert [row.share for row in rows] == pytest.approx([0.5, 0.25, 0.0])
    assert rows[0].fold == pytest.approx(1.5)
    assert rows[0].osteoclasts_percent == pytest.approx(-50)
    same = cascade.cytokine_table(reference, reference, blocked, 12)
    assert all(row.share is None for row in same)


def test_a_step_reaches_half_of_its_size_when_it_does() -> None:
    rise = 90 * np.minimum(MONTHS / 10, 1)
    steps = cascade.cascade(made(aromatase_inhibition=0.0), made(aromatase_inhibition=rise))
    inhibition = steps[0]
    assert inhibition.size == pytest.approx(90)
    assert inhibition.half_day == pytest.approx(5 * 365.25 / 12)
    assert all(step.half_day is None for step in steps[1:])


def test_the_activation_table_compares_the_arms() -> None:
    rows = cascade.activation_table(made(), made(rankl_opg_ratio=1.3, lumbar_spine_bmd=0.9), 6)
    assert rows[0].ratio == pytest.approx(1.3)
    assert rows[-1].ratio == pytest.approx(0.9)


@pytest.mark.parametrize("sex", ["female", "male"])
@pytest.mark.parametrize("site", dxa.SITES)
def test_a_t_score_and_its_density_are_inverse(site: str, sex: str) -> None:
    assert dxa.t_score(dxa.density(-2.5, site, sex), site, sex) == pytest.approx(-2.5)
    assert dxa.density(0.0, site, sex) == dxa.YOUNG_ADULT[site][sex][0]
