"""The way into the tables that entries and tickets share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import duckdb

from engine.core.errors import InputError
from engine.store.connection import Database, transaction
from engine.store.ledger.chain import Entry

# Sees the ledger as it would be and raises what speaks against it. It runs inside the transaction,
# so it must not call the store.
Check = Callable[[tuple[Entry, ...]], object]


@dataclass(frozen=True)
class Handle:
    """One database, to be read or changed in one transaction."""

    database: Database

    @property
    def exists(self) -> bool:
        """Whether there is a file yet."""
        return self.database.path.exists()

    def read(self) -> AbstractContextManager[duckdb.DuckDBPyConnection | None]:
        """A connection to read from; none if there is no file."""
        return self.database.read()

    @contextmanager
    def changing(self, absent: InputError) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction; `absent` if there is no file, as to write would create it."""
        if not self.exists:
            raise absent
        with self.database.write() as connection, transaction(connection):
            yield connection
