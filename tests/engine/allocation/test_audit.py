"""The audit: each rule fails when it is broken, and what cannot be found is a failure."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hand_made import mixed_grid, mixed_universe
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import pipeline
from engine.allocation.audit import audit
from engine.allocation.evidence import Audit, Evidence, Record
from engine.allocation.stated import differing
from engine.core.errors import InputError, NoPortfolio, StoreBusy
from engine.desk import Desk
from engine.desk.runs import figures_of
from engine.market.grid import build_grid
from engine.params import LimitParams, Params
from engine.pipeline import audit as recomputing
from engine.store import Content, StoredRun
from engine.store.runs.records import checksum_of, run_id_of
from engine.store.runs.tables import add_run
from engine.store.snapshots import save_cache

FLAWLESS = Evidence(
    symbols=("A", "B", "C", "D"),
    weights=np.array([0.3, 0.2, 0.1, 0.2]),
    cash=0.2,
    classes=("equity", "equity", "fx", "Crypto"),
    sectors=("Energy", "", "", "Coins"),
    labels=np.array([0, 0, 1, 2]),
    cluster_ids=(7, 4, 9),
    groups=np.array([1, 1, 2, 2]),
    group_names={1: "Shares", 2: "Rest"},
    multiplier=0.5,
    limits=LimitParams(
        cluster_cap=0.5, asset_cap=0.3, group_cap=0.5, crypto_budget=0.4, fx_budget=0.2,
        bounds=("asset:C=10%", "cluster:7=..50%", "class:fx=5%..20%", "group:Rest=0.3.."),
    ),
    regime="NORMAL",
    threshold=0.4,
    asked=0.4,
    recut=np.array([0, 0, 1, 2]),
    observations=np.array([190, 190, 80, 60]),
    min_history=60,
    ages=np.array([0, 5, 0, 1]),
    stale_after=5,
    status="solved",
)  # fmt: skip
ON_RECORD = Record(
    weights={"A": 0.3, "B": 0.2, "C": 0.1, "D": 0.2, "CASH": 0.2},
    clusters={"A": 7, "B": 7, "C": 4, "D": 9},
    threshold=0.4,
    regime="NORMAL",
    status="solved",
    waivers={"sector": ["B", "C"]},
)


def failed(found: Audit) -> dict[str, str]:
    assert found.passed == (not found.failed)
    return {check.name: check.detail for check in found.failed}


def but(**changes: object) -> Evidence:
    return dataclasses.replace(FLAWLESS, **changes)


def with_weights(**changes: float | None) -> Record:
    return dataclasses.replace(ON_RECORD, weights={**ON_RECORD.weights, **changes})


@pytest.mark.parametrize("record", [None, ON_RECORD])
def test_what_keeps_every_rule_passes(record: Record | None) -> None:
    found = audit(FLAWLESS, record)
    assert failed(found) == {}
    names = {check.name for check in found.checks}
    assert {"asset limit", "cluster limit", "group limit", "class limit: crypto"} <= names
    assert ({"stored weights", "checksum"} <= names) == (record is not None)
    values = {check.name: (check.value, check.limit) for check in found.checks}
    assert values["cluster limit"] == (0.5, 0.5)
    assert values["class limit: crypto"] == (0.2, 0.2)  # 40 % times the FX multiplier
    assert values["sum"] == (1.0, 1.0)


@pytest.mark.parametrize(
    ("change", "name", "who"),
    [
        ({"limits": LimitParams(asset_cap=0.29)}, "asset limit", "A 30.0 %"),
        ({"limits": LimitParams(asset_cap=0.3, cluster_cap=0.49)}, "cluster limit", "cluster 7"),
        ({"limits": LimitParams(asset_cap=0.3, group_cap=0.49)}, "group limit", "group 1 (Shares)"),
        ({"multiplier": 0.4}, "class limit: crypto", "crypto 20.0 %"),
        ({"classes": ("equity", "equity", "fx", "fx")}, "class limit: fx", "fx 30.0 %"),
        ({"limits": LimitParams(bounds=("asset:A=..0.2",))}, "own bound asset:A", "0.0 % to 20.0"),
        ({"limits": LimitParams(bounds=("class:fx=0.2..",))}, "own bound class:fx", "20.0 %"),
        ({"limits": LimitParams(bounds=("nonsense",))}, "own bounds", "nonsense"),
        ({"threshold": 0.5}, "threshold", "used 0.500"),
        ({"asked": 0.3}, "threshold", "asked for 0.300"),
        ({"recut": np.array([0, 1, 1, 2])}, "labels", "B"),
        ({"observations": np.array([59, 190, 80, 60])}, "history", "A 59"),
        ({"ages": np.array([0, 0, 6, 0])}, "freshness", "C 6"),
        ({"ages": np.array([0, 0, -1, 0])}, "freshness", "C -1"),
        ({"classes": ("equity", "Unknown", "fx", "crypto")}, "asset class", "B"),
        ({"classes": ("equity", "", "fx", "crypto")}, "asset class", "B"),
        ({"status": "inaccurate"}, "solver", ""),
        ({"weights": np.array([0.3, 0.2, 0.1, -0.2]), "cash": 0.6}, "sign", "D"),
        ({"cash": 0.2 + 2e-8}, "sum", "CASH"),
        ({"weights": np.array([0.3, np.nan, 0.1, 0.2])}, "weights present", "B"),
        ({"weights": np.array([0.3, np.nan, 0.1, 0.2])}, "cluster limit", "cluster 7"),
    ],
)
def test_every_rule_bites(change: dict, name: str, who: str) -> None:
    found = failed(audit(but(**change)))
    assert name in found
    assert who in found[name]


def test_the_asset_cap_by_number_of_names() -> None:
    assert "asset limit" in failed(audit(but(limits=LimitParams(asset_cap=0.05))))
    loose = LimitParams(asset_cap=0.05, asset_cap_names=1.2)
    assert "asset limit" not in failed(audit(but(limits=loose)))


@pytest.mark.parametrize(
    ("record", "name", "who"),
    [
        (with_weights(A=0.3 + 2e-8), "stored weights", "A 0.300000020, not 0.300000000"),
        (with_weights(B=None), "weights present", "no number: B"),
        (with_weights(B=float("nan")), "stored weights", "B –, not 0.200000"),
        (with_weights(E=0.0), "weights present", "not a member: E"),
        (with_weights(CASH=0.1), "stored weights", "CASH 0.100000000, not 0.200000000"),
        (with_weights(CASH=0.1), "sum", ""),
        (dataclasses.replace(ON_RECORD, threshold=0.5), "threshold", "shown 0.500"),
        (dataclasses.replace(ON_RECORD, regime="QUIET"), "regime", ""),
        (dataclasses.replace(ON_RECORD, status="failed"), "solver", ""),
        (dataclasses.replace(ON_RECORD, clusters={**ON_RECORD.clusters, "C": 9}), "labels", "C"),
        (dataclasses.replace(ON_RECORD, waivers={}), "sector", "B, C"),
        (dataclasses.replace(ON_RECORD, faults=("it was changed",)), "checksum", "it was changed"),
    ],
)
def test_every_change_on_record_shows(record: Record, name: str, who: str) -> None:
    found = failed(audit(FLAWLESS, record))
    assert name in found
    assert who in found[name]


def test_a_missing_weight_is_not_zero() -> None:
    """An asset that is not on record counts in every sum it belongs to."""
    weights = {s: w for s, w in ON_RECORD.weights.items() if s != "B"}
    found = failed(audit(FLAWLESS, dataclasses.replace(ON_RECORD, weights=weights)))
    assert {"weights present", "sum", "stored weights", "asset limit", "cluster limit"} <= set(
        found
    )
    assert found["weights present"] == "not there: B"


def test_what_is_not_held_needs_no_metadata_and_no_past() -> None:
    found = audit(
        but(
            weights=np.array([0.3, 0.2, 0.1, 0.0]), cash=0.4,
            classes=("equity", "equity", "fx", ""),
            observations=np.array([190, 190, 80, 3]), ages=np.array([0, 0, 0, 99]),
            limits=dataclasses.replace(FLAWLESS.limits, bounds=()),
        )
    )  # fmt: skip
    assert failed(found) == {}


def test_a_class_that_is_not_known_needs_a_waiver() -> None:
    unknown = but(classes=("equity", "", "fx", "crypto"))
    assert "asset class" in failed(audit(unknown, ON_RECORD))
    waived = dataclasses.replace(ON_RECORD, waivers={"sector": ["B", "C"], "metadata": ["B"]})
    assert failed(audit(unknown, waived)) == {}


def test_nothing_to_go_by_fails_everything_that_needs_it() -> None:
    with_it = {c.name.split(":")[0] for c in audit(FLAWLESS, ON_RECORD).checks}
    without = audit(None, ON_RECORD, "The snapshot is gone.")
    kept = {c.name for c in without.checks if c.passed}
    assert kept == {"sign", "sum", "checksum"}
    names = {c.name for c in without.checks}
    assert {n for n in with_it if not n.startswith("own bound")} <= names
    assert not audit(None).passed
    assert {c.name for c in audit(None).checks if c.passed} == set()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1) | st.just(float("nan")), min_size=5, max_size=5))
def test_it_passes_only_what_keeps_the_limits(values: list[float]) -> None:
    weights = dict(zip(ON_RECORD.weights, values, strict=True))
    found = audit(FLAWLESS, dataclasses.replace(ON_RECORD, weights=weights))
    same = all(abs(weights[s] - w) <= 1e-8 for s, w in ON_RECORD.weights.items())
    assert found.passed <= same


# On stored runs


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, StoredRun]:
    """A store with a universe by hand and one run of it."""
    folder = tmp_path_factory.mktemp("audit")
    prices, table = mixed_universe()
    prices.to_csv(folder / "world.csv", index=False)
    table.to_csv(folder / "instruments.csv", index=False)
    desk = Desk(folder / "x.duckdb")
    desk.ingest(folder / "world.csv", folder / "instruments.csv")
    run = desk.save_run("world", Params().with_settings({"limits.bounds": "class:fx=..20%"}))
    return folder / "x.duckdb", run


@pytest.fixture
def desk(base: tuple[Path, StoredRun], tmp_path: Path) -> Desk:
    shutil.copy(base[0], tmp_path / "x.duckdb")
    return Desk(tmp_path / "x.duckdb")


def change(desk: Desk, text: str) -> None:
    with duckdb.connect(str(desk.store.path)) as connection:
        connection.execute(text)


def test_a_run_passes(desk: Desk, base: tuple[Path, StoredRun]) -> None:
    found = desk.audit_run()
    assert failed(found.audit) == {}
    assert found.run == base[1] == desk.runs("world")[0] == desk.run(base[1].run_id)
    assert base[1].preset == "own"  # its lookback is another
    assert sum(w or 0 for w in found.run.weight_of().values()) == pytest.approx(1, abs=1e-12)
    shown = [check.name for check in found.audit.checks]
    assert "own bound class:fx" in shown


def test_saving_again_is_the_same_run(desk: Desk, base: tuple[Path, StoredRun]) -> None:
    params = Params.from_json(base[1].params)
    assert params.data.as_of == base[1].as_of  # later data will not move it
    assert desk.save_run(None, params, "Bert") == base[1]
    integer = dataclasses.replace(params, limits=dataclasses.replace(params.limits, group_cap=1))
    real = params.with_settings({"limits.group_cap": 1.0})
    assert desk.save_run(None, integer).run_id == desk.save_run(None, real).run_id


def test_later_data_leaves_a_run_as_it_is(desk: Desk, base: tuple[Path, StoredRun]) -> None:
    prices, _ = mixed_universe()
    prices["close"] = prices["close"] * 1.01
    path = desk.store.path.parent / "world.csv"
    prices.to_csv(path, index=False)
    assert desk.ingest(path, None).snapshot_id != base[1].snapshot_id
    assert desk.audit_run().audit.passed  # from its own snapshot
    assert desk.save_run("world", Params.from_json(base[1].params)).run_id != base[1].run_id


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("UPDATE run_weights SET weight = weight + 1e-6 WHERE symbol = 'UTI0'", {"stored weights"}),
        ("UPDATE run_weights SET cluster_id = 99 WHERE symbol = 'UTI0'", {"labels", "checksum"}),
        ("DELETE FROM run_weights WHERE symbol = 'UTI0'", {"weights present", "stored weights"}),
        ("UPDATE run_weights SET weight = 'nan' WHERE symbol = 'UTI0'", {"weights present", "sum"}),
        ("UPDATE runs SET threshold = threshold + 0.1", {"threshold", "checksum"}),
        ("UPDATE runs SET regime = 'CRISIS'", {"regime", "checksum"}),
        ("UPDATE runs SET params = '[1]'", {"checksum"}),
        ('UPDATE runs SET params = \'{"no": {"knob": 1}}\'', {"recomputed", "labels"}),
        ("UPDATE runs SET snapshot_id = 'gone'", {"recomputed", "stored weights", "history"}),
        ("UPDATE runs SET universe = 'other'", {"recomputed", "asset limit"}),
        ("UPDATE runs SET result = '7'", {"checksum"}),
        ("DELETE FROM run_weights", {"weights present", "stored weights", "sum", "sign"}),
    ],
)
def test_every_change_in_the_store_shows(
    desk: Desk, base: tuple[Path, StoredRun], text: str, names: set[str]
) -> None:
    change(desk, text)
    found = failed(desk.audit_run(base[1].run_id).audit)
    assert names | {"checksum"} <= set(found)
    if "UTI0" in text and "cluster" not in text:
        assert "UTI0" in found["stored weights"]


def forged(desk: Desk, run: StoredRun, **changes: object) -> None:
    """A run changed in the tables, its id and its checksum made anew, as one who knows the code
    would."""
    other = dataclasses.replace(run, **changes)
    other = dataclasses.replace(other, run_id=run_id_of(other))
    other = dataclasses.replace(other, checksum=checksum_of(other))
    assert not other.faults
    with duckdb.connect(str(desk.store.path)) as connection:
        connection.execute("DELETE FROM runs")
        connection.execute("DELETE FROM run_weights")
        add_run(connection, other)


def in_result(run: StoredRun, *path: object, value: object) -> dict[str, object]:
    """The run's result with another value at a place."""
    result = json.loads(json.dumps(run.result))
    at = result
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return {"result": result}


