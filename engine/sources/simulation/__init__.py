"""Simulated universes."""
