"""The command line: arguments in, JSON or text out. No formulas."""
