"""Compute a portfolio from clusters and store it as a run; see --help."""

from __future__ import annotations

import sys

from engine.cli.scripts.optimize_clustered import main

if __name__ == "__main__":
    sys.exit(main())
