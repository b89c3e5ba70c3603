"""A portfolio as plain values: what is stored of a run, printed as JSON, and read back."""

from __future__ import annotations

from typing import Any

from engine.allocation.audit import METADATA, SECTOR, unknown_metadata
from engine.core.errors import InputError
from engine.core.format import listing
from engine.core.knobs import UNSET
from engine.core.words import CASH
from engine.market.panel import Panel
from engine.market.valuation import USUAL, base_of
from engine.params import Params, all_knobs
from engine.params.stages import knobs_in
from engine.pipeline import keys
from engine.pipeline.build import Portfolio

WAIVERS = (METADATA,)
# Raised when weights come out otherwise under the same parameters: a run tells under which rules it
# was made, and an audit says so where they were earlier ones. A run without it is of version 1.
RULES = 1
# Format 1 of a run's parameters holds these, on which no weight depends: they stay as they were, so
# that the same weights keep their id.
_FORMAT_1 = {
    "sweep.start": 0.1, "sweep.stop": 0.9, "sweep.step": 0.01, "fragility.trail_days": 120,
}  # fmt: skip


def record_of(params: Params, portfolio: Portfolio) -> dict[str, dict[str, Any]]:
    """The parameters that a run is stored and named under: the as-of date in use, so that later
    data changes nothing, and the knobs that its weights depend on.

    A knob that came later is left out at its `first` value. `Params.from_json` reads it back.
    Numbers are as their knobs have them, so that equal parameters have equal JSON.
    """
    panel = portfolio.analysis.panel
    normal = (
        Params.from_json(params.to_json())
        .with_settings({"data.as_of": panel.as_of, "data.base_currency": _base_on_record(panel)})
        .to_json()
    )
    read = knobs_in(keys.PORTFOLIO)
    found: dict[str, dict[str, Any]] = {}
    for key, field in all_knobs():
        group, _, name = key.partition(".")
        value = normal[group][name]
        if key in _FORMAT_1:
            value = _FORMAT_1[key]
        elif key not in read or (field.metadata["first"] is not UNSET and _is_first(field, value)):
            continue
        found.setdefault(group, {})[name] = value
    return found


def _base_on_record(panel: Panel) -> str | None:
    """USD by its name, as ever; none for the currency that the universe has by itself, however it
    was asked for: so the same weights have the same name."""
    base = panel.base_currency
    return None if base != USUAL and base == base_of(None, panel.table) else base


def _is_first(field: Any, value: Any) -> bool:
    first = field.metadata["first"]
    return value == (list(first) if isinstance(first, tuple) else first)


def waivers_of(portfolio: Portfolio, waived: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """What is held although not all is known of it, by kind: a sector that is not known is always
    listed, a class only where `waived` holds `metadata`.

    Raises InputError for a waiver that there is not.
    """
    strange = [kind for kind in waived if kind not in WAIVERS]
    if strange:
        raise InputError(f"There is no waiver {listing(strange)}: choose {listing(WAIVERS)}.")
    result, inputs = portfolio.allocation, portfolio.inputs
    held = [i for i, w in enumerate(result.weights) if w > 0]
    classless, sectorless = unknown_metadata(
        [inputs.symbols[i] for i in held], [inputs.classes[i] for i in held],
        [inputs.sectors[i] for i in held],
    )  # fmt: skip
    out = {SECTOR: list(sectorless)}
    return out | ({METADATA: list(classless)} if METADATA in waived else {})


def weights_of(portfolio: Portfolio) -> dict[str, float]:
    """Symbol to weight, every member, and CASH if there is any; they sum to 1.

    Raises InputError if an asset bears the name of what is not invested.
    """
    result = portfolio.allocation
    if CASH in result.symbols:
        raise InputError(f"An asset is called {CASH}, which is what is not invested: rename it.")
    own = {s: float(w) for s, w in zip(result.symbols, result.weights, strict=True)}
    return own | ({CASH: float(result.cash)} if result.cash else {})


def run_result(portfolio: Portfolio, waived: tuple[str, ...] = ()) -> dict[str, Any]:
    """What was found, without the assets' weights: regime, threshold, clusters, groups, limits,
    risk, notes, waivers."""
    analysis, result, market = portfolio.analysis, portfolio.allocation, portfolio.market
    regime, fx = market.regime, portfolio.sentiment
    weight_of = dict(zip(result.cluster_ids, result.cluster_weights.tolist(), strict=True))
    score = dict(zip(portfolio.clusters.names, portfolio.clusters.score.tolist(), strict=True))
    tail = portfolio.clusters.measures["cvar_95"]
    return {
        "regime": {
            "state": regime.state,
            "score": regime.score,
            "threshold": regime.threshold,
            "reason": regime.reason,
            "components": {c.name: {"value": c.value, "score": c.score} for c in regime.components},
            "basket": list(regime.basket),
        },
        "multiplier": fx.multiplier,
        "multiplier_reason": fx.reason,
        "threshold_reason": analysis.cut.reason,
        "horizon_days": analysis.panel.horizon,
        "base_currency": analysis.panel.base_currency,
        "clusters": [
            {
                "id": c.id,
                "label": c.label,
                "name": c.name,
                "members": list(c.members),
                "weight": weight_of[c.id],
                "fragility": score[c.id],
                "cvar_95": float(tail.loc[c.id]),
            }
            for c in analysis.cut.clusters
        ],
        "groups": [
            {"id": int(g), "name": name, "weight": float(result.group_weights[g])}
            for g, name in sorted(result.group_names.items())
        ],
        "layers": result.layers,
        "penalty": result.penalty,
        "penalty_kind": result.penalty_kind,
        "solver": result.solver,
        "cash": result.cash,
        "cash_reason": result.cash_reason,
        "volatility": result.volatility,
        "cvar_95": result.cvar_95,
        "expected_excess": result.expected_excess,
        "binding": [
            {"kind": b.kind, "name": b.name, "value": b.value, "limit": b.limit, "side": b.side}
            for b in result.binding
        ],
        "limits": [
            {"kind": row.kind, "name": row.name, "value": row.value, "lower": row.lower,
             "upper": row.upper}
            for row in result.limits.itertuples() if row.kind != "asset"
        ],
        "notes": [*analysis.panel.notes, *result.notes],
        **({"rules": RULES} if RULES > 1 else {}),
        "waivers": waivers_of(portfolio, waived),
    }  # fmt: skip
