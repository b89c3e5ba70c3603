"""Own files, in a real browser: preview, store, look; a bad file; delete and undo."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser_fixtures import chromium
from browser_support import WAIT_MS, says, serving, settle, visitor, watched
from hand_made import walk
from playwright.sync_api import Browser, Page, expect

__all__ = ["chromium"]  # a fixture
pytestmark = pytest.mark.browser
SYMBOLS = ("AAA", "BBB", "CCC", "DDD")


def prices(bad_rows: int = 0) -> bytes:
    """A wide file of four series over 120 weekdays, some closes of which cannot be."""
    days = pd.bdate_range("2024-01-01", periods=120)
    frame = pd.DataFrame({s: walk(k, 120) for k, s in enumerate(SYMBOLS)}, index=days)
    frame.iloc[:bad_rows, 0] = -1.0
    buffer = io.BytesIO()
    frame.rename_axis("date").to_csv(buffer)
    return buffer.getvalue()


INSTRUMENTS = "symbol,name,asset_class\n" + "".join(f"{s},{s} Inc,equity\n" for s in SYMBOLS)


def hand_in(page: Page, label: str, name: str, content: bytes) -> None:
    """Choose a file as a person does."""
    zone = page.get_by_test_id("stFileUploader").filter(has_text=label)
    zone.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )


def test_upload_preview_store_delete_and_undo(chromium: Browser, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "x.duckdb", tmp_path / "log") as base,
        visitor(chromium) as someone,
        watched(someone) as page,
    ):
        page.goto(f"{base}/universes")
        page.get_by_role("heading", name="Your own prices").wait_for()
        # A file that is no table: one sentence, nothing to store.
        hand_in(page, "Prices", "nonsense.csv", b"this is\nno table\n")
        expect(page.get_by_test_id("stAlert").first).to_contain_text("nonsense.csv")
        expect(page.get_by_role("button", name="Store", exact=True)).to_be_disabled()
        page.reload()
        page.get_by_role("heading", name="Your own prices").wait_for()
        settle(page)
        hand_in(page, "Prices", "mine.csv", prices(bad_rows=3))
        settle(page)
        hand_in(page, "Instruments", "instruments.csv", INSTRUMENTS.encode())
        # Seen before it is stored: what would be rejected and why.
        expect(page.get_by_text("close is not above zero").first).to_be_attached(timeout=WAIT_MS)
        store = page.get_by_role("button", name="Store", exact=True)
        expect(store).to_be_enabled(timeout=WAIT_MS)
        store.click()
        expect(page.get_by_text("477 stored")).to_be_visible(timeout=WAIT_MS)
        settle(page)
        page.get_by_role("link", name="Clusters").first.click()
        says(page, "assets", len(SYMBOLS))
        page.get_by_role("link", name="Data", exact=True).first.click()
        page.get_by_role("button", name="Delete …").click()
        page.get_by_role("button", name="Delete mine").click()
        undo = page.get_by_role("button", name="Undo")
        expect(undo).to_be_visible(timeout=WAIT_MS)
        undo.click()
        expect(page.get_by_role("button", name="Delete …")).to_be_visible(timeout=WAIT_MS)
        settle(page)


def dialects() -> dict[str, tuple[str, bytes, str]]:
    """Name of the file, its bytes, and what is said of the reading."""
    frame = pd.read_csv(io.BytesIO(prices()), index_col="date", parse_dates=True).round(4)
    stacked = frame.rename_axis(index="Date", columns="Ticker").stack().rename("Close")  # noqa: PD013
    fields = pd.concat({"Close": frame, "Volume": frame}, axis=1, names=["Price", "Ticker"])
    american = frame.set_axis(frame.index.strftime("%m/%d/%Y")).rename_axis("Date")
    europe = frame.set_axis(frame.index.strftime("%d.%m.%Y")).rename_axis("Datum")
    return {
        "yfinance": ("p.csv", fields.to_csv().encode(), "fields over symbols"),
        "stacked": ("p.csv", stacked.reset_index().to_csv(index=False).encode(), "long"),
        "european": ("p.csv", europe.to_csv(sep=";", decimal=",").encode("cp1252"),
                     "separator semicolon; decimal comma; dates dmy"),
        "american": ("p.txt", american.to_csv(sep="\t").encode("utf-16"),
                     "separator tab; dates mdy"),
        "packed": ("p.csv.gz", gzip.compress(frame.to_csv().encode()), "wide"),
    }  # fmt: skip


def test_dialects_and_what_looks_wrong(chromium: Browser, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "x.duckdb", tmp_path / "log") as base,
        visitor(chromium) as someone,
        watched(someone) as page,
    ):
        for name, content, told in dialects().values():
            page.goto(f"{base}/universes")
            page.get_by_role("heading", name="Your own prices").wait_for()
            settle(page)
            hand_in(page, "Prices", name, content)
            expect(page.get_by_text(told).first).to_be_visible(timeout=WAIT_MS)
            says(page, "rows in the file", 480)
        page.goto(f"{base}/universes")
        page.get_by_role("heading", name="Your own prices").wait_for()
        settle(page)
        wrong = pd.read_csv(io.BytesIO(prices()), index_col="date")
        wrong.iloc[60:, 1] *= 100
        hand_in(page, "Prices", "p.csv", wrong.to_csv().encode())
        hand_in(page, "Instruments", "instruments.csv", INSTRUMENTS.encode())
        expect(page.get_by_role("heading", name="Looks wrong: 1")).to_be_visible(timeout=WAIT_MS)
        store = page.get_by_role("button", name="Store", exact=True)
        expect(store).to_be_enabled(timeout=WAIT_MS)
        settle(page)


def test_the_sample_is_what_it_says() -> None:
    frame = pd.read_csv(io.BytesIO(prices(bad_rows=3)))
    assert frame.shape == (120, 5)
    assert int((frame[list(SYMBOLS)].to_numpy() < 0).sum()) == 3
    assert np.isfinite(frame[list(SYMBOLS)].to_numpy()).all()
