#!/usr/bin/env bash
# Makes ready what a command needs: scripts/setup.sh run | dev | bench | browser, one or more.
#
# The first three are sets of packages in .venv, which is created if it is missing or broken: the
# locked requirements, each file held to its hash (scripts/locks, made by scripts/lock.sh), and the
# package itself (editable). A stamp in .venv holds the hash of all
# that decides its content, so that a repeat does nothing and needs no network. `browser` is the
# system's Chromium; only installing it needs root. Exit 2 with one sentence if something lacks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'cutline: %s\n' "$*" >&2; }
fail() { say "$*"; exit 2; }

python=.venv/bin/python

# Two commands started together would otherwise write into one environment.
if command -v flock >/dev/null; then
  exec 9<scripts/setup.sh
  flock 9
fi

choose_python() {
  local candidate
  for candidate in python3.11 python3; do
    if command -v "$candidate" >/dev/null \
      && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      "$candidate" -c 'import ensurepip, venv' 2>/dev/null \
        || fail "$candidate has no venv module: install it (Debian: apt-get install python3-venv)."
      echo "$candidate"
      return
    fi
  done
  fail "no Python 3.11 or newer found: install it (Debian: apt-get install python3 python3-venv)."
}

# What decides the content: the files, and the folder, because an environment cannot be moved.
fingerprint() {
  { pwd; cat pyproject.toml "$1"; } | sha256sum | cut -d ' ' -f 1
}

pip_install() {
  "$python" -m pip install --disable-pip-version-check --no-input --no-deps "$@"
}

ensure_packages() {
  local set=$1 lock=scripts/locks/$1.txt stamp=.venv/$1.stamp wanted base
  wanted=$(fingerprint "$lock")
  if [[ -x $python && -f $stamp && $(<"$stamp") == "$wanted" ]]; then
    return
  fi
  base=$(choose_python)
  if ! "$python" -m pip --version >/dev/null 2>&1; then
    say "creating .venv with $("$base" --version)"
    "$base" -m venv --clear .venv
  fi
  say "installing the set $set into .venv (once; a minute or two)"
  # setuptools, which builds the editable install below, is in every set.
  pip_install --require-hashes --requirement "$lock"
  pip_install --quiet --no-build-isolation --editable .
  # Every set contains the first one.
  fingerprint scripts/locks/run.txt >.venv/run.stamp
  echo "$wanted" >"$stamp"
  say "the set $set is installed"
}

ensure_browser() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null; then
      return
    fi
  done
  command -v apt-get >/dev/null \
    || fail "the browser tests need Chromium: install it so that 'chromium' is on the PATH."
  [[ $(id -u) == 0 ]] || fail "the browser tests need Chromium: sudo apt-get install chromium"
  say "installing Chromium for the browser tests"
  {
    apt-get update -q \
      && DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends chromium fonts-liberation
  } >&2 || fail "Chromium could not be installed: try apt-get install chromium by hand."
}

[[ $# -gt 0 ]] || fail "usage: scripts/setup.sh run|dev|bench|browser ..."
for need in "$@"; do
  case "$need" in
    run | dev | bench) ensure_packages "$need" ;;
    browser) ensure_browser ;;
    *) fail "unknown need $need: choose run, dev, bench or browser." ;;
  esac
done
