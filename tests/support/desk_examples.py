"""A desk with the universe made by hand, for tests of what is done with it."""

from __future__ import annotations

from pathlib import Path

from hand_made import mixed_universe

from engine.desk import Desk


def mixed_desk(folder: Path) -> Desk:
    """`mixed_universe` as `world`, and the portfolio `main` of 100,000 USD from its first day."""
    prices, table = mixed_universe()
    prices.to_csv(folder / "world.csv", index=False)
    table.to_csv(folder / "instruments.csv", index=False)
    desk = Desk(folder / "x.duckdb")
    desk.ingest(folder / "world.csv", folder / "instruments.csv")
    desk.portfolios.create("main", cash="100000")
    return desk
