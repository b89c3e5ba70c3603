"""How the clusters depend on the threshold, as a table on the terminal and as files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from engine import pipeline, tables
from engine.cli.answer import Answer, notices
from engine.cli.arguments.shared import add_analysis, add_store, add_sweep, params_of
from engine.cli.browser import screenshot
from engine.cli.parser import Parser, execute
from engine.cli.scripts.first_load import add_first_load, first_load
from engine.cli.scripts.sensitivity_page import sensitivity_page
from engine.cli.sweep import sweep_text
from engine.core.errors import InputError
from engine.desk import Desk
from engine.params import SweepParams

NAME = "threshold_sensitivity"
DEFAULT_OUT = Path("data/reports")
# The head of the page and the chart; the table below it is in the CSV.
PICTURE_SIZE = (1152, 860)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the script; its exit code, as of every command."""
    parser = Parser(prog=f"{NAME}.py", description=__doc__)
    add_store(parser)
    add_analysis(parser)
    add_sweep(parser)
    parser.add_argument(
        "--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help=f"default: {DEFAULT_OUT}"
    )
    add_first_load(parser)
    parser.set_defaults(run=sensitivity)
    return execute(parser, argv)


def sensitivity(arguments: argparse.Namespace) -> Answer:
    """Sweep, then write CSV, HTML and, where a Chromium is found, PNG into `--out`.

    A repeat replaces the files. Ward heights are not bounded by 1: unless thresholds are asked for,
    the sweep then goes up to the last merge, and the seed's thresholds are not marked.

    Raises EmptyUniverse if nothing is loaded, InputError if the files cannot be written.
    """
    params = params_of(arguments)
    desk = Desk(arguments.db)
    said = first_load(arguments, desk)
    opened = desk.open(arguments.universe)
    result = pipeline.analyse(opened.grid, params)
    swept_by = params
    if not result.tree.heights_are_distances and params.sweep == SweepParams():
        swept_by = pipeline.sweep_to_top(result.tree, params)
    swept = pipeline.sweep_tree(result.correlation, result.tree, swept_by)
    notes = (*notices(opened), *result.panel.notes)
    page = sensitivity_page(opened, result, swept, params, notes)
    csv = tables.to_csv(tables.sweep_table(swept.sweep))
    files, problem = _write(arguments.out, csv, page)

    document = pipeline.sweep_document(result, swept) | {
        "universe": opened.snapshot.info.name,
        "snapshot_id": opened.snapshot.info.snapshot_id,
        "files": [str(file) for file in files],
    }
    written = "\n".join(f"Wrote {file}" for file in files)
    text = f"{sweep_text(result, swept)}\n{written}"
    return Answer(document, text, (*said, *notes, *([problem] if problem else [])))


def _write(folder: Path, csv: bytes, page: str) -> tuple[list[Path], str | None]:
    """The files that were written, and why there is no picture, if there is none."""
    table, html, picture = (folder / f"{NAME}.{kind}" for kind in ("csv", "html", "png"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        table.write_bytes(csv)
        html.write_text(page, encoding="utf-8")
        problem = screenshot(html, picture, *PICTURE_SIZE)
    except OSError as error:
        raise InputError(
            f"The report cannot be written to {folder} ({error.strerror}): "
            "name another folder with --out."
        ) from error
    return [table, html, *([] if problem else [picture])], problem
