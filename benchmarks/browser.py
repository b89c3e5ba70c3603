"""The tree in the browser: frames of a drag, and how long until the page has followed.

Usage: python benchmarks/browser.py [--prices FILE --instruments FILE] > docs/benchmarks-browser.md

Simulated universes, and one from files if given. Beside it the dendrogram of Plotly's figure
factory with a slider, in an app of its own, in the same browser and run.
"""

from __future__ import annotations

import argparse
import datetime as dt
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from engine.desk import Desk
from engine.sources.simulation.simulate import SimulationSpec

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from browser_support import FLAGS, browser_path, serving, settle, visit  # noqa: E402

LEAVES = (50, 250, 305, 500)
REPEATS = 9
FACTORY_REPEATS = 3
# Frames of the browser between two animation callbacks, and what the drag itself costs in them.
WATCH = """(root) => {
    window.frames_ = []; window.drawn_ = [];
    let last = performance.now();
    (function tick() {
        const now = performance.now();
        window.frames_.push(now - last); last = now;
        window.ticking_ = requestAnimationFrame(tick);
    })();
    new MutationObserver(() => window.drawn_.push(Number(root.dataset.frameMs)))
        .observe(root, { attributes: true, attributeFilter: ["data-frame-ms"] });
}"""
# The time, on the browser's own clock, from now until each of these holds.
FOLLOW = """([count, outlined]) => new Promise((done) => {
    const began = performance.now(), at = {};
    (function look() {
        const all = (selector) => [...document.querySelectorAll(selector)];
        const text = (selector) => all(selector).map((e) => e.textContent);
        const now = performance.now() - began;
        const figures = text('[data-testid="stMetric"]');
        if (!("count" in at) && figures.some((f) => f === "clusters" + count)) at.count = now;
        const heat = text(".st-key-heatmap .gtitle").join("");
        if (!("heatmap" in at) && heat.includes(" " + outlined + " cluster")) at.heatmap = now;
        const tables = text('[data-testid="stMarkdown"]');
        if (!("table" in at) && tables.some((e) => e.trim().startsWith(count + " cluster")))
            at.table = now;
        if (Object.keys(at).length === 3 || now > 30000) done(at);
        else requestAnimationFrame(look);
    })();
})"""
# The time until the weights in the treemap are others than now.
NEW_WEIGHTS = """() => new Promise((done) => {
    const text = () => document.querySelector(".st-key-treemap")?.textContent ?? "";
    const old = text(), began = performance.now();
    (function look() {
        const now = performance.now() - began, shown = text();
        if ((shown && shown !== old) || now > 30000) done(now);
        else requestAnimationFrame(look);
    })();
})"""
FACTORY = """
import numpy as np, plotly.figure_factory as ff, streamlit as st
from scipy.cluster.hierarchy import linkage
n = int(st.query_params["n"])
@st.cache_data
def returns(n):
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 200)) + rng.normal(size=(n, 5)) @ rng.normal(size=(5, 200))
t = st.slider("t", 5.0, 30.0, 15.0, 0.5, key="t")
figure = ff.create_dendrogram(
    returns(n), color_threshold=t, linkagefun=lambda d: linkage(d, "average"))
figure.update_layout(title=f"t = {t}", height=450, width=1000)
st.plotly_chart(figure, key="tree")
"""


def drag(page: Page, pixels: float) -> tuple[list[float], list[float]]:
    """Drag the line up by so many pixels in 60 steps; frame intervals and drawing times, ms."""
    box = page.locator(".st-key-tree .grip rect").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.evaluate("window.frames_ = []; window.drawn_ = []")
    for step in range(60):
        page.mouse.move(x, y - pixels * (step + 1) / 60)
        page.wait_for_timeout(8)
    return page.evaluate("window.frames_"), page.evaluate("window.drawn_")


def measure(page: Page, address: str) -> dict[str, list[float]]:
    """Drag up and down REPEATS times; all intervals, and the times after each release."""
    visit(page, address)
    tree = page.locator(".st-key-tree .tree")
    tree.locator(".grip").wait_for()
    page.wait_for_timeout(1500)
    tree.evaluate(WATCH)
    out: dict[str, list[float]] = {k: [] for k in ("frame", "draw", "count", "heatmap", "table")}
    for repeat in range(REPEATS):
        frames, drawn = drag(page, 70 if repeat % 2 == 0 else -70)
        out["frame"] += frames
        out["draw"] += drawn
        count = int(tree.get_attribute("data-clusters") or -1)
        alone = int(tree.locator(".count").inner_text().split(" · ")[1].split(" ")[0])
        page.evaluate(f"void (window.follow_ = ({FOLLOW})([{count}, {count - alone}]))")
        page.mouse.up()
        for key, value in page.evaluate("window.follow_").items():
            out[key].append(value)
        settle(page)
        page.wait_for_timeout(300)
    return out


