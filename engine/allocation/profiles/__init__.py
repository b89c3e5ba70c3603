"""One module a profile."""
