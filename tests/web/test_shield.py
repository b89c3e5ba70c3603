"""The open port: hosts, origins, hostile paths, headers, uploads, errors; on a real server."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser_support import launched, settle, visitor, watched
from patience import WAIT_MS, WAIT_S, free_port
from playwright.sync_api import Browser, expect
from root import ROOT
from shield_support import HOST, Server, copy_of_app, frames_of, served
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

import shield
from engine.desk import Desk
from engine.sources.simulation.simulate import SimulationSpec

PAGES = shield.pages((ROOT / "app.py").read_text("utf-8"))
UPLOAD_LIMIT_MB = 1
MB = 1024 * 1024
HOSTILE_PATHS = (
    *("/nope", "/app.py", "/asgi.py", "/shield.py", "/index.html", "/Clusters", "/clusters/x"),
    *(
        "/pages",
        "/pages/",
        "/pages/explore/clusters/page.py",
        "/pages/shared/who.py",
        "/who",
        "/parts",
    ),
    *("/data/", "/data/cutline.duckdb", "/.streamlit/config.toml", "/.streamlit/secrets.toml"),
    *("/.git/config", "/engine/desk.py", "/app/static/x", "/robots.txt", "/clusters;x", "/%e0%a4"),
    *("/_stcore", "/_stcore/", "/_stcore/nope", "/_stcore/../app.py", "/_stcore/metrics"),
    *("/_stcore/agent/openapi.json", "/_stcore/agent/interact", "/_stcore/agent/mcp"),
    *("/_stcore/bidi-components/../../app.py", "/_stcore/upload_file/../../app.py"),
    *("/_stcore/script-health-check", "/component/..", "/component/../app.py", "/component/"),
    *("/component/x/../../app.py", "/component/%2e%2e/app.py", "/static", "/static/"),
    *("/static/js/", "/static/js/nope.js", "/static/../index.html", "/static/%252e%252e/x"),
    *("/static/%2e%2e/%2e%2e/web/cli.py", "/media/", "/media/nope", "/media/../app.py"),
    *("/media/..%2f..%2fapp.py", "//evil.example/", "/\\evil.example/", "/%5cevil.example/"),
    *("/%2f%2fevil.example/", "/..%2f..%2fapp.py", "/....//app.py", "/%00", "/app.py%00.png"),
    *("C:/windows/win.ini", "http://evil.example/", "/../../../../etc/passwd"),
)
FOREIGN_HOSTS = (
    *("evil.example", "evil.example:80", "127.0.0.1.evil.example", "127.0.0.1@evil.example"),
    *("0.0.0.0", "[::1]", "", "127.0.0.1, evil.example"),
)
# What a page shows once it is there: figures, headings.
CONTENT = "[data-testid=stMetricValue], [data-testid=stHeading]"
SECRET = "the-secret-of-the-page"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shield") / "x.duckdb"
    Desk(path).load_simulated(SimulationSpec(seed=7, n_assets=20, n_sessions=300))
    # With nothing held the pages Drift and Tickets show no figures to wait for.
    Desk(path).portfolios.create("main", "sim-7", cash=Decimal(1_000_000))
    return path


@pytest.fixture(scope="module")
def server(database: Path) -> Iterator[Server]:
    limit = f"--server.maxUploadSize={UPLOAD_LIMIT_MB}"
    with served(ROOT, database, database.with_suffix(".log"), limit) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.mark.parametrize("path", ["/", *HOSTILE_PATHS[:3], "/_stcore/health", "//x", "/media/x"])
def test_every_answer_carries_the_headers(server: Server, path: str) -> None:
    headers = server.ask(path).headers
    policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy["script-src"]
    assert not re.search(r"https?:|\*", headers["Content-Security-Policy"])
    for name, value in shield.HEADERS.items():
        assert headers.get_all(name) == [value]
    assert "Strict-Transport-Security" not in headers
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_no_path_leads_around_the_app(server: Server, path: str) -> None:
    answer = server.ask(path)
    if answer.status == 301:  # a trailing slash
        target = urlsplit(answer.headers["Location"])
        assert (target.scheme, target.netloc) == ("", "")
        answer = server.ask(target.path)
    assert answer.status in {400, 404, 405}
    assert len(answer.body) < 20
    assert str(ROOT).encode() not in answer.body


def test_the_pages_are_those_of_the_router(server: Server) -> None:
    router = (
        "st.Page('pages/a/one/page.py', url_path='one', default=True), "
        "st.Page('pages/b/two/page.py', title=x, url_path='two')"
    )
    assert shield.pages(router) == {"/", "/two"}
    scripts = {f"/{path.parent.name}" for path in ROOT.glob("pages/*/*/page.py")}
    assert {"/clusters", "/sensitivity"} <= PAGES - {"/"} <= scripts
    for path in PAGES:
        answer = server.ask(path)
        assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
        assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_another_host_name_is_refused(server: Server, host: str) -> None:
    assert server.ask("/", Host=host).status == 400
    assert server.ask("/_stcore/health", Host=host).status == 400
    assert handshake(server, Host=host) == 400
    # As a page would that has rebound its own name to this address.
    assert handshake(server, Host=host, Origin=f"http://{host}") in {400, 403}


def test_own_host_names_are_served(server: Server) -> None:
    assert server.ask("/", Host=f"localhost:{server.port}").status == 200
    assert server.raw(b"GET / HTTP/1.0\r\n\r\n").split()[1] == b"400"
    twice = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n"
    assert server.raw(twice).split()[1] == b"400"


def handshake(server: Server, **headers: str) -> int:
    """How a websocket for a new session is answered."""
    lines = {
        "Host": server.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",  # of RFC 6455
    } | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return int(server.raw(f"GET /_stcore/stream HTTP/1.1\r\n{head}\r\n".encode()).split()[1])


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://["]
)
def test_a_page_of_another_origin_gets_no_websocket_and_no_upload(
    server: Server, origin: str
) -> None:
    assert handshake(server, Origin=origin) == 403
    assert server.ask("/_stcore/upload_file/a/b", "PUT", Origin=origin).body == b"Forbidden"


def test_own_origin_and_programs_get_a_websocket(server: Server) -> None:
    assert handshake(server, Origin=server.base) == 101
    assert handshake(server) == 101
    local = f"localhost:{server.port}"
    assert handshake(server, Host=local, Origin=f"http://{local}") == 101
    assert handshake(server, Origin=f"http://{local}") == 403


def test_an_upload_needs_token_session_and_size(server: Server) -> None:
    cookie = server.ask("/_stcore/health").headers["Set-Cookie"].split(";")[0]
    token = {"Cookie": cookie, "X_Xsrftoken": cookie.split("=", 1)[1], "Origin": server.base}
    address = f"ws://{server.netloc}/_stcore/stream"
    with connect(
        address, origin=server.base, subprotocols=["streamlit"], proxy=None, open_timeout=WAIT_S
    ) as session:
        session.send(BackMsg(rerun_script={}).SerializeToString())
        first = ForwardMsg.FromString(session.recv(timeout=WAIT_S))
        place = f"/_stcore/upload_file/{first.new_session.initialize.session_id}/file"

        def put(size: int, path: str = place, **headers: str) -> int:
            body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
            body += b"0" * size + b"\r\n--x--\r\n"
            lines = {
                "Host": server.netloc,
                "Content-Type": "multipart/form-data; boundary=x",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            }
            if "Transfer-Encoding" in lines:
                body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            else:
                lines["Content-Length"] = str(len(body))
            head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            request = f"PUT {path} HTTP/1.1\r\n{head}\r\n".encode() + body
            return int(server.raw(request).split()[1])

        assert put(100, **token) == 204
        assert put(100) == 403
        assert put(100, "/_stcore/upload_file/nobody/file", **token) == 400
        assert put(UPLOAD_LIMIT_MB * MB + 1, **token) == 413
        # Without a length it is counted as it arrives.
        assert put((UPLOAD_LIMIT_MB + 2) * MB, Transfer_Encoding="chunked", **token) == 413


def test_assets_are_compressed_and_kept(server: Server) -> None:
    index = server.ask("/").body.decode()
    path = re.search(r'src="\.(/static/js/index\.[^"]+\.js)"', index).group(1)
    plain, packed = server.ask(path), server.ask(path, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < 0.4 * len(plain.body)
    assert gzip.decompress(packed.body) == plain.body
    assert "immutable" in packed.headers["Cache-Control"]
    assert server.ask("/media/nope").headers["Cache-Control"] == "no-store"


def test_the_same_holds_under_a_prefix(database: Path, tmp_path: Path) -> None:
    db = shutil.copy(database, tmp_path / "y.duckdb")
    with served(ROOT, db, tmp_path / "log", prefix="/desk") as server:
        for path, status in {
            **{"/desk/": 200, "/desk/clusters": 200, "/clusters": 404, "/desk/app.py": 404},
            **{"/desk/_stcore/metrics": 404, "/desk/_stcore/health": 200, "/desks": 404},
        }.items():
            assert server.ask(path).status == status, path


@pytest.mark.browser
def test_a_chart_is_downloaded_under_the_policy(server: Server, chromium: Browser) -> None:
    """`watched` fails on console errors, to which violations belong, and on foreign requests. It
    does so on every page in test_browser.py, whose server has the same policy."""
    with visitor(chromium) as context, watched(context) as page:
        page.goto(server.base + "/sensitivity")
        page.locator(CONTENT).first.wait_for()
        settle(page)
        page.locator(".js-plotly-plot").first.hover()
        with page.expect_download():
            page.locator(".modebar-btn[data-title*='ownload']").first.click()


@pytest.mark.browser
def test_the_policy_bites(server: Server, chromium: Browser) -> None:
    with visitor(chromium) as context, context.new_page() as page:
        page.goto(server.base)
        settle(page)
        stranger = f"http://{HOST}:{free_port()}"
        violated = page.evaluate(
            """async ([stranger, patience]) => {
                const seen = new Set()
                document.addEventListener(
                    'securitypolicyviolation', e => seen.add(e.effectiveDirective))
                await fetch(stranger).catch(() => {})
                const add = (tag, props) => document.body.append(
                    Object.assign(document.createElement(tag), props))
                add('script', {src: stranger + '/x.js'})
                add('script', {textContent: 'window.ran = true'})
                add('img', {src: stranger + '/x.png'})
                add('iframe', {src: stranger})
                for (const end = Date.now() + patience; seen.size < 4 && Date.now() < end;)
                    await new Promise(done => setTimeout(done, 50))
                return [...seen].sort().concat(String(window.ran))
            }""",
            [stranger, WAIT_MS],
        )
    assert violated == ["connect-src", "frame-src", "img-src", "script-src-elem", "undefined"]


@pytest.mark.browser
def test_an_unforeseen_error_says_nothing_of_the_inside(
    database: Path, tmp_path: Path, chromium: Browser
) -> None:
    folder = copy_of_app(tmp_path / "copy")
    (folder / "pages/explore/overview/page.py").write_text(f"raise RuntimeError('{SECRET}')\n")
    shutil.copy(database, tmp_path / "y.duckdb")
    with (
        served(folder, tmp_path / "y.duckdb", tmp_path / "log") as broken,
        visitor(chromium) as context,
        context.new_page() as page,
    ):
        frames = frames_of(page)
        page.goto(broken.base)
        box = page.get_by_test_id("stException")
        expect(box).to_be_visible()
        told = b"".join(frames) + page.content().encode()
    assert SECRET in (tmp_path / "log").read_text()  # the one who runs it is told
    for inside in (SECRET, "Traceback", "RuntimeError", str(folder), "overview.py"):
        assert inside.encode() not in told, inside
