"""The use cases that join sources, store and pipeline; called by command line and pages alike."""

from engine.desk.desk import DEFAULT_DB, PACKAGED, Desk, suggested_name
from engine.desk.runs import Audited, Opened, Saved

__all__ = ["DEFAULT_DB", "PACKAGED", "Audited", "Desk", "Opened", "Saved", "suggested_name"]
