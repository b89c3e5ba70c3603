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
rounds of one run. The ratio is the other's time over the engine's. Each comparison also checks that
both gave the same answer where they should. Other work on shared cores moves the ratios by a third
between runs, and several times where it is heavy or a call takes a millisecond. The engine's matrix
products run on one thread, the others' on as many as they take.

**Clusters.** T = 500 sessions, 5 % missing, simulated block factor returns. The repair's answers
differ: Higham's is the nearest matrix, the engine's is not (why it is chosen stands in
`engine/analytics/psd.py`). At N = 60 nothing needs repair.

**Pipeline.** A simulated universe of N instruments with late starts, gaps and ends. The engine
starts at the price grid and does all that weights depend on: panel, regime, tree, FX sentiment,
scenarios, fragility, two layers under all limits. Its regime costs about the same at every N (at
most 40 members) and is cached on the pages, hence the rows without it. The others get the
same members and days with holes filled, and do only returns and weights without limits. Both
libraries' HRP gives the weights of the engine's HRP before limits to 1e-8. HERC and NCO are other
methods: only that they give weights is checked.

**Profiles.** N clusters or assets, T = 500 daily returns, no weight above 2.5/N, none of four sets
above 35 %. Each side starts from arrays, builds its model and solves it. Objectives agree with
cvxpy's (Clarabel) to 1e-5 and with the libraries' at their default tolerances to 1e-3; hrp's and
blend's are weights. PyPortfolioOpt's and skfolio's hrp have no such limits: they are checked
against the engine's before limits, while its time includes bringing them under. cvxpy's hrp brings
the engine's weights under the limits. λ is of the penalty `cluster_cvar`; cvxpy is told the units
it is measured in, which the engine finds by solving the plain problem first.
"""


def milliseconds(seconds: float) -> str:
    """Three significant digits."""
    value = 1000 * seconds
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def two_digits(ratio: float) -> str:
    """Two significant digits, never as a power of ten."""
    return f"{ratio:.0f}" if ratio >= 99.5 else f"{ratio:.2g}"


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
                cell += f" (×{two_digits(medians[who][n] / medians['engine'][n])})"
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
        f"Python {machine['python_version']}; {versions}. "
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
