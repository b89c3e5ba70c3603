"""Regime, fragility, optimize and audit on the command line, and the script."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest
from command_line import process, run
from packaged_db import packaged_at
from patience import WAIT_S
from root import ROOT

from engine import pipeline
from engine.cli import audit as audit_command
from engine.cli import clusters
from engine.core.errors import InputError
from engine.desk import Desk
from engine.params import PROFILES, Params

MEASURES = {"symbol", "fragility", "cvar_95", "skewness", "tail_ratio", "max_drawdown"} | {
    "co_cvar_95"
}


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged data with one run."""
    db = packaged_at(tmp_path_factory.mktemp("portfolio") / "c.duckdb")
    said = run("optimize", "--db", db, "--by", "Anna", "--json")
    assert said.code == 0, said.err
    (db.parent / "optimize.json").write_text(said.out)
    return db


@pytest.fixture
def db(packaged: Path, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    shutil.copytree(packaged.parent, tmp_path / "copy")
    return tmp_path / "copy" / packaged.name


@pytest.fixture(scope="module")
def document(packaged: Path) -> dict:
    return json.loads((packaged.parent / "optimize.json").read_text())


def change(db: Path, text: str) -> None:
    with duckdb.connect(str(db)) as connection:
        connection.execute(text)


def test_regime(packaged: Path) -> None:
    said = run("regime", "--db", packaged, "--as-of", "2008-10-15", "--json")
    assert said.code == 0, said.err
    assert {"as_of", "regime", "score", "threshold", "components"} <= set(said.json)
    assert "history" not in said.json
    assert (said.json["as_of"], said.json["regime"]) == ("2008-10-15", "CRISIS")
    assert said.json["threshold"] == 0.3
    assert [c["name"] for c in said.json["components"]] == [
        "volatility", "correlation", "absorption", "turbulence",
    ]  # fmt: skip
    text = run("regime", "--db", packaged, "--as-of", "2008-10-15")
    assert "As of 2008-10-15: CRISIS" in text.out


def test_regime_history_ends_with_the_state(packaged: Path) -> None:
    said = run("regime", "--db", packaged, "--history", "--json")
    history = said.json["history"]
    assert {"date", "score", "regime"} <= set(history[0])
    assert history[-1]["date"] == said.json["as_of"]
    assert history[-1]["regime"] == said.json["regime"]
    assert history[-1]["score"] == said.json["score"]
    assert [h["date"] for h in history] == sorted({h["date"] for h in history})
    assert {h["regime"] for h in history} >= {"QUIET", "NORMAL", "CRISIS"}
    assert len(run("regime", "--db", packaged, "--history").out.splitlines()) > len(history)


def test_regime_without_a_past_is_unknown_and_says_why(packaged: Path) -> None:
    said = run("regime", "--db", packaged, "--as-of", "1990-03-01", "--history", "--json")
    assert said.code == 0
    assert (said.json["regime"], said.json["score"], said.json["threshold"]) == (
        "UNKNOWN", None, 0.4,
    )  # fmt: skip
    assert "sessions" in said.json["reason"]
    assert said.json["history"] == []


def test_fragility(packaged: Path) -> None:
    said = run("fragility", "--db", packaged, "--json")
    assert said.code == 0, said.err
    assets = said.json["assets"]
    assert len(assets) == 52
    assert all(set(a) >= MEASURES for a in assets)
    scores = [a["fragility"] for a in assets]
    assert scores == sorted(scores, reverse=True)
    grid = Desk(packaged).open().grid
    risk = pipeline.optimise(grid, Params()).risk.assets
    expected = dict(zip(risk.names, risk.score, strict=True))
    assert {a["symbol"]: a["fragility"] for a in assets} == pytest.approx(expected)
    assert "AAPL" in run("fragility", "--db", packaged).out


def test_fragility_that_is_not_known_is_null_and_last(packaged: Path) -> None:
    said = run("fragility", "--db", packaged, "--set", "fragility.min_observations=194", "--json")
    known = [a["fragility"] is not None for a in said.json["assets"]]
    assert not all(known)
    assert any(known)
    assert known == sorted(known, reverse=True)


def test_clusters_have_fragility_and_cvar(packaged: Path, document: dict) -> None:
    said = run("clusters", "--db", packaged, "--json")
    assert said.json["threshold"] == document["threshold"]  # shown = used
    made = pipeline.optimise(Desk(packaged).open().grid, Params())
    tail = made.clusters.measures["cvar_95"]
    for cluster in said.json["clusters"]:
        assert cluster["cvar_95"] == pytest.approx(tail.loc[cluster["id"]])
        assert 0 <= cluster["fragility"] <= 1
    manual = run("clusters", "--db", packaged, "--threshold", "0.3", "--json").json
    assert (manual["threshold"], manual["threshold_reason"]) == (0.3, "manual")


def test_clusters_stand_without_a_tail(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_little(*_args: object) -> None:
        raise InputError("Fewer than two scenarios.")

    monkeypatch.setattr(clusters.pipeline, "assess_risk", too_little)
    said = run("clusters", "--db", packaged, "--json")
    assert said.code == 0
    assert {c["fragility"] for c in said.json["clusters"]} == {None}
    assert "No fragility: Fewer than two" in said.err


def test_optimize(packaged: Path, document: dict) -> None:
    keys = {"run_id", "profile", "regime", "threshold", "weights", "cluster_weights"}
    assert keys | {"group_weights", "cvar_95", "volatility", "status", "binding"} <= set(document)
    weights = document["weights"]
    assert math.fsum(weights.values()) == pytest.approx(1, abs=1e-12)
    assert min(weights.values()) >= 0
    assert max(w for s, w in weights.items() if s != "CASH") <= 0.1 + 1e-8
    sums = {str(c["id"]): sum(weights[s] for s in c["members"]) for c in
            run("clusters", "--db", packaged, "--json").json["clusters"]}  # fmt: skip
    assert document["cluster_weights"] == pytest.approx(sums)
    assert max(document["cluster_weights"].values()) <= 0.25 + 1e-8
    assert max(document["group_weights"].values()) <= 0.25 + 1e-8
    assert (document["profile"], document["preset"]) == ("min_variance", "roadmap")
    assert (document["regime"], document["threshold"]) == ("NORMAL", 0.4)
    assert (document["status"], document["snapshot_id"]) == ("solved", stored(packaged).snapshot_id)
    assert stored(packaged).by == "Anna"


def stored(db: Path) -> object:
    return Desk(db).runs()[0]


def test_the_same_inputs_give_the_same_bytes_in_two_processes(
    packaged: Path, document: dict, tmp_path: Path
) -> None:
    """Also with another number of threads, another hash seed and another database."""
    other = packaged_at(tmp_path / "other.duckdb")
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    done = process("optimize", "--db", other, "--json", env=environment)
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["weights"] == document["weights"]  # repr of a float is its every bit
    assert again["run_id"] == document["run_id"]
    assert {k for k in document if again[k] != document[k]} == {"checksum"}  # time and name


def test_two_saves_are_one(db: Path, document: dict) -> None:
    again = run("optimize", "--db", db, "--by", "Bert", "--json").json
    assert again == document
    assert len(Desk(db).runs()) == 1
    assert stored(db).by == "Anna"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (
            "--profile hrp --alpha 1 --as-of 2020-03-31",
            {"profile": "hrp", "preset": "own", "as_of": "2020-03-31", "regime": "CRISIS",
             "threshold": 0.3},
        ),
        (
            "--threshold 0.5 --penalty 2 --kind score",
            {"threshold": 0.5, "threshold_reason": "manual", "penalty": 2.0,
             "penalty_kind": "score"},
        ),
        ("--preset evidence", {"preset": "evidence", "layers": "single", "threshold": 0.5}),
        ("--linkage ward --cap 0.2", {"linkage": "ward", "preset": "own"}),
    ],
)  # fmt: skip
def test_options_of_optimize(db: Path, document: dict, options: str, found: dict) -> None:
    said = run("optimize", "--db", db, "--json", *options.split())
    assert said.code == 0, said.err
    assert {key: said.json[key] for key in found} == found
    assert said.json["run_id"] != document["run_id"]
    assert said.json["weights"] != document["weights"]
    if "--cap" in options:
        assert max(said.json["cluster_weights"].values()) <= 0.2 + 1e-8
    checked = run("audit", "--db", db, "--run", said.json["run_id"], "--json")
    assert (checked.code, checked.json["passed"]) == (0, True), checked.err


