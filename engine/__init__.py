"""Cutline's engine: data in, clusters out. It never imports Streamlit."""

__version__ = "0.1.0"
