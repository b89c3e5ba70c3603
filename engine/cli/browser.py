"""The system's Chromium, without a window: an HTML file to a PNG."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Quiet, and alone: a browser that is started for one local file has no business on the network.
# Its sandbox cannot start as root or in most containers, and the file is our own.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
TIMEOUT_S = 60


def find_browser() -> str | None:
    """Path of the first Chromium on the PATH; None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def screenshot(page: Path, picture: Path, width: int, height: int) -> str | None:
    """Write the top `height` pixels of a local HTML file as `picture`; None if that went well.

    Otherwise one sentence that says why there is no picture; an older one is taken away, as it
    would not belong to the page.
    """
    picture.unlink(missing_ok=True)
    browser = find_browser()
    if browser is None:
        return "No picture: no Chromium on the PATH (Debian: apt-get install chromium)."
    # A profile of its own: a browser that is already open would take the command and ignore it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            browser, *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}",
            f"--screenshot={picture.resolve()}", page.resolve().as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=True)
        except subprocess.TimeoutExpired:
            return f"No picture: {Path(browser).name} did not finish within {TIMEOUT_S} s."
        except (subprocess.CalledProcessError, OSError) as error:
            return f"No picture: {Path(browser).name} failed ({error})."
    if not picture.exists():
        return f"No picture: {Path(browser).name} wrote none."
    return None
