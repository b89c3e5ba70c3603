"""The plain word of each symbol of the field; where a symbol stands, its word stands before it."""

from __future__ import annotations

WORDS = {
    "t": "threshold",
    "ρ": "correlation",
    "λ": "penalty",
    "α": "blend",
    "κ": "strength",
    "φ": "fraction of the way",
}


def named(symbol: str) -> str:
    """A symbol after its word: "correlation ρ". Raises KeyError for one without a word."""
    return f"{WORDS[symbol]} {symbol}"
