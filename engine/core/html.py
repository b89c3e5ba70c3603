"""HTML from templates beside the code: whatever is put in is escaped, unless it is markup."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _templates(package: str) -> Environment:
    return Environment(
        loader=PackageLoader("engine", package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def rendered(package: str, template: str, **values: Any) -> str:
    """A template of a folder of `engine`, as "trading/exports", with its values.

    Raises jinja2.UndefinedError for a value that the template wants and nobody gave.
    """
    return _templates(package).get_template(template).render(**values)
