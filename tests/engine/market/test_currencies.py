"""A currency is the same asset with the same returns however it is quoted; pegs; conversion."""

from __future__ import annotations

import numpy as np
import pytest
from hand_made import fx, make_grid, walk
from hypothesis import given
from hypothesis import strategies as st

from engine.core.currencies import MINOR, quoted_in
from engine.core.errors import EmptyUniverse, ParamError
from engine.desk.marks import marks_on
from engine.market.currencies import Pair, Rates, assign_assets, find_pegs, parse_pair
from engine.market.panel import Panel, build_panel
from engine.params import DataParams, PanelParams

N = 120
PARAMS = PanelParams(lookback=100, min_history=30)
EUR, JPY, GBP, CHF = (walk(i, N, 0.006, s) for i, s in enumerate((1.1, 0.007, 1.3, 1.05)))
NAN = np.nan


def panel_of(
    closes: dict[str, np.ndarray], base: str = "USD", params: PanelParams = PARAMS, **more: dict
) -> Panel:
    described = {symbol: fx() for symbol in closes} | more
    return build_panel(make_grid(closes, **described), DataParams(base_currency=base), params)


def returns_by_asset(panel: Panel) -> dict[str, np.ndarray]:
    return dict(zip(panel.assets, panel.returns.T, strict=True))


def reason(panel: Panel, symbol: str) -> str:
    return panel.table.set_index("symbol")["status"][symbol]


def step(values: np.ndarray) -> np.ndarray:
    """Direct one-day returns of the last 100 weekdays."""
    return (values[1:] / values[:-1] - 1)[-100:]


@pytest.mark.parametrize(
    "text", ["USDJPY", "usd-jpy", "USD/JPY", "USD_JPY", " USDJPY=X", "USD.JPY"]
)
def test_pairs_are_read(text: str) -> None:
    assert parse_pair(text) == ("USD", "JPY")


@pytest.mark.parametrize("text", ["JPY", "USDUSD", "BTCUSDT", "US1JPY", "", "USDJPY.B"])
def test_what_is_no_pair(text: str) -> None:
    assert parse_pair(text) is None


@pytest.mark.parametrize("base", ["USD", "EUR", "JPY", "GBP"])
def test_quoting_changes_nothing(base: str) -> None:
    """Every pair turned round, one and all: the same assets, the same numbers to 1e-12."""
    closes = {"EURUSD": EUR, "JPYUSD": JPY, "GBPUSD": GBP}
    turned = {"USDEUR": 1 / EUR, "USDJPY": 1 / JPY, "USDGBP": 1 / GBP}
    first = returns_by_asset(panel_of(closes, base))
    assert set(first) == {"USD", "EUR", "JPY", "GBP"} - {base}
    for symbol, other in zip(closes, turned, strict=True):
        one_turned = {k: v for k, v in closes.items() if k != symbol} | {other: turned[other]}
        for quoted in (one_turned, turned):
            second = returns_by_asset(panel_of(quoted, base))
            assert set(second) == set(first)
            for asset, wanted in first.items():
                np.testing.assert_allclose(second[asset], wanted, rtol=0, atol=1e-12)


def test_the_asset_is_the_foreign_currency() -> None:
    got = returns_by_asset(panel_of({"USDJPY": 1 / JPY}))
    np.testing.assert_allclose(got["JPY"], step(JPY), atol=1e-13)


def test_crosses_go_through_the_euro() -> None:
    """As the central bank publishes them: everything against EUR, seen in USD."""
    panel = panel_of({"EURUSD": EUR, "EURJPY": EUR / JPY, "EURGBP": EUR / GBP})
    got = returns_by_asset(panel)
    assert set(got) == {"EUR", "JPY", "GBP"}
    for asset, value in (("EUR", EUR), ("JPY", JPY), ("GBP", GBP)):
        np.testing.assert_allclose(got[asset], step(value), atol=1e-12)
    assert panel.table.set_index("symbol")["asset"].to_dict() == {
        "EURUSD": "EUR", "EURJPY": "JPY", "EURGBP": "GBP",
    }  # fmt: skip


@pytest.mark.parametrize(("base", "unit"), [("EUR", EUR), ("JPY", JPY)])
def test_other_bases(base: str, unit: np.ndarray) -> None:
    got = returns_by_asset(panel_of({"EURUSD": EUR, "USDJPY": 1 / JPY, "GBPUSD": GBP}, base))
    in_dollars = {"USD": np.ones(N), "EUR": EUR, "JPY": JPY, "GBP": GBP}
    assert set(got) == set(in_dollars) - {base}
    for asset, returns in got.items():
        np.testing.assert_allclose(returns, step(in_dollars[asset] / unit), atol=1e-12)


