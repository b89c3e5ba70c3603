"""From what is held and wanted to trades and tickets: state, drift, causes, costs, lots."""