def test_text_of_optimize(db: Path) -> None:
    said = run("optimize", "--db", db, "--cap", "0.02")
    assert said.code == 0
    assert "CASH" in said.out
    assert "be invested" in said.out  # why there is cash


def test_no_portfolio_is_exit_1_and_stores_nothing(db: Path) -> None:
    said = run("optimize", "--db", db, "--set", "limits.bounds=asset:AAPL=50%", "--json")
    assert said.code == 1
    assert said.json["status"] == "no"
    assert "AAPL" in said.json["reason"]
    assert len(Desk(db).runs()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("optimize", "--profile", "best"), "allocation.profile"),
        (("optimize", "--threshold", "much"), "tree.threshold"),
        (("optimize", "--kind", "none"), "allocation.penalty_kind"),
        (("optimize", "--cap", "7"), "limits.cluster_cap"),
        (("optimize", "--waive", "limits"), "no waiver limits"),
        (("optimize", "--universe", "nobody"), "nobody"),
        (("optimize", "--by", "a\nb"), "does not fit"),
        (("audit", "--run", "nope"), "'nope' is stored: choose"),
        (("audit", "--run", "x", "--recompute"), "leave out"),
        (("regime", "--as-of", "1900-01-01"), "1900-01-01"),
        (("regime", "--set", "regime.basket=NOBODY"), "NOBODY"),
        (("fragility", "--classes", "gold"), "gold"),
    ],
)
def test_bad_input_is_one_sentence(packaged: Path, arguments: tuple[str, ...], words: str) -> None:
    said = run(*arguments, "--db", packaged, "--json")
    assert (said.code, said.out) == (2, "")
    assert words in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert len(Desk(packaged).runs()) == 1