def test_a_cross_needs_both_legs_on_the_day() -> None:
    holed = EUR.copy()
    holed[-5] = NAN
    panel = panel_of({"EURUSD": holed, "EURJPY": EUR / JPY})
    jpy = returns_by_asset(panel)["JPY"]
    assert np.isnan(jpy[-5])
    assert jpy[-4] == pytest.approx(JPY[-4] / JPY[-6] - 1, rel=1e-12)


def test_duplicate_pairs_are_one_asset() -> None:
    panel = panel_of({"USDJPY": 1 / JPY, "JPYUSD": JPY, "JPY/USD": JPY, "EURUSD": EUR})
    assert sorted(panel.assets) == ["EUR", "JPY"]
    assert panel.out["status"].tolist() == ["duplicate pair"] * 2
    assert panel.out["detail"].str.contains("JPY is held through").all()


def test_a_cross_beside_both_its_legs_is_a_duplicate() -> None:
    panel = panel_of({"EURUSD": EUR, "JPYUSD": JPY, "EURJPY": EUR / JPY})
    assert sorted(panel.assets) == ["EUR", "JPY"]
    assert reason(panel, "EURJPY") == "duplicate pair"
    # The same where the legs themselves are crosses.
    through = {"EURUSD": EUR, "EURJPY": EUR / JPY, "EURGBP": EUR / GBP, "GBPJPY": GBP / JPY}
    panel = panel_of(through)
    assert sorted(panel.assets) == ["EUR", "GBP", "JPY"]
    assert reason(panel, "GBPJPY") == "duplicate pair"


@pytest.mark.parametrize("idle", ["no close", "ended", "listed later"])
def test_a_second_quote_that_does_not_trade_does_not_take_the_asset(idle: str) -> None:
    """JPYUSD sorts before USDJPY, but only USDJPY has what is needed."""
    other = JPY.copy()
    if idle == "ended":
        other[-40:] = NAN
    else:
        other[:] = NAN
    if idle == "listed later":
        other[-1] = JPY[-1]
    closes = {"JPYUSD": other, "USDJPY": 1 / JPY, "EURUSD": EUR}
    grid = make_grid(closes, **{symbol: fx() for symbol in closes})
    as_of = grid.days[-2].astype(object)
    panel = build_panel(grid, DataParams(as_of=as_of), PARAMS)
    assert panel.symbols == ("EURUSD", "USDJPY")
    np.testing.assert_allclose(
        returns_by_asset(panel)["JPY"], (JPY[1:] / JPY[:-1] - 1)[-101:-1], atol=1e-12
    )


def test_an_ended_direct_pair_gives_way_to_a_cross_that_trades() -> None:
    ended = 1 / JPY.copy()
    ended[-40:] = NAN
    panel = panel_of({"USDJPY": ended, "EURJPY": EUR / JPY, "EURUSD": EUR})
    got = returns_by_asset(panel)
    assert set(got) == {"EUR", "JPY"}
    np.testing.assert_allclose(got["JPY"], step(JPY), atol=1e-12)
    assert reason(panel, "USDJPY") == "duplicate pair"


def test_a_pair_without_a_close_has_no_price() -> None:
    panel = panel_of({"EURUSD": EUR, "USDCHF": np.full(N, NAN), "USDEUR": np.full(N, NAN)})
    assert panel.out["status"].tolist() == ["no price"] * 2


def test_a_chain_of_crosses() -> None:
    panel = panel_of({"EURUSD": EUR, "GBPEUR": GBP / EUR, "GBPCHF": GBP / CHF})
    got = returns_by_asset(panel)
    assert set(got) == {"EUR", "GBP", "CHF"}
    np.testing.assert_allclose(got["CHF"], step(CHF), atol=1e-12)


def test_pairs_that_nothing_links_to_the_base() -> None:
    panel = panel_of({"EURUSD": EUR, "GBPCHF": GBP / CHF})
    assert panel.assets == ("EUR",)
    out = panel.out.iloc[0]
    assert (out["symbol"], out["status"]) == ("GBPCHF", "no rate")
    assert "GBP" in out["detail"]
    assert "CHF" in out["detail"]
    with pytest.raises(EmptyUniverse, match="1 no rate"):
        panel_of({"GBPCHF": GBP / CHF})


