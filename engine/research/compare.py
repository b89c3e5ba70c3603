"""The same money under other rules, all measured by one and the same risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.analytics.tails import cvar
from engine.core.errors import InputError
from engine.core.weights import effective_number
from engine.params import PRESETS, Params, preset

# Textbook minimum variance: one layer, no penalty, no FX multiplier, and of the limits only the
# asset cap and the class budgets, without which a mixed universe ends in its calmest currency.
PLAIN = {
    "allocation.layers": "single",
    "allocation.profile": "min_variance",
    "allocation.penalty": 0.0,
    "limits.cluster_cap": 1.0,
    "limits.group_cap": 1.0,
    "limits.bounds": (),
    "sentiment.kappa": 0.0,
}
PLAIN_MEANING = (
    "minimum variance of the assets themselves under the asset cap and class budgets set above: no "
    "clusters, no groups, no penalty, no FX multiplier, no own bounds"
)
# What is looked at and how risk is measured, and the manager's own wishes: a preset is silent on
# them, so that all portfolios are made of the same data and judged by the same Σ and scenarios.
KEPT = ("data", "panel", "correlation", "regime", "fragility")
KEPT_KNOBS = ("limits.bounds", "allocation.cash_rate", "within.momentum_days")


@dataclass(frozen=True, eq=False)
class Measured:
    """One portfolio in numbers.

    weights: N ≥ 0, with `cash` they sum to 1. volatility: annual; cvar_95: over the scenarios'
    horizon, a positive loss. effective: number of equal holdings as concentrated as these, cash
    left out; NaN if nothing is held. turnover: one-way, from the first of the compared, cash
    included; NaN if that one has no portfolio.
    """

    name: str
    weights: np.ndarray
    cash: float
    volatility: float
    cvar_95: float
    effective: float
    largest: float
    turnover: float


def under(params: Params, name: str) -> Params:
    """The parameters of a preset on the same data, under the same risk and own bounds."""
    kept = params.to_json()
    settings = {f"{g}.{k}": value for g in KEPT for k, value in kept[g].items()}
    for key in KEPT_KNOBS:
        group, _, knob = key.partition(".")
        settings[key] = kept[group][knob]
    return preset(name).with_settings(settings)


def alternatives(params: Params) -> dict[str, Params]:
    """Name → parameters of what a portfolio is compared with: each preset, and the plain one."""
    found = {name.capitalize(): under(params, name) for name in PRESETS}
    return found | {"Plain": params.with_settings(PLAIN)}


def equal_weights(n: int) -> np.ndarray:
    """N equal weights without cash."""
    return np.full(n, 1.0 / n)


def turnover(before: np.ndarray, after: np.ndarray) -> float:
    """One-way: ½ Σ|after − before|, what is not invested being cash."""
    cash = abs(float(after.sum() - before.sum()))
    return 0.5 * (float(np.abs(after - before).sum()) + cash)


def active_share(weights: np.ndarray, benchmark: np.ndarray) -> float:
    """½ Σ|active weights|, cash included: 0 for the benchmark itself, 1 where nothing is shared."""
    return turnover(benchmark, weights)


def measure(
    portfolios: Sequence[tuple[str, np.ndarray | None]],
    covariance: np.ndarray,
    scenarios: np.ndarray,
) -> list[Measured]:
    """Each portfolio's numbers under one risk.

    portfolios: name and N weights without cash; None: there is no such portfolio, and it is left
    out. covariance: N×N annual. scenarios: T×N complete returns over one horizon.
    Raises InputError for weights that do not fit.
    """
    first = portfolios[0][1] if portfolios else None
    out = []
    for name, weights in portfolios:
        if weights is None:
            continue
        if weights.shape != (len(covariance),):
            raise InputError(f"{name} has weights of shape {weights.shape}, not {len(covariance)}.")
        out.append(
            Measured(
                name=name,
                weights=weights,
                cash=max(0.0, 1.0 - float(weights.sum())),
                volatility=float(np.sqrt(max(0.0, weights @ covariance @ weights))),
                cvar_95=float(cvar(scenarios @ weights)),
                effective=effective_number(weights),
                largest=float(weights.max(initial=0.0)),
                turnover=float("nan") if first is None else turnover(first, weights),
            )
        )
    return out


def turnovers(measured: Sequence[Measured]) -> np.ndarray:
    """M×M one-way turnover from each to each."""
    return np.array([[turnover(a.weights, b.weights) for b in measured] for a in measured])
