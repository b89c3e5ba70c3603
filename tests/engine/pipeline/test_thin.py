"""What little evidence stands behind the figures is said, and only then."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hand_made import make_grid, walk, weekday_index

from engine.params import Params
from engine.pipeline import optimise

FREE = {f"limits.{name}": 1.0 for name in ("asset_cap", "cluster_cap", "group_cap")}


def notes(closes: dict[str, np.ndarray], **more: object) -> str:
    params = Params().with_settings({**FREE, "tree.threshold": 0.5, **more})
    return " ".join(optimise(make_grid(closes), params).allocation.notes)


def test_much_evidence_says_nothing() -> None:
    told = notes({f"S{n}": walk(n, 260) for n in range(6)})
    for words in ("independent returns", " on ", "tail of", "No day", "No common"):
        assert words not in told


def test_more_assets_than_returns_and_a_short_tail() -> None:
    told = notes({f"S{n:02d}": walk(n, 81) for n in range(90)})
    assert "90 assets on 80 returns: some mixtures have no risk in the sample alone" in told
    assert "The 5 % tail of 80 scenarios is fewer than 5 of them" in told


def test_no_losing_day() -> None:
    rising = {f"S{n}": 100 * np.exp(np.cumsum(np.abs(np.random.default_rng(n).normal(
        0.002, 0.001, 260)) + 1e-4)) for n in range(4)}  # fmt: skip
    assert "No day of the sample lost anything" in notes(rising)


def test_pairs_without_a_common_day() -> None:
    days = weekday_index(260)
    closes = pd.DataFrame({f"S{n}": walk(n, 260) for n in range(4)}, index=days)
    closes.loc[days[::2], "S0"] = np.nan
    closes.loc[days[1::2], "S1"] = np.nan
    told = notes({s: closes[s].to_numpy() for s in closes})
    assert "No common day of 1 pair of holdings (S0 and S1)" in told


@pytest.mark.parametrize("profile", ["risk_parity", "hrp", "min_variance", "min_cvar"])
def test_three_times_a_price_is_the_same_asset(profile: str) -> None:
    """Ranks hung on the last digit: of three equal series one got a third less."""
    closes = {f"S{n}": walk(n, 260) for n in range(5)}
    closes |= {"S0b": closes["S0"].copy(), "S0c": closes["S0"] * 3}
    params = Params().with_settings({**FREE, "tree.threshold": 0.5, "allocation.profile": profile})
    made = optimise(make_grid(closes), params).allocation
    weights = dict(zip(made.symbols, made.weights, strict=True))
    assert weights["S0b"] == pytest.approx(weights["S0"], abs=1e-9)
    assert weights["S0c"] == pytest.approx(weights["S0"], abs=1e-9)
