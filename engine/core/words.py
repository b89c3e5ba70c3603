"""The words of the trade, each once: what is stored, printed, chosen and compared.

Every enum is text (`StrEnum`): a member equals its value, goes into JSON and SQL as it, and a value
that was read compares with it.
"""

from __future__ import annotations

from enum import StrEnum

# What is not invested: a row of its own in weights, holdings and runs. No asset may bear the name.
CASH = "CASH"
# Asset class or sector that is not known.
UNKNOWN_CLASS = "unknown"
# A state, status or group that cannot be told.
UNKNOWN = "UNKNOWN"
# The class whose members are currency pairs.
CURRENCY_CLASS = "fx"


class Role(StrEnum):
    """What an instrument is for."""

    ASSET = "asset"
    BENCHMARK = "benchmark"


class Separator(StrEnum):
    """What parts the cells of a text file."""

    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"
    PIPE = "pipe"

    @property
    def mark(self) -> str:
        """The character itself."""
        return {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}[self.value]


class DecimalMark(StrEnum):
    """What stands before the decimals; the other one may part thousands."""

    POINT = "point"
    COMMA = "comma"


class DateOrder(StrEnum):
    """Of year, month and day in a date of digits."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


class Linkage(StrEnum):
    """How the distance of two clusters follows from their members'; the name is scipy's."""

    AVERAGE = "average"
    COMPLETE = "complete"
    SINGLE = "single"
    WARD = "ward"

    @property
    def heights_are_distances(self) -> bool:
        """Whether a merge height is a distance of correlations, so that t and ρ = 1 − 2t² mean
        something; Ward's are root sums of squares, which grow with the number of members."""
        return self is not Linkage.WARD


class RegimeState(StrEnum):
    """State of the market, the calmest first."""

    QUIET = "QUIET"
    NORMAL = "NORMAL"
    CRISIS = "CRISIS"


class Side(StrEnum):
    """Which way a trade goes."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """+1 for what comes in, −1 for what goes out."""
        return 1 if self is Side.BUY else -1


class TicketState(StrEnum):
    """Where a ticket stands. The last three are ends."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    IMPLEMENTED = "IMPLEMENTED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"


class ExportKind(StrEnum):
    """Kinds of file of a ticket; each is a module of this name in `engine.trading.exports`."""

    CSV = "csv"
    JSON = "json"
    IBKR = "ibkr"
    FIX = "fix"
    HTML = "html"


class Written(StrEnum):
    """What the store's journal keeps account of."""

    MIGRATION = "migration"
    INGEST = "ingest"
    REMOVAL = "removal"
    RUN = "run"
    ENTRY = "entry"
    EVENT = "event"
    STRAY = "stray"  # rows that belong to nothing: there never are any


class EntryKind(StrEnum):
    """What an entry of a ledger records; each is a module of this name in
    `engine.trading.entries`."""

    CREATE = "create"
    HOLDINGS = "holdings"
    CASH = "cash"
    TICKET = "ticket"
    SPLIT = "split"
    DIVIDEND = "dividend"
    CORRECTION = "correction"
    FEE = "fee"
    SPIN_OFF = "spin_off"
    RENAME = "rename"
    MERGER = "merger"
    DELISTING = "delisting"

    @property
    def by_hand(self) -> bool:
        """Whether it is written by hand: two follow from opening a portfolio and from accepting a
        ticket alone."""
        return self not in (EntryKind.CREATE, EntryKind.TICKET)


# Those that are written by hand.
BY_HAND = tuple(kind for kind in EntryKind if kind.by_hand)


class Status(StrEnum):
    """What drift calls for."""

    NEW = "NEW"
    MAINTAIN = "MAINTAIN"
    REBALANCE = "REBALANCE"
    URGENT = "URGENT"


class Rule(StrEnum):
    """What is done with a holding that cannot be weighed as others are."""

    SELL = "sell"
    FREEZE = "freeze"
    HOLD = "hold"


class Band(StrEnum):
    """How wide the drift is that is left alone."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    LARGER = "larger"
    SMALLER = "smaller"


class Destination(StrEnum):
    """Where a trade outside its band ends."""

    TARGET = "target"
    EDGE = "edge"


class Lots(StrEnum):
    """In what steps units are traded."""

    WHOLE = "whole"
    FRACTIONAL = "fractional"


class Funding(StrEnum):
    """Who changes money into the currency of a trade: lines of the ticket, or the broker."""

    LINES = "lines"
    BROKER = "broker"


class Profile(StrEnum):
    """The objectives; each is a module of this name in `engine.allocation.profiles`."""

    MIN_VARIANCE = "min_variance"
    MAX_SHARPE = "max_sharpe"
    RISK_PARITY = "risk_parity"
    MIN_CVAR = "min_cvar"
    HRP = "hrp"
    BLEND = "blend"
    EQUAL_WEIGHT = "equal_weight"


class Layers(StrEnum):
    """Clusters then assets, or assets at once."""

    TWO = "two"
    SINGLE = "single"


class PenaltyKind(StrEnum):
    """What the fragility penalty measures."""

    CLUSTER_CVAR = "cluster_cvar"
    PORTFOLIO_CVAR = "portfolio_cvar"
    SCORE = "score"


class GroupKind(StrEnum):
    """What makes a systemic group."""

    WARD = "ward"
    SECTOR = "sector"


class RegimeMode(StrEnum):
    """How t follows the regime: by state, or in between by the score."""

    STEPS = "steps"
    CONTINUOUS = "continuous"


def values_of(words: type[StrEnum]) -> tuple[str, ...]:
    """The words themselves, in order, as plain text."""
    return tuple(word.value for word in words)
