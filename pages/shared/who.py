"""Who is looking: nobody in particular or, where sign-in is configured, somebody with a name.

Sign-in is configured by an `[auth]` table in Streamlit's secrets (docs/security.md). Without one
there is no gate at all. With one, or with secrets that cannot be read, nothing is shown to anybody
who is not signed in.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NoReturn

import streamlit as st
from streamlit.auth_util import is_authlib_installed, validate_auth_credentials
from streamlit.errors import StreamlitAuthError, StreamlitSecretNotFoundError

DEFAULT_PROVIDER = "default"
_log = logging.getLogger("cutline")


def name() -> str:
    """Who is signed in: e-mail address, else name, else the provider's id; "" for nobody.

    An address that the provider marks as not verified is not believed: anybody could claim it.
    """
    user = _user()
    address = user.get("email") if user.get("email_verified") is not False else None
    return str(address or user.get("name") or user.get("sub") or "")


def gate() -> None:
    """Ends the script at a sign-in page unless the visitor may come in.

    Always passes where sign-in is not configured. A configuration that cannot work lets nobody in.
    """
    try:
        secrets = _secrets()
    except StreamlitSecretNotFoundError as error:
        # Its text names files, and what it could not read may have asked for sign-in.
        _log.error("The secrets cannot be read, so nobody is let in: %s", error)
        _turn_away("The secrets file cannot be read. The server's log says why.")
    if "auth" not in secrets:
        return
    providers = _providers(secrets["auth"])
    if not _user():
        _sign_in(providers)
    if not _welcome(secrets.get("access")):
        st.button("Sign out", key="sign_out", on_click=st.logout)
        _turn_away(f"{name() or 'This account'} has no access here. Ask whoever runs this server.")


def badge() -> None:
    """In the sidebar: who is signed in, and the way out. Draws nothing if nobody is."""
    if somebody := name():
        with st.sidebar.container(horizontal=True, vertical_alignment="center"):
            st.caption(_plain(somebody))
            st.button("Sign out", key="sign_out", on_click=st.logout, type="tertiary")


def _secrets() -> Mapping[str, Any]:
    """Streamlit's secrets, {} if there are none. Raises if there are some that cannot be read."""
    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        if any(Path(path).exists() for path in st.get_option("secrets.files")):
            raise
        return {}


def _user() -> Mapping[str, Any]:
    """What the provider said of who is signed in; {} if nobody is."""
    user = st.user.to_dict()
    return user if user.get("is_logged_in") else {}


def _providers(auth: object) -> list[str]:
    """Names of the providers to choose from. Ends the script if one is not configured whole."""
    if not isinstance(auth, Mapping):
        _turn_away("Sign-in is not configured: [auth] must be a table.")
    if not is_authlib_installed():
        _turn_away("Sign-in needs the package Authlib: pip install Authlib httpx.")
    named = [key for key, value in auth.items() if isinstance(value, Mapping)]
    providers = [key for key in named if "client_id" in auth[key]] or [DEFAULT_PROVIDER]
    for provider in providers:
        try:
            validate_auth_credentials(provider)
        except StreamlitAuthError as error:
            _log.error("Sign-in is not configured whole, so nobody is let in: %s", error)
            _turn_away("Sign-in is not configured whole. The server's log says what is missing.")
    return providers


def _welcome(access: object) -> bool:
    """Whether the signed-in address is one of `[access] emails`, if there is such a list.

    Patterns as in a shell (`*@example.com`), in any case. A list that is not one admits nobody.
    """
    if access is None:
        return True
    patterns = access.get("emails") if isinstance(access, Mapping) else None
    user = _user()
    if not isinstance(patterns, list) or user.get("email_verified") is False:
        return False
    address = str(user.get("email") or "").lower()
    return any(fnmatchcase(address, str(pattern).lower()) for pattern in patterns if address)


def _sign_in(providers: list[str]) -> NoReturn:
    st.title("Cutline")
    for provider in providers:
        known = provider != DEFAULT_PROVIDER
        st.button(
            f"Sign in with {provider.capitalize()}" if known else "Sign in",
            key=f"sign_in_{provider}",
            on_click=st.login,
            args=(provider,) if known else (),
        )
    st.stop()


def _turn_away(reason: str) -> NoReturn:
    st.title("Cutline")
    st.error(_plain(reason))
    st.stop()


def _plain(text: str) -> str:
    """Text that the provider may have chosen, without effect as Markdown or HTML."""
    return "".join(f"\\{mark}" if mark in "\\`*_{}[]()<>#+-.!|:$~@" else mark for mark in text)
