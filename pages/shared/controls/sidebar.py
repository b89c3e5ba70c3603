"""The sidebar: what is looked at. Its state is the address's, so a link shows the same."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable

import streamlit as st

from engine.analytics.tree import Tree
from engine.core import format as fmt
from engine.core.errors import CutlineError
from engine.desk import Opened
from engine.params import LINKAGES, PRESETS, Params, preset
from pages.shared import address, blocks, data

# Keys are the names in the address.
KEYS = ("universe", "preset", "as_of", "classes", "lookback", "linkage", "auto", "t", "h")
ON_OFF = ("on", "off")
_LOOK_AT = "_look_at"
OF_PAGES = (
    "cluster", "asset", "flow", "flow_h", "pairs", "heat", "rows",
    "profile", "layers", "kind", "groups", "penalty", "alpha", "kappa", "cap", "acap", "gcap",
    "eq", "cr", "fx", "bounds",
    "left", "stale", "unpr", "reb", "urg", "uas", "dest", "band", "lots", "phi", "nb", "rb",
    "buf", "budget", "mint", "eqs", "eqf", "fxs", "fxf", "crs", "crf", "ots", "otf", "exits",
    "cashflow", "nobuy", "nosell", "restr", "frac", "exp", "drift_by", "drift_sort",
    "drift_class", "drift_action", "drift_find", "drift_cause",
)  # fmt: skip
T_DEFAULT, T_LOW, T_HIGH, T_STEP = 0.40, 0.10, 0.90, 0.01
H_DEFAULT, H_LOW, H_STEP = 1.0, 0.1, 0.05
# Under 80 weekdays holidays leave fewer than the 60 returns that an asset needs to enter.
LOOKBACK_DEFAULT, LOOKBACK_LOW, LOOKBACK_HIGH, LOOKBACK_STEP = 200, 80, 780, 10


def sidebar() -> data.View | None:
    """Draw the controls and return what they say; None if the store holds nothing."""
    catalog = data.catalog()
    if catalog.notice:
        st.sidebar.warning(catalog.notice)
    if not catalog.universes:
        st.sidebar.caption("Nothing is loaded yet.")
        return None
    infos = {info.name: info for info in catalog.universes}
    names = list(infos)
    if (wanted := st.session_state.pop(_LOOK_AT, None)) in infos:
        st.session_state["universe"] = wanted
        _universe_changed()
    moved = address.moved(KEYS)
    with st.sidebar:
        address.take("universe", names[0], lambda v: infos[v].name, str, moved)
        if st.session_state["universe"] not in infos:
            st.session_state["universe"] = names[0]
            _universe_changed()
        universe = st.selectbox("Universe", names, key="universe", on_change=_universe_changed)
        opened = data.opened(universe, infos[universe].snapshot_id)
        params = _choose(opened, moved)
        blocks.refusals()
        if opened.snapshot.notice:
            st.warning(opened.snapshot.notice)
    _write(params)
    return data.View(opened, params)


def _choose(opened: Opened, moved: bool) -> Params:
    """Every control but the universe."""
    days = opened.grid.days
    first, last = days[0].astype(object), days[-1].astype(object)

    def known_day(text: str) -> dt.date:
        day = dt.date.fromisoformat(text)
        if not first <= day <= last:
            raise ValueError(text)
        return day

    address.take("preset", "roadmap", lambda v: _one_of(v, PRESETS), str, moved)
    address.take("as_of", data.default_date(opened), known_day, str, moved)
    as_of = st.date_input(
        "As of", value=None, min_value=first, max_value=last, key="as_of", format="YYYY-MM-DD",
        help=f"Nothing later is known. Closes from {first} to {last}.",
    ) or data.default_date(opened)  # fmt: skip
    kinds = sorted(set(opened.grid.instruments.query("role != 'benchmark'")["asset_class"]))
    address.take(
        "classes", [], lambda v: [_one_of(c, kinds) for c in v.split(",") if c], ",".join, moved
    )
    classes = st.pills(
        "Asset classes", kinds, selection_mode="multi", key="classes", help="None picked: all."
    )
    address.take(
        "lookback", LOOKBACK_DEFAULT,
        lambda v: int(_stepped(float(v), LOOKBACK_LOW, LOOKBACK_HIGH, LOOKBACK_STEP)), str, moved,
    )  # fmt: skip
    lookback = st.slider(
        "Lookback, weekdays", LOOKBACK_LOW, LOOKBACK_HIGH, step=LOOKBACK_STEP, key="lookback"
    )
    address.take("linkage", LINKAGES[0], lambda v: _one_of(v, LINKAGES), str, moved)
    linkage = st.selectbox("Linkage", LINKAGES, key="linkage")
    params = preset(st.session_state["preset"]).with_settings(
        {
            "data.as_of": as_of,
            "data.classes": tuple(classes),
            "panel.lookback": lookback,
            "tree.linkage": linkage,
        }
    )
    threshold = _cut(data.View(opened, params), moved)
    st.segmented_control(
        "Preset", list(PRESETS), key="preset", format_func=str.capitalize, required=True,
        on_change=_preset_changed, help="Roadmap: t by regime, two layers, fragility in the "
        "objective. Evidence: t = 0.5, one layer, clusters as limits.",
    )  # fmt: skip
    st.button("Reset", key="reset", on_click=reset, width="stretch", help="All controls to default")
    return params.with_settings({"tree.threshold": threshold})


def _cut(view: data.View, moved: bool) -> float | None:
    """Auto, which is None, or the threshold; moving the slider makes it manual."""
    ward = not view.params.tree.heights_are_distances
    asked = "h" if ward else "t"
    auto = view.params.tree.threshold is None and asked not in st.query_params
    address.take("auto", auto, lambda v: _one_of(v, ON_OFF) == "on", _on_off, moved)
    st.toggle("t by regime", key="auto", help="CRISIS 0.3, NORMAL 0.4, QUIET 0.5")
    regime = data.market(view).regime
    st.caption(
        f"{regime.state}, score {fmt.number(regime.score)}"
        if regime.score is not None
        else "Regime unknown: see the page Regime."
    )
    if ward:
        _height(view, moved)
    else:
        given = view.params.tree.threshold or T_DEFAULT
        address.take("t", given, _reader(T_LOW, T_HIGH, T_STEP), fmt.threshold, moved)
        if st.session_state["auto"]:
            st.session_state["t"] = regime.threshold
        st.slider(
            "Threshold t", T_LOW, T_HIGH, step=T_STEP, key="t", on_change=_manual,
            help="Assets whose merges lie at or below t are one cluster; ρ = 1 − 2t².",
        )  # fmt: skip
    return None if st.session_state["auto"] else st.session_state[asked]


def _height(view: data.View, moved: bool) -> None:
    """The cut as a Ward height: another unit, so another name and range than t."""
    top, auto = 2 * H_DEFAULT, None
    try:
        top = _height_top(data.tree(view))
        auto = data.cut(view.with_threshold(None)).threshold
    except CutlineError:
        # The page says what is wrong with this choice; the slider only needs some range.
        st.caption("There is no tree to cut.")
    address.take("h", min(H_DEFAULT, top), _reader(H_LOW, top, H_STEP), fmt.threshold, moved)
    if st.session_state["auto"] and auto is not None:
        # As shown, so used: between its ends a slider takes any value.
        st.session_state["h"] = auto
        top, low = max(top, auto), min(H_LOW, auto)
    else:
        low, st.session_state["h"] = H_LOW, min(st.session_state["h"], top)
    st.slider(
        "Threshold, Ward height", low, top, step=H_STEP, key="h", on_change=_manual,
        help="Ward heights are not correlations; see the clusters' mean ρ instead. By regime: as "
        "many clusters as average linkage has at the regime's t.",
    )  # fmt: skip


def _manual() -> None:
    st.session_state["auto"] = False


def threshold_bounds(params: Params, tree: Tree) -> tuple[float, float, float]:
    """Lowest, highest and step of the cut's slider."""
    if params.tree.heights_are_distances:
        return T_LOW, T_HIGH, T_STEP
    return H_LOW, _height_top(tree), H_STEP


