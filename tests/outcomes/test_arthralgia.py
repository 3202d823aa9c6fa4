"""Joint pain: severity, onset, and stopping."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osteoaxis.outcomes import arthralgia
from osteoaxis.treatment import simulate

SHARES = st.floats(0.01, 0.99)


@given(SHARES)
def test_pain_has_one_distribution(share: float) -> None:
    """The share above 3 is the share given; the mean is that of the same logistic, cut at 0, 10."""
    rng = np.random.default_rng(3)
    pain = rng.logistic(arthralgia.location(share), arthralgia.SPREAD, 40_000)
    assert np.mean(pain >= 3) == pytest.approx(share, abs=0.015)
    assert np.mean(np.clip(pain, 0, 10)) == pytest.approx(arthralgia.mean_pain(share), abs=0.06)
    assert np.mean(pain >= 7) == pytest.approx(arthralgia.severe_share(share), abs=0.015)


@given(SHARES, SHARES)
def test_more_people_in_pain_is_more_pain(one: float, other: float) -> None:
    low, high = sorted((one, other))
    for measure in (arthralgia.mean_pain, arthralgia.severe_share):
        assert measure(low) <= measure(high)


def test_onset_and_stopping_on_an_inhibitor() -> None:
    """Onset within three months in most (10.1002/cncr.24419); a seventh to a quarter stop by two
    years."""
    data = simulate("postmenopausal-breast-cancer", "anastrozole 1 mg po qd", 3)
    share, months = data["arthralgia_probability"].values, data["time"].values
    rise = share - share[0]
    assert np.interp(3, months, rise) > rise.max() / 2 > 0.01
    assert 0.12 < float(np.interp(24, months, data["stopped_for_joint_pain"])) < 0.25


def test_nobody_stops_for_pain_that_does_not_rise() -> None:
    months = np.arange(25.0)
    assert np.all(arthralgia.stopped(np.linspace(0.3, 0.1, 25), months) == 0)
