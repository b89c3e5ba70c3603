"""The journal: one chain of hashes over everything that is written into a store."""