def measure_weights(page: Page, address: str) -> list[float]:
    """Ms from a key on a slider of the page Allocation to the treemap of the new weights."""
    visit(page, address)
    page.wait_for_timeout(2500)
    handle = page.locator(".st-key-alpha input[type=range]")
    times = []
    for _ in range(REPEATS):
        handle.focus()
        page.evaluate(f"void (window.follow_ = ({NEW_WEIGHTS})())")
        handle.press("ArrowLeft")
        times.append(page.evaluate("window.follow_"))
        settle(page)
        page.wait_for_timeout(500)
    return times


def measure_factory(page: Page, address: str) -> float:
    """Median ms from a key on the slider to the figure with the new t."""
    page.goto(address)
    page.locator(".st-key-tree .gtitle").wait_for(timeout=120_000)
    page.wait_for_timeout(1500)
    times = []
    handle = page.locator(".st-key-t input[type=range]")
    handle.focus()
    for repeat in range(FACTORY_REPEATS):
        wanted = f"t = {15.5 + 0.5 * repeat}"
        began = time.perf_counter()
        handle.press("ArrowRight")
        page.wait_for_function(
            "(t) => document.querySelector('.st-key-tree .gtitle')?.textContent === t",
            arg=wanted, timeout=120_000,
        )  # fmt: skip
        times.append(1000 * (time.perf_counter() - began))
        page.wait_for_timeout(500)
    return statistics.median(times)


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def row(label: str, results: dict[str, dict], pick: Callable[[dict], str]) -> str:
    return f"| {label} | " + " | ".join(pick(r) for r in results.values()) + " |"


def main() -> None:
    """Measure, and print the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prices")
    parser.add_argument("--instruments")
    files = parser.parse_args()
    results: dict[str, dict] = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        db = Path(folder, "x.duckdb")
        desk = Desk(db)
        names = {}
        for n in LEAVES:
            spec = SimulationSpec(
                seed=n, n_assets=n, n_sessions=400, late_share=0, ended_share=0, twin_share=0
            )
            desk.load_simulated(spec)
            names[f"sim-{n}"] = f"{n} simulated"
        if files.prices:
            desk.ingest(files.prices, files.instruments, "files")
            names["files"] = "files"
        browser = playwright.chromium.launch(executable_path=browser_path(), args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        with serving(db, Path(folder, "log")) as base:
            visit(page, f"{base}/clusters?universe=sim-50")  # warm
            for universe in names:
                results[universe] = measure(page, f"{base}/clusters?universe={universe}")
                leaves = page.locator(".st-key-tree .count").inner_text().split(" of ")[1]
                results[universe]["leaves"] = leaves.split(" ")[0]
                results[universe]["weights"] = measure_weights(
                    page, f"{base}/allocation?universe={universe}"
                )
        factory = Path(folder, "factory.py")
        factory.write_text(FACTORY)
        with serving(db, Path(folder, "log2"), app=factory) as base:
            for universe, result in results.items():
                n = int(result["leaves"])
                result["factory"] = measure_factory(page, f"{base}/?n={n}")
                print(f"{universe}: done", file=sys.stderr)
        browser.close()
    print(report(names, results))


def report(names: dict[str, str], results: dict[str, dict]) -> str:
    """The Markdown page."""
    heads = [f"{r['leaves']} ({names[u]})" for u, r in results.items()]

    def median(key: str) -> Callable[[dict], str]:
        return lambda r: f"{statistics.median(r[key]):.0f}" if r[key] else "–"

    lines = [
        "# Benchmarks in the browser",
        "",
        "Written by `make bench` (`benchmarks/browser.py`); do not edit. Milliseconds, Chromium "
        "without a GPU and the server on the same two cores. Frames: intervals between animation "
        "frames while the line is dragged; 16.7 is the screen's own pace. Drawing: what the tree "
        "itself takes of a frame. After release: until the page shows the new count, the new "
        "heatmap, the new table.",
        "",
        f"Machine: 2 shared {platform.machine()} cores, {platform.system()}, "
        f"Python {platform.python_version()}. Run on {dt.datetime.now(dt.UTC):%Y-%m-%d}.",
        "",
        "| leaves | " + " | ".join(heads) + " |",
        "|---|" + "---:|" * len(results),
        row("frame, median", results, median("frame")),
        row("frame, 95th percentile", results, lambda r: f"{p95(r['frame']):.0f}"),
        row("drawing, median", results, lambda r: f"{statistics.median(r['draw']):.1f}"),
        row("drawing, 95th percentile", results, lambda r: f"{p95(r['draw']):.1f}"),
        row("release → count, median", results, median("count")),
        row("release → table, median", results, median("table")),
        row("release → heatmap, median", results, median("heatmap")),
        row("Allocation: control → new weights, median", results, median("weights")),
        row("figure_factory: key → figure", results, lambda r: f"{r['factory']:.0f}"),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
