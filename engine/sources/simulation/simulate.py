"""Seeded universes of any size from a block factor model: for tests, benchmarks and demonstrations.

Only the shape of markets is simulated (blocks, fat tails, crises, blemishes of real data), not any
market in particular; every name begins with "Simulated".
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
import pandas as pd

from engine.core.errors import InputError
from engine.core.frames import INSTRUMENT_COLUMNS, PRICE_COLUMNS
from engine.sources.base import SourceData
from engine.sources.simulation.spec import BLOCK_SIZE, CLASSES, FREE_CODES, MONTH, SimulationSpec

# Shares of an asset's variance: market, class, block, own. Inside a block the correlation is the
# sum of the first three, across blocks of a class of the first two, across classes the first.
CALM = np.array([0.15, 0.20, 0.30, 0.35])
CRISIS = np.array([0.45, 0.20, 0.15, 0.20])
# Volatility of a pegged currency: about 0.5 % a year.
PEG_VOLATILITY = 0.0003
# A twin's price differs from its original's by so many of the latter's daily deviations, day by
# day and without memory, so that returns correlate by 1 / sqrt(1 + 2·0.1²), about 0.99.
VENUE_NOISE = 0.1


@dataclass(frozen=True)
class SimulatedData(SourceData):
    """A simulated universe and what is true of it.

    Attributes:
        truth: one row a symbol: `symbol`, `block` (text; equal for assets of one block),
            `twin_of` (symbol of the original, or ""), `pegged`, `late`, `gap`, `ended` (bool).
        crisis_days: the calendar days on which volatilities and correlations are high.
    """

    truth: pd.DataFrame = field(default_factory=pd.DataFrame)
    crisis_days: pd.DatetimeIndex = field(default_factory=lambda: pd.DatetimeIndex([]))


@dataclass(frozen=True)
class SimulatedSource:
    """A simulated universe as a `Source`; its name is that of the universe."""

    spec: SimulationSpec

    @property
    def name(self) -> str:
        return f"sim-{self.spec.seed}"

    def load(self) -> SimulatedData:
        """See `simulate`."""
        return simulate_spec(self.spec)


def simulate(
    seed: int, n_assets: int = 60, n_sessions: int = 750, **options: object
) -> SimulatedData:
    """A universe from a seed; `options` are the other fields of `SimulationSpec`.

    Raises InputError for an unknown option or one out of its range.
    """
    known = {f.name for f in fields(SimulationSpec)}
    if unknown := sorted(set(options) - known):
        raise InputError(f"Unknown option {', '.join(unknown)}: choose from {', '.join(known)}.")
    return simulate_spec(SimulationSpec(seed, n_assets, n_sessions, **options))  # type: ignore[arg-type]


def simulate_spec(spec: SimulationSpec) -> SimulatedData:
    """Prices of a block factor model: market, class, block and own shocks, all Student's t.

    Crypto trades every day, all else on weekdays less its class's holidays. Some assets list late,
    end early or have a gap of up to a month and a half; some have a twin (symbol with ".B"): the
    same asset on a second venue. Currencies are pairs of an invented currency with USD. In crises
    volatility is `crisis_volatility` times as high and the common shares of variance rise. Fixing
    times are on record but no lag between them is simulated.

    The same spec gives the same bytes (under one numpy). Every asset has at least two closes.
    Cost: O(N · days).
    """
    layout, market, history = (
        np.random.default_rng(child) for child in np.random.SeedSequence(spec.seed).spawn(3)
    )
    assets = _assets(spec, layout)
    days = _days(spec)
    in_crisis = _crisis(len(days), spec, market)
    closes = _closes(assets, days, in_crisis, spec, market)
    traded, truth = _traded(assets, days, spec, history)
    order = np.argsort(assets["symbol"].to_numpy(dtype=str), kind="stable")
    assets, truth = assets.iloc[order], truth.iloc[order]
    return SimulatedData(
        instruments=assets[list(INSTRUMENT_COLUMNS)].reset_index(drop=True),
        prices=_long(
            assets["symbol"].to_numpy(), assets["asset_class"].to_numpy(),
            days, closes[:, order], traded[:, order], history,
        ),
        source=f"simulated, seed {spec.seed}",
        truth=truth.reset_index(drop=True),
        crisis_days=days[in_crisis],
    )  # fmt: skip


def _days(spec: SimulationSpec) -> pd.DatetimeIndex:
    """All days, weekends too, from the first of n_sessions weekdays to the last."""
    weekdays = pd.bdate_range(end=spec.end, periods=spec.n_sessions)
    return pd.date_range(weekdays[0], weekdays[-1], freq="D").as_unit("us")


def _class_counts(n: int) -> dict[str, int]:
    """Assets per class by largest remainder; as many currencies as there are free codes."""
    exact = {name: n * shape.share for name, shape in CLASSES.items()}
    counts = {name: int(value) for name, value in exact.items()}
    for name in sorted(exact, key=lambda k: counts[k] - exact[k])[: n - sum(counts.values())]:
        counts[name] += 1
    surplus = max(0, counts["fx"] - len(FREE_CODES))
    counts["fx"] -= surplus
    counts["equity"] += surplus
    return counts


def _assets(spec: SimulationSpec, rng: np.random.Generator) -> pd.DataFrame:
    """One row an asset: the instrument's columns, block, class number, volatility, twin_of, peg."""
    n_twins = int(spec.n_assets * spec.twin_share)
    rows = []
    number, width = 0, max(3, len(str(spec.n_assets - 1)))
    for name, n in _class_counts(spec.n_assets - n_twins).items():
        shape = CLASSES[name]
        n_blocks = min(len(shape.blocks), max(1, n // BLOCK_SIZE))
        for i in range(n):
            block = shape.blocks[i % n_blocks]
            pegged = name == "fx" and i < spec.pegs
            fx = name == "fx"
            label = f"currency {FREE_CODES[i]} / US dollar" if fx else f"{name} {number}"
            rows.append(
                {
                    "symbol": f"{FREE_CODES[i]}USD" if fx else f"SIM{number:0{width}d}",
                    "name": f"Simulated {label}",
                    "asset_class": name,
                    "sector": block if shape.sectors else "",
                    "exchange": "" if fx else "SIM-A",
                    "currency": "USD",
                    "fixing": shape.fixing,
                    "role": "asset",
                    "block": f"{name} {block}",
                    "volatility": PEG_VOLATILITY if pegged else rng.uniform(*shape.volatility),
                    "twin_of": "",
                    "pegged": pegged,
                }
            )
            number += 1
    originals = [row for row in rows if row["asset_class"] != "fx"]
    for i in rng.permutation(len(originals))[:n_twins]:
        twin = dict(originals[i])
        twin.update(
            symbol=f"{twin['symbol']}.B",
            name=f"{twin['name']} (second venue)",
            exchange="SIM-B",
            twin_of=twin["symbol"],
        )
        rows.append(twin)
    return pd.DataFrame(rows)


def _crisis(n_days: int, spec: SimulationSpec, rng: np.random.Generator) -> np.ndarray:
    """Mask of days in crises: about two calendar months each, `crisis_share` of the days in all."""
    mask = np.zeros(n_days, dtype=bool)
    length = 60
    wanted = round(spec.crisis_share * n_days)
    for start in rng.integers(0, n_days, size=n_days):
        missing = wanted - int(mask.sum())
        if missing <= 0:
            break
        mask[start : start + min(length, missing)] = True
    return mask


def _closes(
    assets: pd.DataFrame,
    days: pd.DatetimeIndex,
    in_crisis: np.ndarray,
    spec: SimulationSpec,
    rng: np.random.Generator,
) -> np.ndarray:
    """Days × assets: the price on every day, whether or not it is traded then."""
    n_days, n = len(days), len(assets)

    def shocks(columns: int) -> np.ndarray:
        scale = np.sqrt((spec.tail_df - 2) / spec.tail_df)
        return rng.standard_t(spec.tail_df, size=(n_days, columns)) * scale

    class_of = pd.factorize(assets["asset_class"])[0]
    block_of = pd.factorize(assets["block"])[0]
    factors = (
        shocks(1),
        shocks(class_of.max() + 1)[:, class_of],
        shocks(block_of.max() + 1)[:, block_of],
        shocks(n),
    )
    loading = np.sqrt(np.where(in_crisis[:, None], CRISIS, CALM))
    returns = np.zeros((n_days, n))
    for k, factor in enumerate(factors):
        returns += loading[:, [k]] * factor
    # A pegged currency moves by itself alone.
    pegged = assets["pegged"].to_numpy(dtype=bool)
    returns[:, pegged] = factors[3][:, pegged]
    volatility = np.where(in_crisis, spec.crisis_volatility, 1.0)[:, None]
    returns *= np.where(pegged, 1.0, volatility) * assets["volatility"].to_numpy()
    weekend = days.day_of_week.to_numpy() >= 5
    closed = (assets["asset_class"] != "crypto").to_numpy()
    returns[np.ix_(weekend, closed)] = 0.0
    level = np.cumsum(returns, axis=0) + np.log(rng.uniform(10, 200, size=n))
    position = {symbol: i for i, symbol in enumerate(assets["symbol"])}
    for i, (original, sd) in enumerate(zip(assets["twin_of"], assets["volatility"], strict=True)):
        if original:
            level[:, i] = level[:, position[original]]
            level[:, i] += VENUE_NOISE * sd * rng.standard_normal(n_days)
    return np.exp(level)


def _traded(
    assets: pd.DataFrame, days: pd.DatetimeIndex, spec: SimulationSpec, rng: np.random.Generator
) -> tuple[np.ndarray, pd.DataFrame]:
    """Days × assets mask of closes that exist, and the truth about every asset."""
    n_days, n = len(days), len(assets)
    weekday = days.day_of_week.to_numpy() < 5
    classes = assets["asset_class"].to_numpy()
    traded = np.repeat(weekday[:, None], n, axis=1)
    traded[:, classes == "crypto"] = True
    truth = assets[["symbol", "block", "twin_of", "pegged"]].copy()
    flags = {kind: np.zeros(n, dtype=bool) for kind in ("late", "gap", "ended")}
    if spec.n_sessions >= 3 * MONTH:
        for name in ("equity", "commodity"):  # about nine holidays a year, the same for a class
            inner = np.flatnonzero(weekday)[1:-1]
            off = rng.choice(inner, size=len(inner) * 9 // 252, replace=False)
            traded[np.ix_(off, classes == name)] = False
        # Twins keep a whole life, so that they can be told from their originals by nothing else.
        alone = rng.permutation(np.flatnonzero(_alone(assets)))
        cuts = np.cumsum([int(n * s) for s in (spec.late_share, spec.gap_share, spec.ended_share)])
        late, gap, ended = np.split(alone[: cuts[-1]], np.minimum(cuts[:-1], len(alone)))
        for kind, chosen in (("late", late), ("gap", gap), ("ended", ended)):
            flags[kind][chosen] = True
        for i in late:
            traded[: int(n_days * rng.uniform(0.1, 0.6)), i] = False
        for i in gap:
            start = int(n_days * rng.uniform(0.2, 0.6))
            traded[start : start + int(rng.integers(4, 46)), i] = False
        for i in ended:
            traded[int(n_days * rng.uniform(0.6, 0.95)) :, i] = False
    return traded, truth.assign(**flags)


def _alone(assets: pd.DataFrame) -> np.ndarray:
    """Mask of assets that neither are nor have a twin."""
    twinned = set(assets["twin_of"]) - {""}
    return ((assets["twin_of"] == "") & ~assets["symbol"].isin(twinned)).to_numpy()


def _long(
    symbols: np.ndarray,
    classes: np.ndarray,
    days: pd.DatetimeIndex,
    closes: np.ndarray,
    traded: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """PRICE_COLUMNS; no dividends or splits are simulated, so `adj_close` is left unknown."""
    column, day = np.nonzero(traded.T)
    volume = np.exp(rng.normal(13.0, 0.5, size=len(day))).round()
    volume[classes[column] == "fx"] = np.nan
    frame = pd.DataFrame(
        {
            "symbol": pd.Series(symbols[column], dtype="str"),
            "date": days[day],
            "close": closes[day, column],
            "adj_close": np.nan,
            "volume": volume,
        }
    )
    return frame[list(PRICE_COLUMNS)]
