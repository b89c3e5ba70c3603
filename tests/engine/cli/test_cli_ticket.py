"""From cash to the second ticket on the command line, on the packaged data."""

from __future__ import annotations

import ctypes
import json
import math
import os
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from command_line import Said, run
from packaged_db import recent_at

from engine.cli.arguments.trading import flags_of
from engine.cli.main import main
from engine.desk import Desk
from engine.trading.entries import ENTRIES
from engine.trading.exports import KINDS

TICKET = {"ticket_id", "checksum", "state", "lines", "cash", "estimated_cost"}


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Said]]:
    """A portfolio that was traded into its target, and what each command said."""
    db = recent_at(tmp_path_factory.mktemp("ticket") / "c.duckdb")
    steps = {
        "create": ("portfolio", "create", "main", "--cash", "1000000", "--by", "Anna"),
        "optimize": ("optimize", "--as-of", "2022-06-30"),
        "ticket": ("ticket", "--by", "Anna"),
        "approve": ("approve", "--by", "Bert"),
        "accept": ("accept", "--by", "Bert"),
        "drift": ("drift", "--as-of", "2022-09-30"),
        "second": ("ticket", "--as-of", "2022-09-30", "--phi", "0.5", "--by", "Anna"),
        "verify": ("verify",),
    }
    said = {name: run(*argv, "--db", db, "--json") for name, argv in steps.items()}
    for name, found in said.items():
        assert found.code == 0, f"{name}: {found.err}"
    return db, said


def test_from_cash_to_target(walked: tuple[Path, dict[str, Said]]) -> None:
    _, said = walked
    created = said["create"].json
    assert (created["status"], created["turnover"]) == ("NEW", 1.0)
    ticket = said["ticket"].json
    assert set(ticket) >= TICKET
    assert ticket["run_id"] == said["optimize"].json["run_id"]
    assert ticket["audit"] == {"passed": True, "failed": []}
    spent = sum(Decimal(line["value"]) + Decimal(line["cost"]) for line in ticket["lines"])
    assert abs(Decimal(1_000_000) - spent - Decimal(ticket["cash"])) < Decimal("0.01")
    assert [said[name].json["state"] for name in ("ticket", "approve", "accept")] == [
        "PROPOSED", "APPROVED", "IMPLEMENTED",
    ]  # fmt: skip
    yen = next(line for line in ticket["lines"] if line["asset"] == "JPY")
    assert (yen["market_symbol"], yen["market_side"], yen["side"]) == ("USDJPY", "SELL", "BUY")


def test_prices_make_drift_that_its_causes_add_up_to(walked: tuple[Path, dict[str, Said]]) -> None:
    _, said = walked
    drift = said["drift"].json
    assert {"status", "turnover", "lines"} <= set(drift)
    assert drift["last_implemented"] == "2022-06-30"
    total = drift["causes"]["total"]
    assert abs(total["price"]) > 0.001
    parts = math.fsum(total[name] for name in ("price", "flows", "clusters", "targets"))
    assert parts == pytest.approx(total["drift"], abs=1e-12)
    assert total["drift"] == pytest.approx(drift["turnover"], abs=1e-10)
    lines = {line["symbol"]: line for line in drift["lines"]}
    for cause in drift["causes"]["assets"]:
        known = cause["price"] + cause["flows"] + cause["clusters"] + cause["targets"]
        assert known == cause["drift"]
        line = lines[cause["symbol"]]
        assert line["target"] - line["held"] == pytest.approx(cause["drift"], abs=1e-11)
    assert math.fsum(line["held"] for line in drift["lines"]) == pytest.approx(1)
    assert drift["turnover"] == pytest.approx(
        0.5 * math.fsum(abs(line["drift"]) for line in drift["lines"])
    )
    second = said["second"].json
    assert float(second["drift_left"]) < float(second["drift_before"])


