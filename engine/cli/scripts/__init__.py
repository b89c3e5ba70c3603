"""The named scripts: a command, or several, with a first load and files."""
