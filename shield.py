"""What stands between the network and the app: hosts, origins, unknown paths, headers, gzip.

Wraps Streamlit's own routes from outside (`asgi.py`), so that what it answers by itself is covered
too. What this defends against, and what it does not: docs/security.md.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ROOT = Path(__file__).resolve().parent
# Files that people download (reports among them) are HTML without being pages.
DOWNLOADS = "/media/"
# Streamlit's own doors for monitoring and for programs that drive the app: open to anybody, unused.
CLOSED = ("/_stcore/agent/", "/_stcore/metrics")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
STARTS = frozenset({"http.response.start", "websocket.http.response.start"})
# On Streamlit's assets level 9 takes 1.8 times as long for 1.5 % less.
GZIP_LEVEL = 5
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Copying from a table needs the clipboard, and only that.
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=(), clipboard-write=(self)"
    ),
}


def middleware() -> list[Middleware]:
    """The layers, the outermost first; hosts and origins come from Streamlit's configuration."""
    hosts = st.get_option("server.allowedHosts") or ["*"]
    return [
        Middleware(
            Shield,
            pages=pages((ROOT / "app.py").read_text("utf-8")),
            policy=content_policy((files("streamlit") / "static/index.html").read_text("utf-8")),
            prefix=st.get_option("server.baseUrlPath"),
            origins=st.get_option("server.corsAllowedOrigins"),
        ),
        # Streamlit checks the host of a websocket, but not of other requests.
        Middleware(TrustedHostMiddleware, allowed_hosts=hosts, www_redirect=False),
        Middleware(GZipMiddleware, compresslevel=GZIP_LEVEL),
    ]


def pages(router: str) -> frozenset[str]:
    """Paths of the pages that the source of `app.py` names by `st.Page(script, url_path="NAME")`.

    The default page's is the root: under its own name Streamlit knows no page.
    """
    found = {"/"}
    for node in ast.walk(ast.parse(router)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "Page":
            given = {k.arg: k.value for k in node.keywords}
            if not ("default" in given and ast.literal_eval(given["default"])):
                found.add(f"/{ast.literal_eval(given['url_path'])}")
    return frozenset(found)


def content_policy(index: str) -> str:
    """The Content-Security-Policy for Streamlit's page, whose inline scripts are named by hash.

    Styles are inline because Streamlit (emotion) and Plotly write them so at run time; `blob:`
    scripts are its components v2. Nothing may come from, or go to, another host.
    """
    inline = re.findall(r"<script>(.*?)</script>", index, flags=re.DOTALL)
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in inline)
    scripts = " ".join(["'self'", "blob:", *(f"'sha256-{digest}'" for digest in hashes)])
    rules = {
        "default-src": "'none'",
        "script-src": scripts,
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "worker-src": "'self' blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


class Shield:
    """Refuses other origins and unknown paths, and puts the headers on every answer.

    A websocket, or a request that could change something, from a page of another origin (scheme
    and port do not excuse) gets 403; a program that sends no Origin is not a browser and passes.
    A path where the app has no page gets a plain 404 instead of Streamlit's page. The folder of the
    installation is blotted out of what Streamlit sends.
    """

    def __init__(
        self, app: ASGIApp, *, pages: frozenset[str], policy: str, prefix: str, origins: list[str]
    ) -> None:
        self._app = app
        self._pages = pages
        self._headers = {"Content-Security-Policy": policy, **HEADERS}
        self._prefix = f"/{prefix.strip('/')}" if prefix.strip("/") else ""
        self._origins = frozenset(origin.strip() for origin in origins)
        self._folder = str(ROOT).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        unknown = False

        async def guarded(message: Message) -> None:
            nonlocal unknown
            if message["type"] in STARTS:
                headers = MutableHeaders(scope=message)
                if self._is_unknown_page(self._inside(scope), message["status"], headers):
                    unknown = True
                    await PlainTextResponse("Not Found", 404)(scope, receive, dressed)
                    return
            elif message["type"] == "websocket.send" and message.get("bytes"):
                # Streamlit tells each browser where its script lies. The length stays, for the
                # fields of the message carry theirs.
                blank = b"." * len(self._folder)
                message["bytes"] = message["bytes"].replace(self._folder, blank)
            if not unknown:  # else it is the rest of Streamlit's page
                await dressed(message)

        async def dressed(message: Message) -> None:
            if message["type"] in STARTS:
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                # Streamlit lets hashed names be kept for ever; where it says nothing it is data.
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if self._is_foreign(scope):
            await PlainTextResponse("Forbidden", 403)(scope, receive, guarded)
        elif self._inside(scope).startswith(CLOSED):
            await PlainTextResponse("Not Found", 404)(scope, receive, guarded)
        else:
            await self._app(scope, receive, guarded)

    def _is_foreign(self, scope: Scope) -> bool:
        if scope["type"] == "http" and scope["method"] in SAFE_METHODS:
            return False
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        return any(
            origin not in self._origins and (not host or _host_of(origin) != host)
            for origin in headers.getlist("origin")
        )

    def _inside(self, scope: Scope) -> str:
        """The path as the app knows it, without `server.baseUrlPath`."""
        return scope["path"].removeprefix(self._prefix) or "/"

    def _is_unknown_page(self, path: str, status: int, headers: Headers) -> bool:
        html = headers.get("content-type", "").startswith("text/html")
        return html and status == 200 and path not in self._pages and not path.startswith(DOWNLOADS)


def _host_of(origin: str) -> str:
    """Host and port of an origin; "" for `null` and for what is none."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
