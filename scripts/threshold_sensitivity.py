"""How the clusters depend on the threshold: table, CSV, HTML and PNG; see --help."""

from __future__ import annotations

import sys

from engine.cli.scripts.threshold_sensitivity import main

if __name__ == "__main__":
    sys.exit(main())
