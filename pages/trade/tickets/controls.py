"""What the page Tickets shows, in the address."""

from __future__ import annotations

from pages.shared.controls.kinds import Choice
from pages.shared.controls.registry import Control

PARTS = {"propose": "Propose", "tickets": "Tickets"}

PART = Control("part", "Show", own=Choice(tuple(PARTS)), default="propose")
TICKET = Control("ticket", "Ticket")
CONTROLS = (PART, TICKET)
