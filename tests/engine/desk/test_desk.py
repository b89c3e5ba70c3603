"""The use cases over a real store: loading, opening, analysing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from hand_made import mixed_grid, mixed_universe

from engine.core.errors import CutlineError, EmptyUniverse, InputError
from engine.desk import Desk
from engine.params import Params
from engine.pipeline import analyse
from engine.sources.simulation.simulate import SimulationSpec, simulate_spec

TODAY = dt.date(2026, 1, 1)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "made" / "c.duckdb")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("files")
    prices, instruments = mixed_universe()
    prices.to_parquet(folder / "world.parquet")
    instruments.to_csv(folder / "instruments.csv", index=False)
    return folder / "world.parquet", folder / "instruments.csv"


def test_nothing_loaded_is_said_and_creates_nothing(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(EmptyUniverse, match="load-packaged"):
        desk.open()
    with pytest.raises(EmptyUniverse):
        desk.open("world")
    with pytest.raises(EmptyUniverse):
        desk.analyse(None, Params())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("db", ["", ".", "/"])
def test_a_database_needs_a_name(db: str) -> None:
    with pytest.raises(InputError, match="not a file"):
        Desk(db)


def test_a_directory_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(CutlineError) as caught:
        Desk(tmp_path).open()
    assert caught.value.exit_code == 2


def test_ingest_then_open_gives_what_went_in(desk: Desk, files: tuple[Path, Path]) -> None:
    prices, instruments = mixed_universe()
    result = desk.ingest(*files, today=TODAY)
    assert result.universe == "world"  # the price file's name
    assert (result.symbols, result.rows, result.stored) == (18, len(prices), len(prices))
    assert (result.unchanged, result.revised, result.quarantined) == (0, 0, 0)
    opened = desk.open()
    assert opened.snapshot.info.snapshot_id == result.snapshot_id
    assert opened.grid.symbols == tuple(sorted(instruments["symbol"]))
    weekdays = prices[prices["date"].dt.day_of_week < 5]
    assert np.isfinite(opened.grid.close).sum() == len(weekdays)
    assert np.nansum(opened.grid.close) == pytest.approx(weekdays["close"].sum(), rel=1e-12)


def test_again_is_unchanged_and_the_same_snapshot(desk: Desk, files: tuple[Path, Path]) -> None:
    first = desk.ingest(*files, today=TODAY)
    again = desk.ingest(files[0], None, today=TODAY)  # the instruments are stored
    assert (again.stored, again.unchanged) == (0, first.rows)
    assert again.snapshot_id == first.snapshot_id


def test_prices_of_a_new_universe_need_instruments(desk: Desk, files: tuple[Path, Path]) -> None:
    with pytest.raises(InputError, match="'mine' has no instruments"):
        desk.ingest(files[0], None, "mine", TODAY)


def test_bad_rows_are_counted_not_lost(desk: Desk, files: tuple[Path, Path]) -> None:
    """Knowing only what was known in 2025, later rows are from the future."""
    prices, _ = mixed_universe()
    then = dt.date(2025, 3, 3)
    future = int((prices["date"].dt.date > then).sum())
    result = desk.ingest(*files, today=then)
    assert 0 < future == result.quarantined
    assert result.stored == len(prices) - future
    assert set(desk.store.quarantine("world")["reason"]) == {"date is in the future"}
    assert desk.open().grid.last_day() == then


def test_the_last_loaded_universe_is_the_default(desk: Desk, files: tuple[Path, Path]) -> None:
    desk.ingest(*files, "one", TODAY)
    desk.ingest(*files, "two", TODAY)
    assert desk.universe() == "two"
    assert desk.universe("one") == "one"
    desk.ingest(*files, "one", TODAY)
    assert desk.universe() == "one"
    with pytest.raises(EmptyUniverse, match="one"):
        desk.open("three")


def test_an_older_snapshot_can_be_opened(desk: Desk, files: tuple[Path, Path]) -> None:
    early = desk.ingest(*files, today=dt.date(2025, 3, 3))
    desk.ingest(*files, today=TODAY)
    assert desk.open(snapshot_id=early.snapshot_id).grid.last_day() == dt.date(2025, 3, 3)
    assert desk.open().grid.last_day() == dt.date(2025, 6, 30)


def test_a_simulated_universe(desk: Desk) -> None:
    spec = SimulationSpec(seed=7, n_assets=20, n_sessions=300)
    result = desk.load_simulated(spec)
    assert result.universe == "sim-7"
    assert result.stored == result.rows == len(simulate_spec(spec).prices)
    assert result.quarantined == 0
    assert len(desk.analyse("sim-7", Params()).panel.symbols) > 10


def test_store_and_pipeline_agree(desk: Desk, files: tuple[Path, Path]) -> None:
    """Through file and store or straight from the frames: the same tree, bit for bit."""
    desk.ingest(*files, today=TODAY)
    through = desk.analyse("world", Params())
    straight = analyse(mixed_grid(), Params())
    assert through.panel.symbols == straight.panel.symbols
    np.testing.assert_array_equal(through.tree.linkage, straight.tree.linkage)
    assert through.cut.clusters == straight.cut.clusters


def test_the_packaged_universe(desk: Desk) -> None:
    result = desk.load_packaged()
    assert result.universe == "packaged"
    assert result.rows == result.stored
    assert result.quarantined == 0
    assert desk.analyse(None, Params()).panel.as_of == dt.date(2022, 12, 28)
