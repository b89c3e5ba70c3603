"""The commands: `make run` for real, and the files that decide what is installed and shown."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from patience import WAIT_S, free_port
from root import ROOT

REQUIREMENTS = sorted(path.name for path in ROOT.glob("requirements*.txt"))
TARGETS = (
    "help",
    "run",
    "test",
    "soak",
    "prep",
    "sweep",
    "optimize",
    "drift",
    "accept",
    "audit",
    "bench",
    "lint",
    "pictures",
)
LATER_TARGETS = ("recover", "backtest")


def clean_environment() -> dict[str, str]:
    """Ours without what an outer make hands down, and with no display to open a browser on."""
    dropped = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DB", "PORT", "DISPLAY", "WAYLAND_DISPLAY"}
    return {key: value for key, value in os.environ.items() if key not in dropped}


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


def get(url: str) -> tuple[int, str]:
    with urllib.request.urlopen(url, timeout=WAIT_S) as answer:
        return answer.status, answer.read().decode()


@contextlib.contextmanager
def running(db: Path, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`make run` in a process group of its own, healthy on entry, ended on leaving."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["make", "run", f"DB={db}", f"PORT={port}"],
            cwd=ROOT,
            env=clean_environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until_healthy(process, port, log)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_until_healthy(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"make run ended with {process.returncode}:\n{log.read_text()}")
        try:
            if get(f"http://127.0.0.1:{port}/_stcore/health") == (200, "ok"):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"make run was not healthy after {WAIT_S} s:\n{log.read_text()}")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A path that needs quoting.
    return tmp_path_factory.mktemp("make") / "it's a store.duckdb"


def test_run_serves_the_app_and_starts_again_without_installing(
    database: Path, tmp_path: Path
) -> None:
    for start in ("first", "second"):
        port, log = free_port(), tmp_path / f"{start}.log"
        with running(database, port, log):
            status, page = get(f"http://127.0.0.1:{port}/")
            assert status == 200
            assert "<title>" in page
            # Bound to 127.0.0.1 alone: not even another loopback address answers.
            with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=2):
                pass
            if start == "second":
                taken = make("run", f"DB={database}", f"PORT={port}")
                assert taken.returncode == 2
                assert f"Port {port} is taken" in taken.stderr
                assert "Traceback" not in taken.stderr
        text = log.read_text()
        assert "Traceback" not in text
        assert ("Loading the packaged data" in text) == (start == "first")
    assert database.exists()
    assert "install" not in text.lower()
    assert "Requirement already satisfied" not in text


@pytest.mark.parametrize("port", ["0", "65536", "80 80"])
def test_impossible_port_is_one_sentence(port: str, database: Path) -> None:
    answer = make("run", f"DB={database}", f"PORT={port}")
    assert answer.returncode == 2
    assert f"PORT={port} is not a port" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_help_is_the_default_and_lists_every_target() -> None:
    text = make().stdout
    assert set(re.findall(r"^  make (\w+)", text, flags=re.MULTILINE)) == set(TARGETS)
    assert make("help").stdout == text


@pytest.mark.parametrize("target", TARGETS)
def test_target_is_sound(target: str) -> None:
    answer = make("-n", target)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip()


@pytest.mark.parametrize("target", LATER_TARGETS)
def test_no_target_pretends(target: str) -> None:
    assert make("-n", target).returncode == 2


def test_continuous_integration_runs_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "exec make test" in script.read_text()
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert ".ci/run" in workflow
    assert "make audit" in workflow
    assert "entry: make audit" in (ROOT / ".pre-commit-config.yaml").read_text()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A bare copy with what setup.sh reads, its .venv an empty program that notes its calls."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    shutil.copytree(ROOT / "scripts" / "locks", tmp_path / "scripts" / "locks")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def fake_program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def setup(checkout: Path, *needs: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", "scripts/setup.sh", *needs],
        cwd=checkout,
        env=clean_environment() | ({} if path is None else {"PATH": path}),
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


def test_setup_installs_once_and_again_when_a_requirement_changes(checkout: Path) -> None:
    calls = checkout / "calls.txt"
    fake_program(checkout / ".venv" / "bin" / "python", f'echo "$@" >>"{calls}"')

    def installs() -> int:
        return calls.read_text().count("pip install") if calls.exists() else 0

    assert setup(checkout, "dev").returncode == 0
    once = installs()
    assert once == 2  # the requirements, then the package itself
    locked, own = (line for line in calls.read_text().splitlines() if "pip install" in line)
    assert locked.endswith("--no-deps --require-hashes --requirement scripts/locks/dev.txt")
    assert "--no-deps" in own
    assert setup(checkout, "dev").returncode == 0
    assert setup(checkout, "run").returncode == 0  # `dev` contains it
    assert installs() == once
    with (checkout / "scripts" / "locks" / "run.txt").open("a") as file:
        file.write("# changed\n")
    assert setup(checkout, "run").returncode == 0
    assert installs() == 2 * once


def test_setup_that_failed_is_not_taken_for_done(checkout: Path) -> None:
    fake_program(checkout / ".venv" / "bin" / "python", '[ "$3" != install ]')
    assert setup(checkout, "run").returncode != 0
    assert not list((checkout / ".venv").glob("*.stamp"))


def test_setup_names_what_the_machine_lacks(checkout: Path) -> None:
    tools = checkout / "tools"
    tools.mkdir()
    for name in ("cat", "cut", "dirname", "id", "sha256sum"):
        (tools / name).symlink_to(str(shutil.which(name)))
    without = setup(checkout, "run", path=str(tools))
    assert without.returncode == 2
    assert "no Python 3.11 or newer found" in without.stderr
    fake_program(tools / "python3", 'case "$2" in *version*) exit 0;; *) exit 1;; esac')
    no_venv = setup(checkout, "run", path=str(tools))
    assert no_venv.returncode == 2
    assert "python3 has no venv module: install it" in no_venv.stderr
    no_browser = setup(checkout, "browser", path=str(tools))
    assert no_browser.returncode == 2
    assert "the browser tests need Chromium" in no_browser.stderr
    # With apt-get but no root: the command is named and the run fails.
    fake_program(tools / "apt-get", "exit 0")
    (tools / "id").unlink()
    fake_program(tools / "id", "echo 1000")
    no_root = setup(checkout, "browser", path=str(tools))
    assert no_root.returncode == 2
    assert "sudo apt-get install chromium" in no_root.stderr
    unknown = setup(checkout, "everything")
    assert unknown.returncode == 2
    assert "unknown need everything" in unknown.stderr


def pins() -> dict[str, str]:
    """Package to version, as constraints.txt has them."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert all(len(pair) == 2 for pair in pairs)
    return {canonicalize_name(name): version for name, version in pairs}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_within_its_range(name: str) -> None:
    pinned = pins()
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    wanted = [Requirement(line) for line in lines if line and not line.startswith("-")]
    assert wanted
    for requirement in wanted:
        assert requirement.specifier, f"{requirement} has no range"
        version = pinned[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} pinned to {version}"
    assert name == "requirements.txt" or "-r requirements.txt" in lines