@given(st.permutations(["EURUSD", "USDJPY", "JPYUSD", "EURJPY", "EURGBP", "GBPJPY", "GBPCHF"]))
def test_assignment_does_not_depend_on_the_order_of_columns(symbols: list[str]) -> None:
    pairs = [Pair(c, s, *parse_pair(s)) for c, s in enumerate(symbols)]
    rates = Rates(pairs, np.ones((5, len(symbols))), "USD", idle_after=10)
    assets, refused = assign_assets(pairs, rates, "USD")
    assert {symbols[c]: a for c, a in assets.items()} == {
        "EURUSD": "EUR", "JPYUSD": "JPY", "EURGBP": "GBP", "GBPCHF": "CHF",
    }  # fmt: skip
    assert {symbols[c]: r for c, (r, _) in refused.items()} == {
        "USDJPY": "duplicate pair", "EURJPY": "duplicate pair", "GBPJPY": "duplicate pair",
    }  # fmt: skip


# Pegs. HKD to USD, DKK and BGN to EUR, each with about 0.3 % annual noise.
HKD = walk(20, N, 0.0002, 0.128)
DKK, BGN = EUR * walk(21, N, 0.0002, 0.134), EUR * walk(22, N, 0.0002, 0.51)
PEGS = {"EURUSD": EUR, "USDHKD": 1 / HKD, "EURDKK": EUR / DKK, "EURBGN": EUR / BGN, "GBPUSD": GBP}


def test_pegs_to_the_base_and_to_the_euro() -> None:
    panel = panel_of(PEGS)
    assert sorted(panel.assets) == ["EUR", "GBP"]
    details = panel.out.set_index("symbol")["detail"]
    assert details["USDHKD"] == "pegged to the base currency USD"
    assert details["EURDKK"] == details["EURBGN"] == "pegged to EUR; EUR stays"


def test_pegs_seen_from_other_bases() -> None:
    """In EUR, DKK and BGN go altogether, and of USD and HKD the dollar stays."""
    assert sorted(panel_of(PEGS, "EUR").assets) == ["GBP", "USD"]
    assert sorted(panel_of(PEGS, "GBP").assets) == ["EUR", "USD"]
    # The dollar and the euro are themselves pegged to a base that hangs on them.
    assert sorted(panel_of(PEGS, "HKD").assets) == ["EUR", "GBP"]
    assert sorted(panel_of(PEGS, "DKK").assets) == ["GBP", "USD"]


def test_pegs_stay_if_asked_for() -> None:
    kept = PanelParams(lookback=100, min_history=30, include_pegs=True)
    assert sorted(panel_of(PEGS, params=kept).assets) == ["BGN", "DKK", "EUR", "GBP", "HKD"]
    strict = PanelParams(lookback=100, min_history=30, peg_volatility=0.0)
    assert sorted(panel_of(PEGS, params=strict).assets) == ["BGN", "DKK", "EUR", "GBP", "HKD"]


def test_of_a_group_without_its_anchor_the_most_liquid_stays() -> None:
    """EUR is not held here (a benchmark): DKK is more traded than BGN."""
    panel = panel_of(PEGS, EURUSD=fx(role="benchmark"))
    assert sorted(panel.assets) == ["DKK", "GBP"]


def test_a_hard_peg_is_constant_but_for_rounding() -> None:
    """Two published rates whose quotient never moves: no variance to correlate."""
    kept = PanelParams(lookback=100, min_history=30, include_pegs=True)
    panel = panel_of({"EURUSD": EUR, "EURAED": EUR * 3.6725}, params=kept)
    assert panel.assets == ("EUR",)
    assert reason(panel, "EURAED") == "constant"


def test_a_short_history_does_not_make_a_peg() -> None:
    """Annualised by its own rate: 3 % volatility over a third of the window is no peg."""
    young = walk(30, N, 0.03 / np.sqrt(261))
    young[:-35] = NAN
    panel = panel_of({"EURUSD": EUR, "SEKUSD": young})
    assert sorted(panel.assets) == ["EUR", "SEK"]
    assert 0.02 < panel.members.set_index("asset")["volatility"]["SEK"] < 0.04


def test_find_pegs_by_hand() -> None:
    near = {"USD": {"HKD": 0.004, "EUR": 0.08, "DKK": 0.081}, "EUR": {"DKK": 0.003, "HKD": 0.08}}
    held = {"EUR", "DKK", "HKD"}
    assert find_pegs(near, held, "USD", 0.02) == {
        "HKD": "pegged to the base currency USD",
        "DKK": "pegged to EUR; EUR stays",
    }
    assert find_pegs(near, held, "USD", 0.0) == {}
    assert find_pegs(near, held - {"EUR"}, "USD", 0.02).keys() == {"HKD"}  # DKK has no company


# Shares in other currencies.
SHARE = walk(40, N, 0.012, 50)


def test_a_share_in_another_currency_is_converted() -> None:
    panel = panel_of({"EURUSD": EUR, "SHARE": SHARE}, SHARE={"currency": "EUR"})
    np.testing.assert_allclose(returns_by_asset(panel)["SHARE"], step(SHARE * EUR), atol=1e-12)
    inverse = panel_of({"USDEUR": 1 / EUR, "SHARE": SHARE}, SHARE={"currency": "EUR"})
    np.testing.assert_allclose(returns_by_asset(inverse)["SHARE"], step(SHARE * EUR), atol=1e-12)


