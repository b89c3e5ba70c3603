"""What every room may know: errors, text, exact amounts, column names, words, what a knob is."""
