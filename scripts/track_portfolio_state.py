"""What is held: portfolios, drift, tickets; see --help."""

from __future__ import annotations

import sys

from engine.cli.scripts.track_portfolio_state import main

if __name__ == "__main__":
    sys.exit(main())
