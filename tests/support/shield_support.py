"""The app served from a copy that a test may change, and answers read byte by byte."""

from __future__ import annotations

import contextlib
import http.client
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from browser_support import stop
from patience import WAIT_S, free_port
from playwright.sync_api import Page
from root import ROOT

HOST = "127.0.0.1"
PARTS = ("app.py", "asgi.py", "shield.py", "engine", "pages", ".streamlit")


def copy_of_app(folder: Path) -> Path:
    """What the dashboard runs from, without anybody's secrets."""
    folder.mkdir()
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            unwanted = shutil.ignore_patterns("secrets.toml", "__pycache__")
            shutil.copytree(source, folder / name, ignore=unwanted)
        else:
            shutil.copy(source, folder / name)
    return folder


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass(frozen=True)
class Server:
    port: int
    log: Path

    @property
    def netloc(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def base(self) -> str:
        return f"http://{self.netloc}"

    def ask(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """One request, its path sent as it is; `Host` unless it is given."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=WAIT_S)
        with contextlib.closing(connection):
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in ({"Host": self.netloc} | headers).items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())

    def raw(self, request: bytes) -> bytes:
        """The status line that these bytes are answered with."""
        with socket.create_connection((HOST, self.port), timeout=WAIT_S) as connection:
            connection.sendall(request)
            return connection.makefile("rb").readline().strip()


@contextlib.contextmanager
def served(folder: Path, db: Path, log: Path, *flags: str, prefix: str = "") -> Iterator[Server]:
    """The app in this folder, healthy, on a free port; under a prefix if one is given."""
    server = Server(free_port(), log)
    options = ("headless=true", f"port={server.port}", f"baseUrlPath={prefix}")
    command = [
        *(sys.executable, "-m", "streamlit", "run", "asgi.py"),
        *(f"--server.{option}" for option in options),
        *(*flags, "--", "--db", str(db)),
    ]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + WAIT_S
        while not _healthy(server, f"{prefix}/_stcore/health"):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"The server did not start:\n{log.read_text(encoding='utf-8')}")
            time.sleep(0.05)
        yield server
    finally:
        stop(process)


def _healthy(server: Server, path: str) -> bool:
    try:
        return server.ask(path).status == 200
    except (OSError, http.client.HTTPException):
        return False


def frames_of(page: Page) -> list[bytes]:
    """All that the server sends to a page over its websocket, from now on."""
    frames: list[bytes] = []

    def note(payload: str | bytes) -> None:
        frames.append(payload if isinstance(payload, bytes) else payload.encode())

    page.on("websocket", lambda socket: socket.on("framereceived", note))
    return frames
