"""A ticket file read back: the same ticket, or one sentence on what was altered."""

from __future__ import annotations

from engine.core.errors import InputError
from engine.trading.exports.checks import rebuild
from engine.trading.exports.csv import read_csv
from engine.trading.exports.json import read_json
from engine.trading.tickets.ticket import Ticket

# A ticket of 2,000 lines has under 1 MB.
SIZE_LIMIT = 8 * 2**20
KINDS = ("csv", "json")


def reimport(data: bytes, kind: str, original: Ticket | None = None) -> Ticket:
    """The ticket of an exported file; equal to the one exported, checksum and state included.

    kind: csv or json. original: the ticket on record; with it the sentence names each field that
    differs, and a file whose checks and checksum were all made anew is found too. State is not
    compared: the ticket may have moved on since. Raises InputError.
    """
    if kind not in KINDS:
        raise InputError(f"A ticket is read back from {' or '.join(KINDS)}, not from {kind!r}.")
    if len(data) > SIZE_LIMIT:
        raise InputError(f"The ticket file is larger than {SIZE_LIMIT // 2**20} MB.")
    return rebuild(read_csv(data, SIZE_LIMIT) if kind == "csv" else read_json(data), original)