def _height_top(tree: Tree) -> float:
    """The first step at or above the last merge."""
    top = float(tree.heights[-1]) if len(tree.heights) else 2 * H_DEFAULT
    return round(max(H_LOW + H_STEP, math.ceil(top / H_STEP) * H_STEP), 2)


def _write(params: Params) -> None:
    ward = not params.tree.heights_are_distances
    threshold = fmt.threshold(st.session_state["h" if ward else "t"])
    address.write(
        {
            "universe": st.session_state["universe"],
            "preset": st.session_state["preset"],
            "as_of": fmt.day(params.data.as_of),
            "classes": ",".join(st.session_state["classes"]) or None,
            "lookback": str(params.panel.lookback),
            "linkage": params.tree.linkage,
            "auto": _on_off(st.session_state["auto"]),
            "t": None if ward else threshold,
            "h": threshold if ward else None,
        }
    )


def reset() -> None:
    """All controls but the universe to their defaults; what a page has picked is let go."""
    for key in OF_PAGES:
        st.session_state[key] = None
    st.session_state.update(
        {
            "auto": True, "t": T_DEFAULT, "h": H_DEFAULT, "lookback": LOOKBACK_DEFAULT,
            "linkage": LINKAGES[0], "classes": [], "preset": "roadmap",
            "as_of": data.latest_default(st.session_state["universe"]),
        }
    )  # fmt: skip


def look_at(universe: str) -> None:
    """From the next run on, this universe is looked at."""
    st.session_state[_LOOK_AT] = universe


def set_threshold(value: float, ward: bool) -> None:
    """Callback of what sets the cut by hand."""
    _manual()
    st.session_state["h" if ward else "t"] = value


def as_moved(view: data.View) -> data.View:
    """The view with the cut that was set since the sidebar was drawn."""
    key = "t" if view.params.tree.heights_are_distances else "h"
    return view.with_threshold(None if st.session_state["auto"] else st.session_state[key])


def _universe_changed() -> None:
    # Dates and classes of another universe would be a silent mistake here.
    st.session_state["as_of"] = data.latest_default(st.session_state["universe"])
    st.session_state["classes"] = []


def _preset_changed() -> None:
    threshold = preset(st.session_state["preset"]).tree.threshold
    st.session_state["auto"] = threshold is None
    st.session_state["t"] = threshold or T_DEFAULT


def _on_off(value: bool) -> str:
    return "on" if value else "off"


def _one_of(text: str, options) -> str:
    if text not in options:
        raise ValueError(text)
    return text


def _reader(low: float, high: float, step: float) -> Callable[[str], float]:
    return lambda text: round(_stepped(float(text), low, high, step), 2)


def _stepped(value: float, low: float, high: float, step: float) -> float:
    """The nearest step of a slider. Raises ValueError outside its range, for NaN too."""
    if not low <= value <= high:
        raise ValueError(value)
    return low + round((value - low) / step) * step
