"""Ledgers and tickets: chains of hashes in the tables."""
