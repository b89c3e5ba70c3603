"""Writes docs/knobs.md from the knobs."""

from __future__ import annotations

from pathlib import Path

from engine.tables.knobs import knobs_page

if __name__ == "__main__":
    page = Path(__file__).resolve().parents[1] / "docs" / "knobs.md"
    page.write_text(knobs_page(), encoding="utf-8")