# What is forged → what the check says of it.
FORGERIES = {
    "profile": (lambda r: {"profile": "hrp"}, "profile hrp, not min_variance"),
    "preset": (lambda r: {"preset": "evidence"}, "preset evidence, not own"),
    "linkage": (lambda r: {"linkage": "ward"}, "linkage ward, not average"),
    "volatility": (lambda r: in_result(r, "volatility", value=0.01), "volatility 0.01, not"),
    "cvar": (lambda r: in_result(r, "cvar_95", value=0.0), "cvar_95 0, not"),
    "a little": (
        lambda r: in_result(r, "volatility", value=r.result["volatility"] + 2e-8), "volatility",
    ),
    "cash": (lambda r: in_result(r, "cash", value=0.5), "cash 0.5, not"),
    "multiplier": (lambda r: in_result(r, "multiplier", value=0.7), "multiplier 0.7, not 1"),
    "score": (lambda r: in_result(r, "regime", "score", value=9.0), "regime score 9, not"),
    "a part of the score": (
        lambda r: in_result(
            r, "regime", "components", next(iter(r.result["regime"]["components"])), "value",
            value=9.0,
        ), "regime components",
    ),
    "binding": (lambda r: in_result(r, "binding", value=[]), "binding 0 long, not"),
    "a limit": (lambda r: in_result(r, "limits", 0, "upper", value=0.99), "limits"),
    "a cluster's name": (lambda r: in_result(r, "clusters", 0, "name", value="Best"), "clusters"),
    "a cluster's member": (
        lambda r: in_result(r, "clusters", 0, "members", 0, value="X"), "members 1 X, not",
    ),
    "a group's weight": (lambda r: in_result(r, "groups", 0, "weight", value=0.0), "groups"),
    "a figure less": (
        lambda r: {"result": {k: v for k, v in r.result.items() if k != "cvar_95"}},
        "cvar_95 –, not",
    ),
    "a figure more": (lambda r: in_result(r, "sharpe", value=9.0), "sharpe 9, not –"),
    "a share in a cluster": (
        lambda r: {"weights": tuple(
            dataclasses.replace(w, intra=0.123) if w.symbol == "UTI0" else w for w in r.weights
        )}, "row UTI0 3 0.123, not",
    ),
    "a group": (
        lambda r: {"weights": tuple(
            dataclasses.replace(w, group_id=99) if w.symbol == "UTI0" else w for w in r.weights
        )}, "row UTI0 2 99, not",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGERIES)
def test_no_figure_can_be_forged(base: tuple[Path, StoredRun], what: str) -> None:
    """A run is held against another of the same figures, which nobody forged."""
    change_of, said = FORGERIES[what]
    other = dataclasses.replace(base[1], **change_of(base[1]))
    found = list(differing(figures_of(other), figures_of(base[1])))
    assert found
    assert any(said in one for one in found), found
    assert list(differing(figures_of(base[1]), figures_of(base[1]))) == []


@pytest.mark.parametrize("what", ["profile", "volatility", "a group"])
def test_a_forged_run_fails_its_audit(desk: Desk, base: tuple[Path, StoredRun], what: str) -> None:
    """Though its id and its checksum fit."""
    change_of, said = FORGERIES[what]
    forged(desk, base[1], **change_of(base[1]))
    (run,) = desk.runs("world")
    assert not run.faults
    assert said in failed(desk.audit_run().audit)["stored figures"]


def test_sentences_may_be_worded_anew(desk: Desk, base: tuple[Path, StoredRun]) -> None:
    forged(desk, base[1], **in_result(base[1], "threshold_reason", value="in other words"))
    assert failed(desk.audit_run().audit) == {}


def test_prices_that_were_edited_vouch_for_no_run(desk: Desk) -> None:
    """Though the copy of the snapshot is whole."""
    desk.open()
    change(desk, "UPDATE prices SET close = close * 1.1 WHERE symbol = 'UTI0'")
    assert "was changed outside Cutline" in failed(desk.audit_run().audit)["recomputed"]


def test_a_deleted_universe_cannot_be_recomputed(desk: Desk, base: tuple[Path, StoredRun]) -> None:
    desk.delete("world")
    found = failed(desk.audit_run(base[1].run_id).audit)
    assert "was deleted" in found["recomputed"]


def test_a_broken_copy_of_the_snapshot_is_not_read(desk: Desk) -> None:
    desk.open()
    (copy,) = desk.store.cache.glob("*.parquet")
    copy.write_bytes(copy.read_bytes()[:-100] + b"x" * 100)
    assert desk.audit_run().audit.passed  # rebuilt from the tables


def test_a_changed_copy_of_the_snapshot_is_not_believed(desk: Desk) -> None:
    """Prices are edited and the file is named by its own digest again, as for any snapshot: only
    the snapshot's id does not fit what is inside."""
    snapshot = desk.open().snapshot
    edited = snapshot.prices.copy()
    edited.loc[edited["symbol"] == "UTI0", "close"] **= 1.1
    forged = Content(edited, snapshot.instruments)
    save_cache(desk.store.cache, snapshot.info.snapshot_id, forged)
    assert not desk.open().snapshot.prices.equals(edited)
    assert failed(desk.audit_run().audit) == {}
    assert desk.open().snapshot.prices.equals(snapshot.prices)


def test_which_run(desk: Desk, base: tuple[Path, StoredRun]) -> None:
    with pytest.raises(InputError, match=f"'nope' is stored: choose {base[1].run_id}"):
        desk.audit_run("nope")
    with pytest.raises(InputError, match="is of the universe world"):
        desk.audit_run(base[1].run_id, "other")
    desk.load_simulated()
    with pytest.raises(InputError, match=r"sim-0 has no stored run: run .*optimize"):
        desk.audit_run()
    assert desk.audit_run(None, "world").run == base[1]


def test_a_busy_store_is_no_verdict(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_args: object, **_kwargs: object) -> None:
        raise StoreBusy("held")

    monkeypatch.setattr(desk.store, "snapshot", busy)
    with pytest.raises(StoreBusy):
        desk.audit_run()


def test_a_class_nobody_knows_needs_its_waiver(tmp_path: Path) -> None:
    prices, table = mixed_universe()
    table.loc[table["symbol"].isin(["ENE0", "UTI0"]), "asset_class"] = ""
    prices.to_csv(tmp_path / "world.csv", index=False)
    table.to_csv(tmp_path / "instruments.csv", index=False)
    desk = Desk(tmp_path / "x.duckdb")
    desk.ingest(tmp_path / "world.csv", tmp_path / "instruments.csv")
    plain = desk.save_run(None, Params())
    found = failed(desk.audit_run().audit)
    assert set(found) == {"asset class"}
    waived = desk.save_run(None, Params(), waived=("metadata",))
    assert waived.run_id != plain.run_id
    assert set(waived.waivers["metadata"]) <= {"ENE0", "UTI0"}
    assert desk.audit_run().audit.passed
    with pytest.raises(InputError, match="no waiver nonsense: choose metadata"):
        desk.save_run(None, Params(), waived=("nonsense",))


def test_cash_is_what_is_not_invested(desk: Desk) -> None:
    run = desk.save_run(None, Params().with_settings({"limits.cluster_cap": 0.02}))
    assert run.cash > 0.1
    assert desk.audit_run().audit.passed
    with pytest.raises(InputError, match="called CASH"):
        pipeline.weights_of(
            _called_cash(pipeline.recompute(desk.open().grid, Params.from_json(run.params)))
        )


def _called_cash(made: pipeline.Portfolio) -> pipeline.Portfolio:
    symbols = ("CASH", *made.allocation.symbols[1:])
    return dataclasses.replace(
        made, allocation=dataclasses.replace(made.allocation, symbols=symbols)
    )


# The code at hand


def test_every_preset_regime_and_profile() -> None:
    cases = list(pipeline.every_case(mixed_grid()))
    assert len({(c.preset, c.profile, c.regime) for c in cases}) == len(cases) == 42
    assert {c.regime: c.threshold for c in cases} == {"CRISIS": 0.3, "NORMAL": 0.4, "QUIET": 0.5}
    assert [c for c in cases if c.status == "failed"] == []
    for case in cases:
        assert (case.status == "no") == (case.audit is None)
        if case.audit is not None:
            (t,) = [c for c in case.audit.checks if c.name == "threshold"]
            assert t.value == t.limit == case.threshold


def test_a_breach_in_the_code_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One profile passes a limit; another finds no portfolio where it must."""
    real = recomputing.allocated

    def broken(*given: object) -> pipeline.Portfolio:
        profile = given[-1].allocation.profile
        made = real(*given)
        if profile == "hrp":
            weights = np.roll(made.allocation.weights, 1)
            bad = dataclasses.replace(made.allocation, weights=weights)
            return dataclasses.replace(made, allocation=bad)
        if profile in ("max_sharpe", "min_cvar"):
            raise NoPortfolio("There is none.")
        return made

    monkeypatch.setattr(recomputing, "allocated", broken)
    status = {}
    for case in pipeline.every_case(mixed_grid()):
        status.setdefault(case.profile, set()).add(case.status)
    assert status["max_sharpe"] == {"no"}  # documented
    assert status["min_cvar"] == {"failed"}  # it always has an answer
    assert "failed" in status["hrp"]
    assert status["min_variance"] == status["blend"] == {"passed"}


def test_what_comes_later_changes_no_weight() -> None:
    """Prices after D are multiplied at random; weights at D stay, to the last bit."""
    prices, table = mixed_universe()
    day = prices["date"].sort_values().unique()[-20]
    params = Params().with_settings({"data.as_of": str(day)[:10]})
    later = prices["date"] > day
    noise = np.random.default_rng(3).lognormal(0, 1, int(later.sum()))
    corrupt = prices.copy()
    corrupt.loc[later, "close"] *= noise
    one, two = (pipeline.recompute(build_grid(frame, table), params) for frame in (prices, corrupt))
    assert one.allocation.weights.tobytes() == two.allocation.weights.tobytes()
    assert one.allocation.symbols == two.allocation.symbols
    assert one.market.regime == two.market.regime
    whole = pipeline.recompute(build_grid(prices, table), Params())
    assert whole.allocation.weights.tobytes() != one.allocation.weights.tobytes()


def test_a_run_of_earlier_rules_is_said_to_be_one(
    base: tuple[Path, StoredRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, run = base
    assert Desk(path).audit_run(run.run_id).notes == ()
    monkeypatch.setattr(pipeline, "RULES", 2)
    (note,) = Desk(path).audit_run(run.run_id).notes
    assert "was made under earlier rules (version 1, now 2)" in note
