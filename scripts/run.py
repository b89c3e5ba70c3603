"""Opens the dashboard: loads the packaged data into an empty store, then becomes Streamlit."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from engine.core.errors import CutlineError
from engine.store import Store

ADDRESS = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent


def main() -> NoReturn:
    """Becomes Streamlit, or ends with an exit code of the command line and one sentence."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--db", required=True, help="database file")
    parser.add_argument("--port", required=True, help="port on this machine")
    args = parser.parse_args()
    if problem := port_problem(args.port):
        print(problem, file=sys.stderr)
        sys.exit(2)
    if code := load_if_empty(args.db):
        sys.exit(code)
    # Replacing this process lets signals and the exit code be Streamlit's own.
    os.execv(sys.executable, [sys.executable, "-m", *streamlit_arguments(args.port, args.db)])


def load_if_empty(db: str) -> int:
    """Loads the packaged data if the store never held a universe; the exit code, 0 if all is well.

    A store with somebody's own data is left alone: what was loaded last is what opens first. What
    was deleted stays so.
    """
    try:
        store = Store(Path(db))
        if store.universes() or store.deleted():
            return 0
    except CutlineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"Loading the packaged data into {db} (once; a few seconds)", file=sys.stderr)
    command = [sys.executable, "-m", "engine", "load-packaged", "--db", db]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def streamlit_arguments(port: str, db: str) -> list[str]:
    """What follows `python -m`."""
    return [
        "streamlit",
        "run",
        str(ROOT / "asgi.py"),
        f"--server.address={ADDRESS}",
        f"--server.port={port}",
        f"--server.headless={str(not has_display()).lower()}",
        "--",
        "--db",
        db,
    ]


def has_display() -> bool:
    """Whether a browser window could open here."""
    on_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return sys.platform in {"darwin", "win32"} or bool(on_screen)


def port_problem(text: str) -> str | None:
    """One sentence if the port cannot be used, else None."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        return f"PORT={text} is not a port: give a number from 1 to 65535."
    with socket.socket() as probe:
        # As the server does; a closed connection's remains do not count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, int(text)))
        except PermissionError:
            return f"Port {text} is not allowed: choose one above 1023, as in make run PORT=8502."
        except OSError:
            other = int(text) % 65535 + 1
            return f"Port {text} is taken: choose another, as in make run PORT={other}."
    return None


if __name__ == "__main__":
    main()
