"""Exchanges as instruments name them, and as brokers do.

Names: ISO 10383 MIC, Interactive Brokers' codes ("Exchange listings"), the Reuters mnemonics of the
FIX 4.2 specification, appendix C (SecurityExchange, 207), and the suffixes that Yahoo and others
hang on a symbol (VOD.L).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Exchange:
    """mic; ib: its code at Interactive Brokers, "SMART" where orders are routed freely, "" where it
    has none; fix: its mnemonic, "" = of several; suffix: without the dot; currencies: in which it
    trades; names: how else it is written, in small letters; plus: what parts a share class from its
    root in the broker's symbol."""

    mic: str
    ib: str
    fix: str
    suffix: str
    currencies: tuple[str, ...]
    names: tuple[str, ...] = ()
    plus: str = "."


_US = ("us", "usa", "united states", "nyse", "nasdaq", "new york", "amex", "arca", "nms",
       "nyq", "ngm", "pcx", "xnys", "xnas", "xase", "arcx", "bats", "nyse arca", "nyse american",
       "new york stock exchange", "nasdaqgs", "nasdaqgm", "nasdaqcm", "cboe bzx",
       "bzx", "cboe")  # fmt: skip

EXCHANGES = (
    Exchange("XNYS", "SMART", "", "", ("USD",), _US, " "),
    Exchange("XLON", "LSE", "L", "L", ("GBP", "USD", "EUR"), ("lse", "london", "lon", "l",
             "london stock exchange")),
    Exchange("XETR", "IBIS", "DE", "DE", ("EUR",), ("xetra", "ger", "etr", "de", "ibis")),
    Exchange("XFRA", "FWB", "F", "F", ("EUR",), ("frankfurt", "fra", "fwb")),
    Exchange("XPAR", "SBF", "PA", "PA", ("EUR",), ("paris", "euronext paris", "par", "sbf")),
    Exchange("XAMS", "AEB", "AS", "AS", ("EUR",), ("amsterdam", "euronext amsterdam", "ams",
             "aeb")),
    Exchange("XBRU", "ENEXT.BE", "BR", "BR", ("EUR",), ("brussels", "euronext brussels", "bru")),
    Exchange("XLIS", "BVL", "LS", "LS", ("EUR",), ("lisbon", "euronext lisbon", "bvl")),
    Exchange("XMIL", "BVME", "MI", "MI", ("EUR",), ("milan", "borsa italiana", "mil", "bvme",
             "mta")),
    Exchange("XMAD", "BM", "MC", "MC", ("EUR",), ("madrid", "bolsa de madrid", "bme", "bm", "mce")),
    Exchange("XSWX", "EBS", "S", "SW", ("CHF",), ("swiss", "six", "zurich", "ebs", "vtx")),
    Exchange("XWBO", "VSE", "VI", "VI", ("EUR",), ("vienna", "wiener boerse", "vse")),
    Exchange("XSTO", "SFB", "ST", "ST", ("SEK",), ("stockholm", "nasdaq stockholm", "sto", "sfb")),
    Exchange("XCSE", "CPH", "CO", "CO", ("DKK",), ("copenhagen", "nasdaq copenhagen", "cph")),
    Exchange("XHEL", "HEX", "HE", "HE", ("EUR",), ("helsinki", "nasdaq helsinki", "hel", "hex")),
    Exchange("XOSL", "OSE", "OL", "OL", ("NOK",), ("oslo", "euronext oslo", "osl", "ose")),
    Exchange("XTKS", "TSEJ", "T", "T", ("JPY",), ("tokyo", "tse japan", "jpx", "tyo", "tsej",
             "tokyo stock exchange")),
    Exchange("XHKG", "SEHK", "HK", "HK", ("HKD",), ("hong kong", "hkex", "hkse", "hkg", "sehk")),
    Exchange("XKRX", "", "KS", "KS", ("KRW",), ("korea", "krx", "kospi", "ksc", "seoul")),
    Exchange("XASX", "ASX", "AX", "AX", ("AUD",), ("australia", "asx", "sydney")),
    Exchange("XTSE", "TSE", "TO", "TO", ("CAD",), ("toronto", "tsx", "tor", "tse")),
    Exchange("XSES", "SGX", "SI", "SI", ("SGD",), ("singapore", "sgx", "ses")),
    Exchange("XTAE", "TASE", "TV", "TA", ("ILS",), ("tel aviv", "tase", "tlv")),
    Exchange("XJSE", "", "J", "JO", ("ZAR",), ("johannesburg", "jse", "jnb")),
)  # fmt: skip
_NAMED = {
    name: one for one in EXCHANGES for name in (one.mic.lower(), one.ib.lower(), *one.names)
    if name and name != "smart"
}  # fmt: skip
_SUFFIXES = {one.suffix: one for one in EXCHANGES if one.suffix}


def exchange_of(name: str, symbol: str, currency: str) -> Exchange | str:
    """The exchange of an instrument, or why it is not known.

    name: as its instrument says; where that is blank, the symbol's suffix or, of what is quoted in
    dollars without one, the United States. currency: of the quote, ISO.
    """
    if name.strip():
        found = _NAMED.get(" ".join(name.lower().split()))
        if found is None:
            return f"is of the exchange {name.strip()[:30]!r}, which is not known here"
    else:
        _, dot, suffix = symbol.rpartition(".")
        found = _SUFFIXES.get(suffix) if dot else None
        if found is None or currency not in found.currencies:
            found = EXCHANGES[0] if currency == "USD" else None
        if found is None:
            return f"has no exchange, and is quoted in {currency}: give it in the instruments"
    if currency not in found.currencies:
        return f"is quoted in {currency}, which {found.mic} does not trade"
    return found


def broker_symbol(symbol: str, exchange: Exchange, plus: str = "") -> str:
    """The symbol without the exchange's suffix, share classes as the exchange's orders
    have them (BRK B, BT.A), or with another sign between."""
    root = symbol
    if exchange.suffix and symbol.endswith(f".{exchange.suffix}"):
        root = symbol[: -len(exchange.suffix) - 1]
    plus = plus or exchange.plus
    return root.rstrip(".").replace("-", plus).replace(".", plus)
