"""The address is told once a run, whole, whatever cuts the run short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from patience import WAIT_S
from streamlit.runtime.state.query_params import QueryParams
from streamlit.testing.v1 import AppTest


def script() -> None:
    """Two groups of controls; `cut` ends a run between them, as a second action does."""
    import streamlit as st

    from pages.shared import address

    with address.whole_run():
        for key in ("a", "b"):
            for _ in range(2):  # as where a page and a part of it both need what it says
                refused = address.adopt(key, int, str)
                if st.session_state.pop("cut unwritten", False):
                    st.rerun()
                address.settle(key, 0, str, refused)
                said = st.session_state[key]
                address.write({key: str(said) if said else None})
            st.slider(key, 0, 9, key=key)
            if st.session_state.pop("cut", False):
                st.rerun()
        st.write("; ".join(address.refusals()))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """Each address that the browser is told: an entry of its history."""
    found: list[dict[str, Any]] = []
    send = QueryParams._send_query_param_msg

    def sent(self: QueryParams) -> None:
        found.append(self.to_dict())
        send(self)

    monkeypatch.setattr(QueryParams, "_send_query_param_msg", sent)
    return found


def opened(**asked: str) -> AppTest:
    test = AppTest.from_function(script, default_timeout=WAIT_S)
    test.query_params.update(asked)
    return test.run()


def values(test: AppTest) -> tuple[int, int]:
    assert not test.exception
    return test.slider(key="a").value, test.slider(key="b").value


def test_one_run_tells_the_address_once(told: list[dict[str, Any]]) -> None:
    test = opened(a="7", b="8", other="kept")
    assert told == []
    test.slider(key="a").set_value(1)
    test.slider(key="b").set_value(2).run()
    assert told == [{"a": "1", "b": "2", "other": "kept"}]
    test.slider(key="a").set_value(0)
    test.slider(key="b").set_value(0).run()  # both leave it, which is one entry too
    assert told[1:] == [{"other": "kept"}]


def test_a_value_that_is_used_twice_in_a_run_is_refused_once() -> None:
    test = opened(a="many", b="3")
    assert values(test) == (0, 3)
    assert [m.value for m in test.markdown] == ["a = many in the address cannot be used; it is 0."]


@pytest.mark.parametrize("then", ["nothing", "another control"])
def test_a_run_that_is_cut_short_tells_nothing_and_loses_nothing(
    told: list[dict[str, Any]], then: str
) -> None:
    test = opened(a="7", b="8")
    test.session_state["cut"] = True
    test.slider(key="a").set_value(1)
    test.query_params.update({"a": "7", "b": "8"})  # the browser was not told anything else yet
    if then == "another control":
        test.slider(key="b").set_value(2)
    test.run()
    second = 2 if then == "another control" else 8
    assert values(test) == (1, second)
    assert told == [{"a": "1", "b": str(second)}]


def test_an_address_that_changed_after_a_run_was_cut_short_counts() -> None:
    """Back is pressed while the page is drawn."""
    test = opened(a="7", b="8")
    test.slider(key="a").set_value(3).run()
    state = test.session_state
    # The run after a move to 1 ended at its first control: see `address.whole_run`.
    state["_last_run"]["a"] = (1, "1")
    state["_addresses_known"] = [{"a": "3", "b": "8"}]
    state["_address_untold"] = True
    test.slider(key="a").set_value(1)
    state["a"] = 1
    test.query_params.update({"a": "7", "b": "8"})
    test.run()
    assert values(test) == (7, 8)
    assert dict(test.query_params) == {"a": "7", "b": "8"}


@pytest.mark.parametrize("cut", ["cut", "cut unwritten"])
def test_what_back_asks_is_taken_whole_though_its_run_is_cut_short(
    told: list[dict[str, Any]], cut: str
) -> None:
    """The next run goes on with the same address; it took what was left for moved by hand."""
    test = opened(a="7", b="8")
    test.slider(key="a").set_value(3)
    test.slider(key="b").set_value(4).run()
    told.clear()
    test.session_state[cut] = True
    test.query_params.update({"a": "7", "b": "8"})
    test.run()
    assert values(test) == (7, 8)
    assert told == []


def test_forward_right_after_back(told: list[dict[str, Any]]) -> None:
    """The browser sends what its controls said before Back had reached them."""
    test = opened(a="7", b="8")
    test.slider(key="a").set_value(3)
    test.slider(key="b").set_value(4).run()
    test.query_params.update({"a": "7", "b": "8"})
    test.run()
    told.clear()
    test.query_params.update({"a": "3", "b": "4"})
    test.slider(key="a").set_value(3).run()
    assert values(test) == (3, 4)
    assert told == []


def test_quick_actions_come_with_addresses_of_before(told: list[dict[str, Any]]) -> None:
    """None of them changed by itself: what is moved counts."""
    test = opened(a="7", b="8")
    test.slider(key="a").set_value(3).run()
    test.query_params.update({"a": "7", "b": "8"})
    test.slider(key="b").set_value(4).run()
    test.query_params.update({"a": "3", "b": "8"})  # of between the two
    test.slider(key="a").set_value(5).run()
    assert values(test) == (5, 4)
    assert told[-1] == {"a": "5", "b": "4"}
