"""Weights: inside clusters, across clusters, under limits. No SQL, no pages."""