def test_on_the_day_of_the_ticket_its_remainder_is_left(
    walked: tuple[Path, dict[str, Said]],
) -> None:
    db, said = walked
    after = run("drift", "--db", db, "--as-of", "2022-06-30", "--json").json
    assert after["turnover"] == pytest.approx(float(said["ticket"].json["drift_left"]), abs=1e-9)
    assert after["status"] == "MAINTAIN"


@pytest.mark.parametrize("kind", KINDS)
def test_every_export(walked: tuple[Path, dict[str, Said]], kind: str, tmp_path: Path) -> None:
    db, said = walked
    name, out = said["second"].json["ticket_id"], tmp_path / "file"
    ask = ("ticket", "--db", db, "--id", name, "--format", kind, "--out", out)
    if kind in ("ibkr", "fix"):  # its quantities are of adjusted closes
        refused = run(*ask)
        assert (refused.code, out.exists()) == (2, False)
        assert "say --adjusted-quantities" in refused.err
        ask = (*ask, "--adjusted-quantities", "--by", "Anna")
    done = run(*ask)
    assert done.code == 0, done.err
    book = Desk(db).portfolios
    assert out.read_bytes() == book.export(name, kind, adjusted=True)
    last = book.ticket(name).events[-1 if kind not in ("ibkr", "fix") else -2]
    noted = last.payload.get("note", "")
    assert noted.startswith(f"{kind} file with quantities of adjusted") == (kind in ("ibkr", "fix"))
    assert run("verify", "--db", db).code == 0
    if kind in ("csv", "json"):
        assert book.reimport(out.read_bytes(), kind) == book.ticket(name).ticket


def test_accepting_twice_changes_nothing(walked: tuple[Path, dict[str, Said]]) -> None:
    db, said = walked
    again = run("accept", said["ticket"].json["ticket_id"], "--db", db, "--by", "Eve", "--json")
    assert again.code == 0
    assert again.json["repeated"] is True
    assert again.json["entry_hash"] == said["accept"].json["entry_hash"]
    assert "already by Bert" in again.err


