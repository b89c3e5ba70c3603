"""The state of the market: its parts, its score, its history."""
