"""What an audit measures a portfolio by is made anew, and not taken from the portfolio."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hand_made import mixed_grid

from engine import pipeline
from engine.allocation.audit import audit
from engine.analytics.tree import cut
from engine.params import Params


@pytest.fixture(scope="module")
def made() -> pipeline.Portfolio:
    return pipeline.recompute(mixed_grid(), Params())


def with_cut(made: pipeline.Portfolio, **changes: object) -> pipeline.Portfolio:
    """The portfolio as if its clusters had come from elsewhere."""
    other = dataclasses.replace(made.analysis.cut, **changes)
    return dataclasses.replace(made, analysis=dataclasses.replace(made.analysis, cut=other))


def details(made: pipeline.Portfolio, params: Params = Params()) -> dict[str, str]:  # noqa: B008
    found = audit(pipeline.evidence_of(made, params))
    return {check.name: check.detail for check in found.failed}


def test_what_was_computed_passes(made: pipeline.Portfolio) -> None:
    assert details(made) == {}


def test_two_members_that_changed_clusters_are_named(made: pipeline.Portfolio) -> None:
    labels = made.analysis.cut.labels.copy()
    one, two = 0, int(np.flatnonzero(labels != labels[0])[0])
    labels[[one, two]] = labels[[two, one]]
    symbols = made.allocation.symbols
    assert details(with_cut(made, labels=labels))["labels"] == f"{symbols[one]}, {symbols[two]}"


def test_a_cut_elsewhere_than_asked_for_is_found(made: pipeline.Portfolio) -> None:
    """Shown as it was made, or under the threshold that was asked for."""
    used = made.analysis.cut.threshold
    other = used / 2
    found = details(with_cut(made, threshold=other))
    assert found["threshold"] == (f"shown {other:.3f}, used {other:.3f}, asked for {used:.3f}")
    finer = cut(made.analysis.tree, other)
    assert len(set(finer.tolist())) > len(set(made.analysis.cut.labels.tolist()))
    assert "labels" in details(with_cut(made, labels=np.minimum(finer, 1)))


def test_pasts_and_ages_are_those_of_the_prices(made: pipeline.Portfolio) -> None:
    """ENE1 has 80 closes, and the last one of ENE2 is 3 weekdays old: see `mixed_universe`."""
    evidence = pipeline.evidence_of(made, Params())
    at = evidence.symbols.index
    assert evidence.observations[at("ENE1")] == 79
    assert evidence.ages[at("ENE2")] == 3
    young = Params().with_settings({"panel.min_history": 80})
    aged = Params().with_settings({"panel.stale_after": 2})
    for params, name, who in ((young, "history", "ENE1 79"), (aged, "freshness", "ENE2 3")):
        assert details(made, params) == {name: who}
