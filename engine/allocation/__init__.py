"""From clusters, risk and limits to weights, and the audit of them."""
