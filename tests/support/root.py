"""Where this tree stands, wherever the file that asks for it is moved."""

from pathlib import Path

ROOT = next(p for p in Path(__file__).resolve().parents if (p / "app.py").exists())
