"""A table of what stands in one module each, by the words that name them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import TypeVar

Item = TypeVar("Item")


def by_module(package: str, words: Iterable[str], name: str, kind: type[Item]) -> dict[str, Item]:
    """Word → what the module of that word in a package calls `name`, in the order of the words.

    So a new item is a new module and one word. Raises TypeError where a module holds something
    else, ImportError where a word has no module.
    """
    found = {}
    for word in words:
        item = getattr(import_module(f"{package}.{word}"), name, None)
        if not isinstance(item, kind):
            raise TypeError(f"{package}.{word} has no {name} that is a {kind.__name__}.")
        found[str(word)] = item
    return found
