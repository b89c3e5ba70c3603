"""What of a long test runs every time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(values: Iterable[str], *sample: str) -> list[Any]:
    """Parameters of a long test: these in every run, the others under `--soak`."""
    return [v if v in sample else pytest.param(v, marks=pytest.mark.soak) for v in values]
