"""Parse, run one command, print its answer, turn errors into exit codes.

Exit 0: done. 1: the answer is no. 2: bad input, nothing done. 3: not finished, try again.
With --json stdout holds one JSON object and nothing else; messages go to stderr.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from engine.cli.own_stdout import own_stdout
from engine.core.errors import AnswerNo, CutlineError, NotFinished


class Parser(argparse.ArgumentParser):
    """argparse, but one sentence and exit 2 instead of usage and a message."""

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}. See --help.", file=sys.stderr)
        raise SystemExit(2)


def execute(parser: Parser, argv: Sequence[str] | None) -> int:
    """Parse, call the `run` that the parser has set, print its answer; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without Greek shows ? instead of ρ
    arguments = parser.parse_args(argv)
    try:
        with own_stdout() if arguments.json else contextlib.nullcontext():
            answer = arguments.run(arguments)
    except CutlineError as error:
        print(str(error), file=sys.stderr)
        if isinstance(error, AnswerNo) and arguments.json:
            _print_json({"status": "no", "reason": str(error)})
        return error.exit_code
    for note in answer.notes:
        print(note, file=sys.stderr)
    try:
        if arguments.json:
            _print_json(answer.document)
        else:
            print(answer.text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough. Python would try to flush again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        print(f"The answer could not be written ({error.strerror}).", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NotFinished.exit_code
    return answer.exit_code


def _print_json(document: dict[str, Any]) -> None:
    print(json.dumps(_plain(document), allow_nan=False))


def _plain(value: Any) -> Any:
    """NaN and infinity become null: JSON has no word for them."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
