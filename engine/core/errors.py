"""One family of errors. Each says in one sentence what is wrong, where, and how to mend it.

The command line turns `exit_code` into the process's exit code; pages show the sentence.
"""

from __future__ import annotations


class CutlineError(Exception):
    """Root of every error that Cutline raises on purpose."""

    exit_code = 2


class InputError(CutlineError):
    """What was handed in cannot be used; nothing was done."""


class ParamError(InputError):
    """A parameter is unknown, of the wrong type, or out of its range."""


class EmptyUniverse(InputError):
    """Nothing is loaded under this name, or nothing is left after the filters."""


class AnswerNo(CutlineError):
    """The computation went well and its answer is no."""

    exit_code = 1


class NoPortfolio(AnswerNo):
    """No portfolio meets what was asked for; the sentence says what stands in the way."""


class NotFinished(CutlineError):
    """The work could not be done now; trying again may help."""

    exit_code = 3


class SolverFailed(NotFinished):
    """A solver gave up: there is no weight to show."""


class StoreBusy(NotFinished):
    """Another process holds the database."""


class StoreDamaged(CutlineError):
    """The database file cannot be read as one of ours."""
