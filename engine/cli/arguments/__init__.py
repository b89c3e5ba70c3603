"""Arguments that commands share, and their way into parameters."""