LOCKS = {
    "requirements.txt": "run",
    "requirements-dev.txt": "dev",
    "requirements-bench.txt": "bench",
}


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_set_is_locked_with_hashes_at_the_pinned_versions(name: str) -> None:
    """What setup.sh installs, without looking for dependencies, is all that is needed."""
    text = (ROOT / "scripts" / "locks" / f"{LOCKS[name]}.txt").read_text().replace("\\\n", " ")
    locked: dict[str, str] = {}
    for line in text.splitlines():
        requirement, *hashes = line.split("#")[0].split()
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes)
        package, version = requirement.split("==")
        locked[canonicalize_name(package)] = version
    pinned = pins()
    assert {p: pinned.get(p) for p in locked} == locked
    assert "setuptools" in locked
    todo = [*asked(name), *(asked("requirements.txt") if name != "requirements.txt" else ())]
    seen: set[str] = set()
    while todo:  # all that is asked for, and what that asks for here
        package = canonicalize_name(todo.pop())
        if package in seen:
            continue
        seen.add(package)
        assert package in locked, f"{package} is not in the list of {LOCKS[name]}"
        try:
            needs = metadata.requires(package) or []
        except metadata.PackageNotFoundError:  # of another set than the one that is installed
            continue
        wanted = [Requirement(need) for need in needs]
        todo += [r.name for r in wanted if r.marker is None or r.marker.evaluate({"extra": ""})]


def asked(name: str) -> list[str]:
    lines = [line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return [Requirement(line).name for line in lines if line and not line.startswith("-")]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_and_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_theme_is_legible_and_whole(kind: str) -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    theme = config["theme"][kind]
    for text in ("textColor", "linkColor", "primaryColor"):
        for ground in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
    assert len(theme["chartCategoricalColors"]) >= 10
    assert len(theme["chartSequentialColors"]) == 10
    assert len(theme["chartDivergingColors"]) == 10


def test_streamlit_knows_every_option_that_is_set() -> None:
    from streamlit import config

    written = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    known = set(config.get_config_options())
    for section, options in written.items():
        for key, value in options.items():
            nested = value if isinstance(value, dict) else {None: value}
            for inner in nested:
                name = ".".join(part for part in (section, key, inner) if part)
                assert name in known, name
    assert written["server"]["address"] == "127.0.0.1"
    assert written["browser"]["gatherUsageStats"] is False
    assert written["client"]["showErrorDetails"] == "none"
