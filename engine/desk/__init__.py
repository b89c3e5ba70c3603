"""The use cases that join sources, store and pipeline; called by command line and pages alike."""

from engine.desk.batches import Ingested
from engine.desk.desk import DEFAULT_DB, PACKAGED, Desk, suggested_name
from engine.desk.drift_view import DriftView
from engine.desk.holdings_file import read_holdings
from engine.desk.portfolios import Portfolios
from engine.desk.runs import Audited, Opened, Saved
from engine.desk.ticket_record import TicketRecord
from engine.sources.files import ReadingParams

__all__ = [
    "DEFAULT_DB",
    "PACKAGED",
    "Audited",
    "Desk",
    "DriftView",
    "Ingested",
    "Opened",
    "Portfolios",
    "ReadingParams",
    "Saved",
    "TicketRecord",
    "read_holdings",
    "suggested_name",
]  # fmt: skip