def test_audit(db: Path, document: dict) -> None:
    said = run("audit", "--db", db, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json["passed"] is True
    assert said.json["run_id"] == document["run_id"]
    for check in said.json["checks"]:
        assert {"name", "passed", "value", "limit"} <= set(check)
    assert run("audit", "--db", db).out.endswith("passed\n")


def test_a_weight_changed_by_sql_is_found_and_named(db: Path) -> None:
    change(db, "UPDATE run_weights SET weight = weight + 0.001 WHERE symbol = 'KO'")
    said = run("audit", "--db", db, "--json")
    assert said.code == 1
    found = said.json
    assert (found["passed"], found["status"]) == (False, "no")
    (check,) = [c for c in found["checks"] if c["name"] == "stored weights"]
    assert not check["passed"]
    assert "KO" in check["detail"]
    assert "PEP" not in check["detail"]
    assert "KO" in said.err
    assert "Traceback" not in said.err
    text = run("audit", "--db", db)
    assert text.code == 1
    assert "FAILED" in text.out


def test_nothing_to_audit(tmp_path: Path) -> None:
    said = run("audit", "--db", tmp_path / "c.duckdb")
    assert (said.code, said.out) == (2, "")
    assert "load-packaged" in said.err
    Desk(tmp_path / "c.duckdb").load_simulated()
    said = run("audit", "--db", tmp_path / "c.duckdb")
    assert (said.code, said.out) == (2, "")
    assert "sim-0 has no stored run" in said.err


def test_recompute_finds_no_breach_on_the_packaged_data() -> None:
    """What `make audit` runs."""
    said = run("audit", "--recompute", "--json")
    assert (said.code, said.err) == (0, "")
    cases = said.json["cases"]
    assert len(said.json["checks"]) == len(cases) == 2 * 3 * len(PROFILES)
    assert {c["status"] for c in cases} <= {"passed", "no"}
    assert all(c["reason"] for c in cases if c["status"] == "no")
    assert {c["profile"] for c in cases if c["status"] == "no"} <= {"max_sharpe"}
    assert said.json["passed"] is True


def test_recompute_fails_on_a_breach(packaged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = audit_command.pipeline.evidence_of

    def stretched(*given: object) -> object:
        evidence = real(*given)
        object.__setattr__(evidence, "weights", np.roll(evidence.weights, 5))
        return evidence

    monkeypatch.setattr("engine.pipeline.audit.evidence_of", stretched)
    said = run("audit", "--recompute", "--db", packaged, "--universe", "packaged", "--json")
    assert said.code == 1
    assert said.json["passed"] is False
    assert "limit" in said.err
    assert "roadmap/min_variance/CRISIS" in said.err


def test_the_script_loads_and_stores(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable, "scripts/optimize_clustered_v2.py", "--db", str(tmp_path / "c.duckdb"),
            "--packaged-if-empty", "--profile", "min_cvar", "--by", "Anna", "--json",
        ],
        cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "packaged data is now in" in done.stderr
    found = json.loads(done.stdout)
    assert found["profile"] == "min_cvar"
    assert Desk(tmp_path / "c.duckdb").run(found["run_id"]).by == "Anna"
