"""Each profile on the same problem as cvxpy built anew, PyPortfolioOpt and skfolio are given."""

from __future__ import annotations

import numpy as np
import pytest
from profile_case import Case, make_case, objective, penalised
from profile_peers import PEERS, cvxpy_penalised

from engine.params import PROFILES

ROUNDS = 7
PENALTY = 0.5
PENALISED = ("min_variance", "max_sharpe")
# The libraries' own defaults stop at about four digits of the weights.
SAME = {"cvxpy, built anew": 1e-5, "PyPortfolioOpt": 1e-3, "skfolio": 1e-3}
UNLIMITED_HRP = ("PyPortfolioOpt", "skfolio")


@pytest.fixture(scope="session", params=[5, 15, 40, 100], ids=lambda n: f"N={n}")
def case(request: pytest.FixtureRequest) -> Case:
    return make_case(request.param)


@pytest.mark.parametrize("profile", PROFILES)
def test_engine(case, measure, profile):
    weights = measure(task(profile), "engine", lambda: case.engine(profile), rounds=3 * ROUNDS)
    assert case.passed(weights) < 1e-8


@pytest.mark.parametrize(
    ("who", "profile"), [(who, profile) for who, has in PEERS.items() for profile in has]
)
def test_peer(case, measure, who, profile):
    solve = PEERS[who][profile]
    theirs = measure(task(profile), who, lambda: solve(case), rounds=ROUNDS)
    ours = case.engine(profile)
    if profile == "hrp" and who in UNLIMITED_HRP:
        np.testing.assert_allclose(theirs, case.wanted_hrp(), rtol=0, atol=1e-8)
        return
    assert case.passed(theirs) < 1e-3
    if profile == "blend":
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-3)
        return
    value = objective(case, profile)
    assert value(ours) == pytest.approx(value(theirs), rel=SAME[who])


@pytest.mark.parametrize("profile", PENALISED)
def test_penalised(case, measure, profile):
    def call():
        return case.engine(profile, PENALTY)

    weights = measure(task(profile, PENALTY), "engine", call, rounds=3 * ROUNDS)
    assert case.passed(weights) < 1e-8


@pytest.mark.parametrize("profile", PENALISED)
def test_penalised_cvxpy(case, measure, profile):
    costs, units = case.plain_units(profile)

    def call():
        return cvxpy_penalised(case, profile, PENALTY, costs, units)

    theirs = measure(task(profile, PENALTY), "cvxpy, built anew", call, rounds=ROUNDS)
    value = penalised(case, profile, PENALTY)
    ours = case.engine(profile, PENALTY)
    assert value(ours) == pytest.approx(value(theirs), rel=SAME["cvxpy, built anew"])


def task(profile: str, penalty: float = 0.0) -> str:
    return f"Profile {profile}, λ = {penalty:g}"
