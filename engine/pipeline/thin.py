"""What must be said where little evidence stands behind the figures of an allocation."""

from __future__ import annotations

import numpy as np

from engine.allocation.allocate import Allocation
from engine.allocation.inputs import Inputs
from engine.analytics.correlation import Correlation
from engine.core.format import count, listing
from engine.market.panel import Panel

# Under these a 95 % tail is a return or two.
FEWEST_RETURNS = 30
# A mean of fewer scenarios is hardly one.
FEWEST_IN_TAIL = 5
_TAIL = 0.05


def thin_evidence(
    panel: Panel, correlation: Correlation, made: Allocation, inputs: Inputs
) -> tuple[str, ...]:
    """Sentences on what the risk figures rest on, where that is little."""
    held = made.weights > 0
    return tuple(
        told
        for told in (
            _few_returns(panel, held),
            _more_assets(panel),
            _tail(inputs, held),
            _no_loss(inputs, made),
            _apart(correlation, panel, held),
        )
        if told
    )


def _few_returns(panel: Panel, held: np.ndarray) -> str:
    effective = panel.members["n_effective"].to_numpy(dtype=float)[held]
    least = float(effective.min()) if len(effective) else np.inf
    if least >= FEWEST_RETURNS:
        return ""
    return (
        f"Risk figures rest on as few as {least:.0f} independent returns of a holding: "
        "a longer lookback would tell more."
    )


def _more_assets(panel: Panel) -> str:
    """With more assets than returns the sample covariance is singular: some mixture of them has no
    risk at all in the sample."""
    n, returns = len(panel.symbols), int(np.isfinite(panel.moment_returns).sum(axis=0).max())
    if n <= returns:
        return ""
    return (
        f"{count(n, 'asset')} on {count(returns, 'return')}: some mixtures have no risk in the "
        "sample alone; a longer lookback or fewer assets would tell more."
    )


def _tail(inputs: Inputs, held: np.ndarray) -> str:
    n = len(inputs.scenarios)
    if _TAIL * n >= FEWEST_IN_TAIL or not held.any():
        return ""
    return (
        f"The 5 % tail of {count(n, 'scenario')} is fewer than {FEWEST_IN_TAIL} of them: CVaR is "
        "the mean of hardly any."
    )


def _no_loss(inputs: Inputs, made: Allocation) -> str:
    if not made.weights.any() or (inputs.scenarios @ made.weights < 0).any():
        return ""
    return (
        "No day of the sample lost anything with these weights: what it would lose on a bad one is "
        "not known from it."
    )


def _apart(correlation: Correlation, panel: Panel, held: np.ndarray) -> str:
    """Pairs of holdings that never had a return on the same day."""
    names = [s for s, h in zip(panel.symbols, held, strict=True) if h]
    at = [correlation.symbols.index(s) for s in names]
    never = np.argwhere(np.triu(correlation.overlap[np.ix_(at, at)] == 0, 1))
    if not len(never):
        return ""
    shown = listing([f"{names[i]} and {names[j]}" for i, j in never.tolist()], 3)
    return (
        f"No common day of {count(len(never), 'pair')} of holdings ({shown}): their correlation is "
        "that of their classes."
    )
