"""Sign-in: no gate where none is configured; where one is, nothing is shown to a stranger."""

from __future__ import annotations

import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from browser_support import launched, settle, visitor, watched
from joserfc import jwt
from joserfc.jwk import RSAKey
from patience import WAIT_MS, WAIT_S
from playwright.sync_api import expect
from shield_support import HOST, copy_of_app, frames_of, served
from streamlit import config
from streamlit.runtime.secrets import secrets_singleton
from streamlit.testing.v1 import AppTest

from engine.desk import Desk
from engine.sources.simulation.simulate import SimulationSpec

CLIENT = {"client_id": "cutline", "client_secret": "x" * 32}
AUTH = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "y" * 32,
    "server_metadata_url": "http://127.0.0.1:1/.well-known/openid-configuration",
    **CLIENT,
}
ANNA = {"is_logged_in": True, "email": "anna@example.com", "name": "Anna", "sub": "1"}


def guarded_page() -> None:
    import streamlit as st

    from pages.shared import who

    who.gate()
    who.badge()
    st.text(f"inside: {who.name() or 'nobody'}")


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Runs a guarded page under these secrets for this visitor."""

    def run(secrets: dict[str, Any] | None, user: dict[str, Any] | None = None) -> AppTest:
        monkeypatch.setattr(secrets_singleton, "_secrets", secrets)
        app = AppTest.from_function(guarded_page)
        app.user = user or {}
        app.run(timeout=WAIT_S)
        assert not app.exception
        return app

    return run


def said(app: AppTest) -> list[str]:
    """All that the page says, headings and buttons too."""
    kinds = (app.title, app.error, app.text, app.caption)
    return [e.value for kind in kinds for e in kind] + [b.label for b in app.button]


@pytest.mark.parametrize("secrets", [None, {"other": "x"}])
def test_no_gate_where_sign_in_is_not_configured(look, secrets) -> None:
    assert said(look(secrets)) == ["inside: nobody"]
    # What tests and proxies say of a user without sign-in is not a name.
    assert said(look(secrets, {"email": "test@example.com"})) == ["inside: nobody"]


@pytest.mark.parametrize("user", [{}, {"is_logged_in": False}, {"email": "anna@example.com"}])
def test_a_stranger_sees_the_way_in_and_nothing_else(look, user) -> None:
    assert said(look({"auth": AUTH}, user)) == ["Cutline", "Sign in"]


def test_one_button_for_each_provider(look) -> None:
    shared = {key: AUTH[key] for key in ("redirect_uri", "cookie_secret")}
    one = CLIENT | {"server_metadata_url": AUTH["server_metadata_url"]}
    app = look({"auth": shared | {"okta": one, "microsoft": one, "client_kwargs": {"scope": "x"}}})
    assert said(app) == ["Cutline", "Sign in with Okta", "Sign in with Microsoft"]


@pytest.mark.parametrize(
    ("user", "name"),
    [
        (ANNA, "anna@example.com"),
        (ANNA | {"email_verified": True}, "anna@example.com"),
        (ANNA | {"email_verified": False}, "Anna"),
        ({"is_logged_in": True, "sub": "00u1"}, "00u1"),
    ],
)
def test_who_is_signed_in_is_let_in_by_name(look, user, name) -> None:
    app = look({"auth": AUTH}, user)
    assert f"inside: {name}" in said(app)
    assert app.sidebar.button(key="sign_out").label == "Sign out"


@pytest.mark.parametrize(
    ("emails", "user", "welcome"),
    [
        (["anna@example.com"], ANNA, True),
        (["*@Example.com"], ANNA | {"email": "ANNA@EXAMPLE.COM"}, True),
        (["*@example.com"], ANNA | {"email": "anna@example.com.evil.example"}, False),
        (["*@example.com"], ANNA | {"email": "eve@evil.example"}, False),
        (["*@example.com"], ANNA | {"email_verified": False}, False),
        (["*"], {"is_logged_in": True, "name": "nobody"}, False),
        ([], ANNA, False),
        ("anna@example.com", ANNA, False),
    ],
)
def test_the_list_of_addresses_decides(look, emails, user, welcome) -> None:
    words = " ".join(said(look({"auth": AUTH, "access": {"emails": emails}}, user)))
    assert ("inside" in words) == welcome
    assert ("has no access here" in words) != welcome
    assert "Sign out" in words


@pytest.mark.parametrize(
    "secrets",
    [
        {"auth": "yes"},
        {"auth": {}},
        {"auth": {key: value for key, value in AUTH.items() if key != "cookie_secret"}},
        {"auth": {key: value for key, value in AUTH.items() if key != "client_secret"}},
        {"auth": AUTH, "access": {"mails": ["anna@example.com"]}},
        {"auth": AUTH, "access": "anna@example.com"},
    ],
)
def test_a_configuration_that_cannot_work_lets_nobody_in(look, secrets) -> None:
    app = look(secrets, ANNA)
    assert len(app.error) == 1
    assert not app.text


@pytest.fixture
def broken_secrets(tmp_path: Path) -> Iterator[None]:
    before = config.get_option("secrets.files")
    broken = tmp_path / "secrets.toml"
    broken.write_text('[auth\nclient_secret = "hush"')
    config.set_option("secrets.files", [str(broken)])
    yield
    config.set_option("secrets.files", before)


def test_secrets_that_cannot_be_read_let_nobody_in(look, broken_secrets) -> None:
    app = look(None, ANNA)
    assert app.error[0].value.startswith("The secrets file cannot be read")
    assert "hush" not in " ".join(said(app))
    assert not app.text


def test_markup_in_a_name_has_no_effect(look) -> None:
    app = look({"auth": AUTH}, {"is_logged_in": True, "name": "**[x](http://e)** :red[y] <b>"})
    shown = app.sidebar.caption[0].value
    assert shown == r"\*\*\[x\]\(http\://e\)\*\* \:red\[y\] \<b\>"


@contextmanager
def provider(email: str) -> Iterator[str]:
    """An OpenID Connect provider that signs everybody in as this address; where it is."""
    key = RSAKey.generate_key(2048, {"kid": "1"})
    nonces: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            query = dict(urllib.parse.parse_qsl(parts.query))
            if parts.path == "/authorize":
                nonces["code"] = query["nonce"]
                back = urllib.parse.urlencode({"code": "code", "state": query["state"]})
                self.send_response(302)
                self.send_header("Location", f"{query['redirect_uri']}?{back}")
                self.end_headers()
            elif parts.path == "/jwks":
                self.answer({"keys": [key.as_dict(private=False)]})
            else:
                ends = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
                self.answer(
                    {
                        "issuer": base,
                        "jwks_uri": f"{base}/jwks",
                        "id_token_signing_alg_values_supported": ["RS256"],
                        **{name: f"{base}/{end}" for name, end in ends.items()},
                    }
                )

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            now = int(time.time())
            claims = {
                **{"iss": base, "aud": CLIENT["client_id"], "sub": "1", "email": email},
                **{"iat": now, "exp": now + 600, "nonce": nonces["code"]},
            }
            token = jwt.encode({"alg": "RS256", "kid": "1"}, claims, key)
            self.answer({"access_token": "a", "token_type": "Bearer", "id_token": token})

        def answer(self, content: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((HOST, 0), Handler)
    base = f"http://{HOST}:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield base
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.browser
def test_signing_in_and_out_in_the_browser(tmp_path: Path) -> None:
    """A cold deep link shows the way in alone; then the app by name; then the way in again."""
    universe = Desk(tmp_path / "x.duckdb").load_simulated(
        SimulationSpec(seed=7, n_assets=20, n_sessions=300)
    )
    folder = copy_of_app(tmp_path / "copy")
    with provider("anna@example.com") as issuer, launched() as browser:
        auth = AUTH | {
            "redirect_uri": f"http://{HOST}:{{port}}/oauth2callback",
            "server_metadata_url": f"{issuer}/.well-known/openid-configuration",
        }
        lines = [f'{key} = "{value}"' for key, value in auth.items()]
        (folder / ".streamlit/secrets.toml").write_text("\n".join(["[auth]", *lines]))
        with (
            served(folder, tmp_path / "x.duckdb", tmp_path / "log") as server,
            visitor(browser) as context,
            watched(context) as page,
        ):
            frames = frames_of(page)
            page.goto(f"{server.base}/clusters?t=0.55")
            way_in = page.get_by_role("button", name="Sign in")
            expect(way_in).to_be_visible(timeout=WAIT_MS)
            settle(page)
            assert page.get_by_test_id("stMain").inner_text().split() == ["Cutline", "Sign", "in"]
            told = b"".join(frames)
            for inside in ("Sensitivity", "Threshold", str(universe.universe)):
                assert inside.encode() not in told, inside
            way_in.click()
            page.get_by_test_id("stMetricValue").first.wait_for(timeout=WAIT_MS)
            expect(page.get_by_test_id("stSidebar")).to_contain_text("anna@example.com")
            settle(page)
            forged = [c | {"value": c["value"][:-2] + "AA"} for c in context.cookies()]
            # The way in is there before the browser has been by way of the server's own sign-out.
            with page.expect_navigation(timeout=WAIT_MS):
                page.get_by_role("button", name="Sign out").click()
            expect(way_in).to_be_visible(timeout=WAIT_MS)
            settle(page)
            context.add_cookies(forged)
            page.goto(f"{server.base}/sensitivity")
            expect(way_in).to_be_visible(timeout=WAIT_MS)