def test_a_value_changed_by_sql_is_named(
    walked: tuple[Path, dict[str, Said]], tmp_path: Path
) -> None:
    db, said = walked
    copy = tmp_path / "copy.duckdb"
    shutil.copy(db, copy)
    head = said["second"].json["ledger_head"]
    assert run("verify", "--db", copy, "--anchor", head).code == 0
    with duckdb.connect(str(copy)) as connection:
        names = {
            t for (t,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
        }
        (table,) = [t for t in names if "ledger" in t and "event" not in t]
        connection.execute(
            f"UPDATE {table} SET payload = replace(payload, '1000000', '2000000') WHERE seq = 2"
        )
    found = run("verify", "--db", copy, "--json")
    assert (found.code, found.json["passed"]) == (1, False)
    assert (found.json["faults"][0]["portfolio"], found.json["faults"][0]["entry"]) == ("main", 2)
    assert "Entry 2 of main was edited" in found.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("drift", "--portfolio", "nobody"), "nobody"),
        (("portfolio", "create"), "Name it"),
        (("portfolio", "holdings", "main"), "What is held"),
        (("portfolio", "holdings", "main", "--hold", "SP500=1"), "benchmark"),
        (("portfolio", "holdings", "main", "--hold", "NONE=1"), "NONE"),
        (("portfolio", "holdings", "main", "--file", "x", "--hold", "KO=1"), "given twice"),
        (("portfolio", "correction", "main", "--reason", "x"), "What is to be corrected"),
        (("portfolio", "correction", "main", "--cash", "1"), "Give the reason of the correction"),
        (("portfolio", "correction", "main", "--hold", "KO=1", "--reason", " "), "the reason of"),
        (("portfolio", "split", "main", "--ratio", "2"), "This needs --symbol S."),
        (("portfolio", "split", "main", "--symbol", "KO"), "This needs --ratio R."),
        (("portfolio", "dividend", "main", "--symbol", "KO"), "What came in? Give the amount"),
        (("portfolio", "fee", "main", "--reason", "custody"), "This needs --cash N."),
        (("portfolio", "fee", "main", "--amount", "-1"), "it must be above 0"),
        (("portfolio", "cash", "main"), "This needs --cash N."),
        (("portfolio", "cash", "main", "--cash", "much"), "much"),
        (("portfolio", "cash", "main", "--cash", "5", "--on", "june"), "june"),
        (("ticket", "--phi", "2"), "trade.phi"),
        (("ticket", "--set", "trade.nothing=1"), "trade.nothing"),
        (("ticket", "--set", "drift.urgent_turnover=x"), "drift.urgent_turnover"),
        (("ticket", "--format", "pdf"), "pdf"),
        (("ticket", "--notional", "9e9"), "worth"),
        (("approve", "Tnone"), "Tnone"),
        (("accept",), "APPROVED"),
        (("verify", "--anchor", "xyz"), "xyz"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(
    walked: tuple[Path, dict[str, Said]], arguments: tuple[str, ...], words: str
) -> None:
    db, _ = walked
    before = Desk(db).portfolios.info("main").head_hash
    said = run(*arguments, "--db", db, "--json")
    assert (said.code, said.out) == (2, ""), said.err
    assert words in said.err
    assert Desk(db).portfolios.info("main").head_hash == before


def test_the_path_by_hand_create_correct_undo(
    walked: tuple[Path, dict[str, Said]], tmp_path: Path
) -> None:
    db = tmp_path / "copy.duckdb"
    shutil.copy(walked[0], db)
    file = tmp_path / "holdings.csv"
    file.write_bytes(b"symbol,quantity\nKO,10\nCASH,250.5\n")
    made = run("portfolio", "create", "own", "--file", file, "--on", "2022-06-30", "--db", db,
               "--json")  # fmt: skip
    assert (made.code, made.json["entries"], made.json["cash"]) == (0, 2, "250.5"), made.err
    bad = run("portfolio", "create", "bad", "--hold", "KO=1", "--hold", "NONE=1", "--db", db)
    assert (bad.code, "NONE" in bad.err) == (2, True)
    assert {info.name for info in Desk(db).portfolios.list()} == {"main", "own"}
    blank = tmp_path / "blank.csv"
    blank.write_bytes(b"symbol,quantity\nKO,\n")
    none = run("portfolio", "holdings", "own", "--file", blank, "--db", db)
    assert (none.code, "nothing was recorded" in none.err) == (2, True), none.err
    assert len(Desk(db).portfolios.entries("own")) == 2
    done = run("portfolio", "correction", "own", "--hold", "KO=-2", "--cash", "-0.5", "--reason",
               "typo", "--on", "2022-06-30", "--db", db, "--json")  # fmt: skip
    assert (done.code, done.json["cash"]) == (0, "250"), done.err
    book = Desk(db).portfolios
    assert book.entries("own")[-1].payload["reason"] == "typo"
    undone = run("portfolio", "undo", "own", "--by", "Anna", "--db", db, "--as-of", "2022-06-30",
                 "--json")  # fmt: skip
    assert (undone.code, undone.json["cash"]) == (0, "250.5"), undone.err
    assert (book.entries("own")[-1].payload["undoes"], book.entries("own")[-1].by) == (3, "Anna")
    fee = run("portfolio", "fee", "own", "--amount", "0.5", "--reason", "custody", "--on",
              "2022-06-30", "--db", db, "--json")  # fmt: skip
    assert (fee.code, fee.json["cash"]) == (0, "250"), fee.err
    assert book.entries("own")[-1].payload == {"amount": "0.5", "reason": "custody"}
    assert run("portfolio", "undo", "own", "--db", db).code == 0
    again = run("portfolio", "undo", "own", "--db", db)
    assert (again.code, "took entry 5 back" in again.err) == (2, True)
    assert run("verify", "--db", db).code == 0


def test_every_field_of_every_kind_has_an_option() -> None:
    text = " ".join(run("portfolio", "--help").out.split())
    assert (
        "create, holdings, cash, split, dividend, correction, fee, spin_off, rename, merger, "
        in text
    )
    for option, meaning in (
        ("--hold", "create, holdings: units held; correction: units to add; repeatable"),
        ("--file", "create, holdings: CSV with symbol, quantity"),
        ("--symbol S", "split, dividend, fee, spin_off, rename, merger, delisting: of what"),
        ("--ratio R", "split, spin_off, merger: new units for one old, 4 or 3:2"),
        ("--reason TEXT", "correction, fee: why"),
        ("--cash N, --amount N", "money; out of it with a minus"),
    ):
        assert f"{option} " in text
        assert meaning in text
    for entry in ENTRIES.values():
        options = [flags_of(one) for one in entry.fields]
        assert len(set(options)) == len(options), f"two fields of {entry.kind} have one option"


def test_json_is_alone_on_stdout(
    walked: tuple[Path, dict[str, Said]],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """What a library prints past Python, through C's buffer or itself, goes to stderr."""
    db, _ = walked
    real = Desk.portfolios.fget

    def noisy(self: Desk) -> object:
        os.write(1, b"by descriptor\n")
        ctypes.CDLL(None).puts(b"by C")
        print("by Python")
        return real(self)

    monkeypatch.setattr(Desk, "portfolios", property(noisy))
    for argv, code in ((("verify", "--json"), 0), (("drift", "--portfolio", "x", "--json"), 2)):
        assert main([*argv, "--db", str(db)]) == code
        said = capfd.readouterr()
        assert [w for w in ("by descriptor", "by C", "by Python") if w not in said.err] == []
        if code == 0:
            assert json.loads(said.out)["passed"] is True
        else:
            assert said.out == ""
    assert main(["verify", "--db", str(db)]) == 0
    assert "by descriptor" in capfd.readouterr().out  # the real one is back


ASK = [
    ("portfolio", "show", "main"), ("portfolio", "cash", "main", "--cash", "5"), ("drift",),
    ("portfolio", "undo", "main"), ("portfolio", "create", "new", "--cash", "5"), ("ticket",),
    ("approve",), ("accept",), ("cancel",), ("verify",),
]  # fmt: skip


@pytest.mark.parametrize(
    "how",
    [
        "truncate", "empty", "overwrite", "DROP TABLE ledger",
        "ALTER TABLE ledger DROP COLUMN payload",
        "ALTER TABLE ledger ALTER wall_time TYPE VARCHAR",
        "ALTER TABLE ledger ALTER effective_date TYPE VARCHAR",
        "UPDATE ledger SET payload = '[]'",
    ],
)  # fmt: skip
def test_a_damaged_file_is_one_sentence(
    walked: tuple[Path, dict[str, Said]], tmp_path: Path, how: str
) -> None:
    db = tmp_path / "copy.duckdb"
    shutil.copy(walked[0], db)
    data = db.read_bytes()
    if " " in how:
        with duckdb.connect(str(db)) as connection:
            connection.execute(how)
    else:
        part = len(data) // 2
        changed = {"truncate": data[:part], "empty": b"", "overwrite": data[:20_000]
                   + b"\xff" * 200_000 + data[220_000:]}  # fmt: skip
        db.write_bytes(changed[how])
    for argv in ASK:
        if argv[0] == "cancel" and " " in how:
            continue  # of tickets alone
        said = run(*argv, "--db", db, "--json")
        assert said.code in (1, 2), (argv, said.out)
        assert len(said.err.strip().splitlines()) == 1, (argv, said.err)
        assert said.code == 2 or argv[0] == "verify"


def test_notional_without_a_portfolio_is_on_no_record(tmp_path: Path) -> None:
    db = recent_at(tmp_path / "c.duckdb")
    said = run("ticket", "--db", db, "--notional", "50000", "--json")
    assert said.code == 0, said.err
    assert said.json["recorded"] is False
    assert Decimal(said.json["cash_before"]) == 50_000
    assert Desk(db).portfolios.list() == ()
    assert json.loads(said.out)["lines"]
