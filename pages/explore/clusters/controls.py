"""What the page Clusters shows, in the address."""

from __future__ import annotations

from pages.shared.controls.kinds import Number
from pages.shared.controls.registry import Control

# Ids begin at 1; how many there are follows from the tree.
CLUSTER = Control("cluster", "Picked cluster", own=Number(1, 10**6, 1, whole=True))
ASSET = Control("asset", "Find an asset")
CONTROLS = (CLUSTER, ASSET)
