"""Codes of currencies, and of their hundredths in which some markets quote."""

from __future__ import annotations

from engine.core.words import CASH

# As vendors write them: pence, South African cents, agorot, US cents. A code's case counts: GBp is
# a hundredth of GBP.
MINOR = {
    "GBX": "GBP", "GBp": "GBP", "GBP-pence": "GBP", "GBpence": "GBP",
    "ZAc": "ZAR", "ZAC": "ZAR", "ZAX": "ZAR",
    "ILA": "ILS", "ILa": "ILS", "ILAg": "ILS",
    "USX": "USD", "USc": "USD", "USd": "USD",
    "EUc": "EUR", "EUX": "EUR",
}  # fmt: skip
HUNDREDTH = 0.01


def quoted_in(code: str) -> tuple[str, float]:
    """Currency of a quote, and what one unit of the quote is in it: ("GBP", 0.01) for GBp."""
    major = MINOR.get(code)
    return (code, 1.0) if major is None else (major, HUNDREDTH)


def misspelt(code: str) -> str:
    """Why a code cannot be one, with what would be; "" for capitals. It is never folded: gbp may be
    pence as well as pounds."""
    if code == code.upper():
        return ""
    hundredth = next((minor for minor, major in MINOR.items() if major == code.upper()), "")
    other = f", or {hundredth} for its hundredth" if hundredth else ""
    return f"{code} is no currency code: write {code.upper()}{other}"


def cash_in(code: str, base: str) -> str:
    """What cash in a currency is called among weights: CASH is that of the base currency."""
    return CASH if code == base else f"{CASH} {code}"


def is_cash(symbol: str) -> bool:
    """Whether a name among weights is cash, of whatever currency."""
    return symbol == CASH or symbol.startswith(f"{CASH} ")


def currency_of_cash(symbol: str) -> str:
    """The code of cash in another currency than the base; "" for all else."""
    return symbol.removeprefix(f"{CASH} ") if symbol.startswith(f"{CASH} ") else ""
