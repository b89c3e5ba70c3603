"""Names on the lists of what is not traded: what they mean, and what means nothing."""

from __future__ import annotations

import pytest

from engine.core.errors import InputError
from engine.desk.holdings_file import read_names
from engine.params.trading import TradeParams
from engine.trading.lists import matched, refuse_unknown
from engine.trading.tradable import Tradable

KNOWN = {
    "AAPL": Tradable("AAPL", "AAPL", "equity"),
    "USDJPY": Tradable("USDJPY", "JPY", "fx"),
}


def test_a_currency_is_known_by_its_own_code() -> None:
    """`restricted = JPY` was off in silence: only USDJPY was looked for."""
    params = TradeParams(restricted=("JPY",), do_not_buy=(" AAPL ",), do_not_sell=("GONE",))
    found, unknown, said = matched(params, KNOWN, {"GONE"})
    assert (found.restricted, found.do_not_buy, found.do_not_sell) == (
        ("USDJPY",), ("AAPL",), ("GONE",),
    )  # fmt: skip
    assert (unknown, said) == ((), ())


@pytest.mark.parametrize("field", ["restricted", "do_not_buy", "do_not_sell"])
def test_what_means_nothing_is_refused_with_what_is_near(field: str) -> None:
    _, unknown, _ = matched(
        TradeParams(**{field: ("AAPLE", "aapple", "ZZZZZZ", "aapl")}), KNOWN, ()
    )
    assert len(unknown) == 3
    assert "'AAPLE' on the list" in unknown[0]
    assert "did you mean AAPL?" in unknown[0]
    assert "give a symbol as listed there" in unknown[1]  # they are in the order of their letters
    assert "'aapple' on" in unknown[2]
    assert "did you mean AAPL?" in unknown[2]
    with pytest.raises(InputError, match="'ZZZZZZ' on the list"):
        refuse_unknown(unknown)
    refuse_unknown(())


def test_a_wide_list_counts_what_is_not_there() -> None:
    found, unknown, said = matched(
        TradeParams(restricted=("AAPL",)), KNOWN, (), ["JPY", "XOM", "AAPL", "T"]
    )
    assert found.restricted == ("AAPL", "USDJPY")
    assert unknown == ()
    assert said == ("Of the restricted list 4 names, 2 are not in the universe: XOM, T.",)
    assert matched(TradeParams(), KNOWN, (), ["AAPL"])[2] == ()


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"AAPL\nJPY\n\nAAPL\n", ("AAPL", "JPY")),
        (b"symbol\r\nAAPL\r\n", ("AAPL",)),
        (b"name,symbol\nApple,AAPL\nYen,JPY\n", ("AAPL", "JPY")),
        (b"\xef\xbb\xbfsymbol;why\nAAPL;sanctions\n", ("AAPL",)),
    ],
)
def test_a_file_of_names(data: bytes, names: tuple[str, ...]) -> None:
    assert read_names(data) == names


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "is empty"), (b"name,isin\nApple,US\n", "no column symbol"), (b"\xff\xfe", "UTF-8")],
)
def test_files_of_names_that_do_not_read(data: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read_names(data)
