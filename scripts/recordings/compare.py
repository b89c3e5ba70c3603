"""Two folders of recordings side by side: every difference, alike ones together."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from pathlib import Path

# Of a long line only what differs is shown, with so many characters around it.
AROUND, WIDTH, SHOWN = 60, 300, 12
MANY = 20_000  # lines over which two texts are compared without looking for what moved
# At least one letter: digits alone are a number. The first twelve name it, as they do on screen.
HASH = re.compile(r"(?<![0-9A-Za-z.])T?(?=[0-9]*[a-f])([0-9a-f]{12})[0-9a-f]*(?![0-9A-Za-z])")
TYPED = re.compile(r'"?(-?\d+(?:\.\d+)?)"?(?=[,\]])')
Hunk = tuple[tuple[str, ...], tuple[str, ...]]


def compare(
    before: Path, after: Path, exceptions: Path | None, any_hash: bool = False,
    any_place: bool = False,
) -> int:  # fmt: skip
    """Print the differences that no exception names; exit code 1 if there are any.

    any_hash: hashes, and the ids made of them, may be others, as long as each stands wherever the
    same one stood. any_place: what a page shows may stand elsewhere on it, and
    columns of a table may be wider.
    """
    allowed = read_exceptions(exceptions) if exceptions else []
    used: set[tuple[str, str]] = set()
    groups: dict[Hunk, list[str]] = defaultdict(list)
    known: list[dict[str, str] | None] = [{}, {}] if any_hash else [None, None]
    names = [{file.stem for file in folder.glob("*.txt")} for folder in (before, after)]
    if not all(names):
        print(f"No recordings in {before if not names[0] else after}.")
        return 2
    for name in sorted(names[0] | names[1]):
        texts = [_lines_of(folder / f"{name}.txt", seen, any_place)
                 for folder, seen in zip((before, after), known, strict=True)]  # fmt: skip
        mine = [pair for pair in allowed if re.search(pair[0], name)]
        for hunk in hunks(*texts):
            left: list[tuple[str, ...]] = []
            for side in hunk:
                kept = []
                for line in side:
                    why = next((pair for pair in mine if re.search(pair[1], line)), None)
                    if why:
                        used.add(why)
                    else:
                        kept.append(line)
                left.append(tuple(kept))
            if any(left):
                groups[left[0], left[1]].append(name)
    for hunk, where in sorted(groups.items(), key=lambda item: (-len(item[1]), item[1])):
        print(_told(hunk, where))
    for pattern, line in sorted(set(allowed) - used):
        print(f"Exception without a case: [{pattern}] {line}")
    recordings = len({name for where in groups.values() for name in where})
    total = len(names[0] | names[1])
    print(f"{total} recordings: {len(groups)} kinds of difference in {recordings} of them"
          if groups else f"{total} recordings: no differences"
          + (f" but for {len(used)} named exceptions" if used else ""))  # fmt: skip
    return 1 if groups else 0


def read_exceptions(path: Path) -> list[tuple[str, str]]:
    """(pattern of recordings, pattern of lines): sections `[PATTERN]`, then a pattern a line.

    `#` begins a line that is a remark.
    """
    found, section = [], ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("[") and line.rstrip().endswith("]"):
            section = line.strip()[1:-1]
        elif line.strip() and not line.startswith("#"):
            found.append((section, line.strip()))
    return found


def hunks(before: list[str], after: list[str]) -> list[Hunk]:
    """Runs of lines that differ: as they were, as they are."""
    if before == after:
        return []
    if max(len(before), len(after)) > MANY and len(before) == len(after):
        return [((a,), (b,)) for a, b in zip(before, after, strict=True) if a != b]
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    out: list[Hunk] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "replace" and b - a == d - c:  # line by line, so that alike ones meet
            pairs = zip(before[a:b], after[c:d], strict=True)
            out += [((old,), (new,)) for old, new in pairs if old != new]
        elif kind != "equal":
            out.append((tuple(before[a:b]), tuple(after[c:d])))
    return out


def _lines_of(path: Path, hashes: dict[str, str] | None, any_place: bool) -> list[str]:
    """A recording's lines; with the hashes numbered as they were first seen, if those are kept; of
    a page each line once, in the order of the alphabet, if places do not count."""
    if not path.exists():
        return ["(not recorded)"]
    text = path.read_text(encoding="utf-8")
    if hashes is not None:
        text = HASH.sub(lambda m: hashes.setdefault(m[1], f"HASH{len(hashes) + 1}"), text)
    lines = text.splitlines()
    if any_place:  # a wider heading moves what stands under it
        lines = [re.sub(r"  +|──+", " ", line).rstrip() for line in lines]
        # What can be edited is text, so that nothing that is typed is read otherwise.
        lines = [TYPED.sub(lambda m: f"{float(m[1]):.12g}", line) for line in lines]
    if any_place and path.stem.startswith("page-"):
        return sorted({line.strip() for line in lines if not line.lstrip().startswith("[")})
    return lines


def _told(hunk: Hunk, where: list[str]) -> str:
    old, new = hunk
    more = f" and {len(where) - 4} more" if len(where) > 4 else ""
    head = f"== {len(where)} × : {', '.join(where[:4])}{more}"
    at = 0
    if len(old) == len(new) == 1:
        same = zip(old[0], new[0], strict=False)
        at = next((k for k, (a, b) in enumerate(same) if a != b), min(len(old[0]), len(new[0])))
    body = []
    for mark, side in (("-", old), ("+", new)):
        body += [f"{mark} {_cut(line, at)}" for line in side[:SHOWN]]
        if len(side) > SHOWN:
            body.append(f"{mark} … {len(side) - SHOWN} more lines")
    return "\n".join([head, *body, ""])


def _cut(line: str, at: int) -> str:
    start = max(0, at - AROUND) if len(line) > WIDTH else 0
    end = start + WIDTH
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
