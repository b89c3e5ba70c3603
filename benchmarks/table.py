"""The JSON of pytest-benchmark as the Markdown page `docs/benchmarks.md`.

Usage: python benchmarks/table.py RESULT.json > docs/benchmarks.md
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HEAD = """# Benchmarks

Written by `make bench` (`benchmarks/table.py`); do not edit. Medians in milliseconds over the
rounds of one run; T = 500 sessions, 5 % missing, simulated block factor returns. The ratio is the
other's time over the engine's. Each comparison also checks that both gave the same answer where
they should. The repair is the exception: Higham's is the nearest matrix, the engine's is not (why
it is chosen stands in `engine/analytics/psd.py`). At N = 60 nothing needs repair. Other work on
shared cores moves the ratios by a third between runs, and more where a call takes a millisecond.
"""


def milliseconds(seconds: float) -> str:
    """Three significant digits."""
    value = 1000 * seconds
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(task: str, medians: dict[str, dict[int, float]]) -> list[str]:
    """One task: a row for the engine, then one for each other with its ratio to the engine."""
    sizes = sorted(medians["engine"])
    lines = [
        f"## {task}",
        "",
        "| | " + " | ".join(f"N = {n}" for n in sizes) + " |",
        "|---|" + "---:|" * len(sizes),
    ]
    for who in sorted(medians, key=lambda name: name != "engine"):
        cells = []
        for n in sizes:
            cell = milliseconds(medians[who][n])
            if who != "engine":
                cell += f" (×{medians[who][n] / medians['engine'][n]:.2g})"
            cells.append(cell)
        lines.append(f"| {who} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def page(result: dict[str, Any]) -> str:
    """The whole page. Raises KeyError naming the key if a benchmark lacks its record."""
    machine = result["machine_info"]
    versions = ", ".join(f"{name} {number}" for name, number in machine["libraries"].items())
    lines = [
        HEAD,
        f"Machine: {machine['cores']} shared {machine['machine']} cores, {machine['system']}, "
        f"Python {machine['python_version']}; {versions}. Matrix products run on one thread. "
        f"Run on {result['datetime'][:10]}.",
        "",
    ]
    tasks: dict[str, dict[str, dict[int, float]]] = {}
    for bench in result["benchmarks"]:
        info = bench["extra_info"]
        by_size = tasks.setdefault(info["task"], {}).setdefault(info["who"], {})
        by_size[info["n"]] = bench["stats"]["median"]
    for task, medians in tasks.items():
        lines += table(task, medians)
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Usage: python benchmarks/table.py RESULT.json > docs/benchmarks.md")
    sys.stdout.write(page(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
