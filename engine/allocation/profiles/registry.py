"""The one table of profiles: a word of `Profile` and the module of that name."""

from __future__ import annotations

from engine.allocation.profiles.kind import ProfileType
from engine.core.registry import by_module
from engine.core.words import Profile

PROFILES: dict[str, ProfileType] = by_module(
    "engine.allocation.profiles", Profile, "PROFILE", ProfileType
)
