"""Rows of prices that somebody took out by hand."""
