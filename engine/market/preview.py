"""What a file would do to a universe, in numbers and words, before anything is stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from engine.core.format import count, listing
from engine.core.frames import INSTRUMENT_COLUMNS, ROLES
from engine.core.words import UNKNOWN_CLASS
from engine.market.oddities import Oddity
from engine.market.quality import UNKNOWN_SYMBOL
from engine.sources.files import Reading

# What is lost while a column is not known, in the words of who decides whether to fill it in.
GAPS = {
    "asset_class": "all such are one class, unknown",
    "sector": "clusters are named less well",
    "currency": "taken as the base currency",
    "exchange": "not shown",
    "fixing": "taken as one time within a class and exchange",
}
NOT_NEEDED = "n/a"


@dataclass(frozen=True)
class Batch:
    """What one ingest stores: checked prices, rejects, and instruments (none: those stored).

    readings: how each file was read.
    """

    universe: str
    instruments: pd.DataFrame | None
    prices: pd.DataFrame
    rejects: pd.DataFrame
    source: str
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True)
class Preview:
    """A batch, and what storing it would do; nothing is stored yet.

    `exists`: the universe holds something already. rows = stored + unchanged + revised +
    quarantined, where stored, unchanged and revised count the accepted rows against the active
    ones. `first` and `last` are days of the accepted rows, none without one. `reasons` has the
    columns reason, rows, example (a row's number). `gaps` has one row a symbol with prices of which
    something is not known: symbol, and the columns of GAPS ("" = not known; NOT_NEEDED where the
    asset class has no such thing). `gap_counts` has the columns field, unknown, effect.
    `instruments` describes the file's symbols, also those that no row describes yet, to be filled
    in. `new` and `known` are the symbols of the accepted rows without and with stored prices.
    `refusal` says why it cannot be stored; none if it can. odd: what would be stored but looks
    wrong.
    """

    batch: Batch
    exists: bool
    stored: int
    unchanged: int
    revised: int
    first: dt.date | None
    last: dt.date | None
    reasons: pd.DataFrame
    gaps: pd.DataFrame
    gap_counts: pd.DataFrame
    instruments: pd.DataFrame
    new: tuple[str, ...]
    known: tuple[str, ...]
    warnings: tuple[str, ...]
    refusal: str | None
    odd: tuple[Oddity, ...] = ()

    @property
    def universe(self) -> str:
        return self.batch.universe

    @property
    def accepted(self) -> int:
        return len(self.batch.prices)

    @property
    def quarantined(self) -> int:
        return len(self.batch.rejects)

    @property
    def rows(self) -> int:
        return self.accepted + self.quarantined

    @property
    def symbols(self) -> int:
        return len(self.new) + len(self.known)


def build_preview(
    batch: Batch,
    priced_before: set[str],
    instruments_before: pd.DataFrame,
    stored: int,
    revised: int,
    refusal: str | None = None,
    odd: Callable[[pd.DataFrame], tuple[Oddity, ...]] = lambda _: (),
) -> Preview:
    """The preview of a batch.

    priced_before: symbols that have prices in the universe; instruments_before: its instruments
    frame. stored, revised: how many of the batch's prices are new, and differ. refusal: a reason
    that is known already. odd: what looks wrong, of the instruments as they would be.
    """
    prices, rejects = batch.prices, batch.rejects
    symbols = sorted(prices["symbol"].unique())
    after = _instruments_after(batch.instruments, instruments_before)
    undescribed = rejects.loc[rejects["reason"] == UNKNOWN_SYMBOL, "symbol"]
    described = _described(after, {*symbols, *undescribed} - {""})
    gaps = _gaps(described[described["symbol"].isin(symbols)])
    if refusal is None and not len(prices):
        refusal = "No row is fit to be stored: see below why."
    return Preview(
        batch=batch,
        exists=bool(priced_before or len(instruments_before)),
        stored=stored,
        unchanged=len(prices) - stored - revised,
        revised=revised,
        first=prices["date"].min().date() if len(prices) else None,
        last=prices["date"].max().date() if len(prices) else None,
        reasons=reasons_of(rejects),
        gaps=gaps[gaps[list(GAPS)].eq("").any(axis=1)].reset_index(drop=True),
        gap_counts=pd.DataFrame(
            [(f, int(gaps[f].eq("").sum()), effect) for f, effect in GAPS.items()],
            columns=["field", "unknown", "effect"],
        ).query("unknown > 0", engine="python").reset_index(drop=True),
        instruments=described,
        new=tuple(s for s in symbols if s not in priced_before),
        known=tuple(s for s in symbols if s in priced_before),
        warnings=tuple(_warnings(batch, after, priced_before, instruments_before, revised)),
        refusal=refusal,
        odd=odd(after),
    )  # fmt: skip


def reasons_of(rejects: pd.DataFrame) -> pd.DataFrame:
    """Columns reason, rows, example (the first row's number); the most frequent first."""
    return (
        rejects.groupby("reason", sort=False)
        .agg(rows=("row", "size"), example=("row", "min"))
        .sort_values("rows", ascending=False, kind="stable")
        .reset_index()
    )


def _instruments_after(given: pd.DataFrame | None, before: pd.DataFrame) -> pd.DataFrame:
    """The universe's instruments as they would be: the given win."""
    if given is None:
        return before
    kept = before[~before["symbol"].isin(given["symbol"])]
    return pd.concat([given, kept]).sort_values("symbol", ignore_index=True)


def _described(instruments: pd.DataFrame, symbols: set[str]) -> pd.DataFrame:
    """The instruments frame of these symbols; of one that is not described only the symbol."""
    frame = instruments.set_index("symbol").reindex(sorted(symbols)).rename_axis("symbol")
    unknown = {"asset_class": UNKNOWN_CLASS, "role": ROLES[0]}
    return frame.fillna(unknown).fillna("").reset_index()[list(INSTRUMENT_COLUMNS)].astype("str")


def _gaps(described: pd.DataFrame) -> pd.DataFrame:
    gaps = described[["symbol", *GAPS]].reset_index(drop=True)
    gaps["asset_class"] = gaps["asset_class"].replace(UNKNOWN_CLASS, "")
    # Sectors are of shares and funds; a currency pair is listed nowhere and says its currencies.
    kind = gaps["asset_class"]
    needed = {
        "sector": kind.isin(["equity", "etf", ""]),
        "exchange": kind != "fx",
        "currency": kind != "fx",
    }
    for name, rows in needed.items():
        gaps[name] = gaps[name].where(rows | (gaps[name] != ""), NOT_NEEDED)
    return gaps


def _warnings(
    batch: Batch,
    after: pd.DataFrame,
    priced_before: set[str],
    instruments_before: pd.DataFrame,
    revised: int,
) -> list[str]:
    out = []
    priced = priced_before | set(batch.prices["symbol"].unique())
    if without := [s for s in after["symbol"] if s not in priced]:
        verb = "has" if len(without) == 1 else "have"
        out.append(f"{count(len(without), 'instrument')} {verb} no prices: {listing(without)}.")
    if batch.instruments is not None:
        both = batch.instruments[batch.instruments["symbol"].isin(instruments_before["symbol"])]
        same = both.merge(instruments_before, on=list(INSTRUMENT_COLUMNS))
        if changed := sorted(set(both["symbol"]) - set(same["symbol"])):
            out.append(
                f"{count(len(changed), 'instrument')} would be described anew: {listing(changed)}."
            )
    if revised:
        out.append(f"{count(revised, 'stored price')} would be superseded; the old stay on record.")
    return out