def test_a_day_without_a_fixing_is_missing() -> None:
    holed = EUR.copy()
    holed[-3] = NAN
    panel = panel_of({"EURUSD": holed, "SHARE": SHARE}, SHARE={"currency": "EUR"})
    got = returns_by_asset(panel)["SHARE"]
    assert np.isnan(got[-3])
    wanted = SHARE[-2] * EUR[-2] / (SHARE[-4] * EUR[-4]) - 1
    assert got[-2] == pytest.approx(wanted, rel=1e-12)


def test_a_share_in_a_currency_without_a_rate_is_out() -> None:
    panel = panel_of({"EURUSD": EUR, "SHARE": SHARE}, SHARE={"currency": "CHF"})
    assert reason(panel, "SHARE") == "no rate"
    told = panel.table.set_index("symbol").loc["SHARE"]
    assert (told["sessions"], told["n"]) == (N, 0)  # it trades, but is worth nothing known
    assert told["last"] == panel.table.set_index("symbol")["last"]["EURUSD"]
    assert "CHF" in panel.out["detail"].iloc[0]


@pytest.mark.parametrize("code", [minor for minor, major in MINOR.items() if major == "GBP"])
def test_pence_are_hundredths_of_a_pound(code: str) -> None:
    """The ETF IITU.L on 2025-09-12 at 13,748.588867 pence and GBPUSD at 1.349518: 185.53968 USD."""
    pence, dollars = np.full(N, 13_748.588867), np.full(N, 1.349518)
    grid = make_grid({"GBPUSD": dollars, "SHARE": pence}, GBPUSD=fx(), SHARE={"currency": code})
    for base, wanted in (("USD", 137.48588867 * 1.349518), ("GBP", 137.48588867)):
        marks = marks_on(grid, grid.last_day(), base, PARAMS)
        assert float(marks.prices["SHARE"]) == pytest.approx(wanted, rel=1e-8)
        assert marks.tradables["SHARE"].currency == "GBP"  # as an order names it
    assert [quoted_in(c) for c in ("GBP", "GBp")] == [("GBP", 1.0), ("GBP", 0.01)]


def test_the_case_of_a_code_counts() -> None:
    """gbp may be pounds or pence: neither is taken, and what to write is said."""
    panel = panel_of({"GBPUSD": EUR, "SHARE": SHARE}, SHARE={"currency": "gbp"})
    assert reason(panel, "SHARE") == "no rate"
    told = panel.out.set_index("symbol").loc["SHARE", "detail"]
    assert told == "gbp is no currency code: write GBP, or GBX for its hundredth"
    own = panel_of({"GBPUSD": EUR, "SHARE": SHARE}, SHARE={"currency": "usd"})
    assert "write USD" in own.out.set_index("symbol").loc["SHARE", "detail"]


@pytest.mark.parametrize("code", ["GBp", "GBX", "ZAc", "ILA"])
def test_no_base_currency_is_a_hundredth(code: str) -> None:
    with pytest.raises(ParamError, match=f"{code} is a hundredth of .*: write {MINOR[code]}"):
        DataParams(base_currency=code)
    assert DataParams(base_currency=" usd ").base_currency == "USD"


def test_conversion_works_when_currencies_are_filtered_out() -> None:
    closes = {"EURUSD": EUR, "SHARE": SHARE}
    grid = make_grid(closes, EURUSD=fx(), SHARE={"currency": "EUR"})
    panel = build_panel(grid, DataParams(classes=("equity",), base_currency="USD"), PARAMS)
    assert panel.symbols == ("SHARE",)
    np.testing.assert_allclose(panel.returns[:, 0], step(SHARE * EUR), atol=1e-12)


def test_stablecoins_at_par_are_noted() -> None:
    panel = panel_of({"BTC": SHARE}, BTC={"asset_class": "crypto", "currency": "USDT"})
    np.testing.assert_allclose(panel.returns[:, 0], step(SHARE), atol=1e-13)
    assert "USDT taken at par with USD." in panel.notes
    euro = panel_of(
        {"BTC": SHARE, "EURUSD": EUR}, "EUR", BTC={"asset_class": "crypto", "currency": "USDT"}
    )
    np.testing.assert_allclose(returns_by_asset(euro)["BTC"], step(SHARE / EUR), atol=1e-12)


def test_an_unknown_currency_is_noted() -> None:
    panel = panel_of({"SHARE": SHARE}, SHARE={"currency": ""})
    assert "Currency unknown, taken as USD: SHARE." in panel.notes
