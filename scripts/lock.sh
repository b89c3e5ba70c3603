#!/usr/bin/env bash
# Makes scripts/locks/ anew: one list a set (run, dev, bench) of every package that setup.sh installs,
# at the version in constraints.txt and with the hashes of its files. Needs uv (pip install uv).
#
# Renew: change constraints.txt (install the three requirements files without it into a new
# environment, run make test there, write `pip freeze --all --exclude pip --exclude-editable`),
# then run this.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v uv >/dev/null || { echo "cutline: uv is needed: pip install uv" >&2; exit 2; }
mkdir -p scripts/locks
for name in requirements requirements-dev requirements-bench; do
  set=${name#requirements-}
  [[ $set == requirements ]] && set=run
  # setuptools builds the editable install of the package itself.
  echo setuptools | uv pip compile --quiet --generate-hashes --no-header --no-annotate \
    --python-version 3.11 --constraint constraints.txt "$name.txt" - -o "scripts/locks/$set.txt"
  echo "scripts/locks/$set.txt: $(grep -c == "scripts/locks/$set.txt") packages"
done
