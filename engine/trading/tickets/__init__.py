"""The ticket and its document."""
