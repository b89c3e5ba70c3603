"""The limits as solvers see them: a box, a few rows, one total."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

# A row that cannot be reached by more than rounding does not bind.
SLACK = 1e-12


@dataclass(frozen=True, eq=False)
class Region:
    """{x : lower ≤ x ≤ upper, row_lower ≤ rows · x ≤ row_upper, Σx = total}, of n variables.

    Says the same as the limits it was made from; what the box already implies is left out.
    """

    lower: np.ndarray
    upper: np.ndarray
    rows: np.ndarray
    row_lower: np.ndarray
    row_upper: np.ndarray
    total: float = 1.0

    @property
    def n(self) -> int:
        return len(self.lower)

    def with_total(self, total: float) -> Region:
        return replace(self, total=total)

    def without(self, zero: np.ndarray) -> Region:
        """The same with some variables (n bool) held at 0."""
        return replace(
            self, upper=np.where(zero, 0.0, self.upper), lower=np.where(zero, 0.0, self.lower)
        )

    def limit_rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows g and right sides h: g · x ≤ h for all limits but x ≥ 0 and the total."""
        eye = np.eye(self.n)
        least, at_least = self.row_lower > 0, self.lower > 0
        below = self.upper < self.total
        rows = np.vstack([self.rows, -self.rows[least], eye[below], -eye[at_least]])
        right = np.concatenate(
            [self.row_upper, -self.row_lower[least], self.upper[below], -self.lower[at_least]]
        )
        return rows, right

    def cone_rows(self) -> np.ndarray:
        """Rows h with h · y ≤ 0 for y in any proportion to an x in the region, y ≥ 0 left aside:
        each limit times Σy / total."""
        rows, right = self.limit_rows()
        return rows - right[:, None] / self.total

    def violation(self, x: np.ndarray) -> float:
        """By how much x misses the worst limit; the total left aside."""
        sums = self.rows @ x
        return float(
            max(
                (self.lower - x).max(),
                (x - self.upper).max(),
                (self.row_lower - sums).max(initial=0.0),
                (sums - self.row_upper).max(initial=0.0),
            )
        )


def build_region(matrix: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Region:
    """The region of R limits lower ≤ matrix · x ≤ upper, x ≥ 0, Σx ≤ 1.

    matrix: R×n, not negative, with entries up to 1. A limit on one variable becomes a side of the
    box, equal rows become one, and rows that nothing in the box can break are dropped: of 376
    limits on 283 assets 28 rows are left, 11 on their clusters.
    """
    n = matrix.shape[1]
    low, high = np.zeros(n), np.ones(n)
    used = (matrix > 0).sum(axis=1)
    for row in np.flatnonzero(used == 1):
        at = int(np.argmax(matrix[row]))
        low[at] = max(low[at], lower[row] / matrix[row, at])
        high[at] = min(high[at], upper[row] / matrix[row, at])
    low = _meet(low, high)
    rest: dict[bytes, list] = {}
    for row in np.flatnonzero(used > 1):
        most = min(matrix[row] @ high, matrix[row].max())
        if most <= upper[row] + SLACK and matrix[row] @ low >= lower[row] - SLACK:
            continue
        entry = rest.setdefault(matrix[row].tobytes(), [matrix[row], 0.0, 1.0])
        entry[1], entry[2] = max(entry[1], lower[row]), min(entry[2], upper[row])
    rows = np.array([e[0] for e in rest.values()]).reshape(len(rest), n)
    row_high = np.array([e[2] for e in rest.values()])
    row_low = _meet(np.array([e[1] for e in rest.values()]), row_high)
    return Region(low, high, rows, row_low, row_high)


def _meet(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Lower sides that only rounding has put above the upper ones, put back."""
    return np.where((low > high) & (low <= high + SLACK), high, low)
