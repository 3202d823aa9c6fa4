"""Sparse Gaussian elimination planned once, symbolically, on diagonal pivots (Markowitz order)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Elimination:
    """Pivot order and the slot of every entry of the factors, fill-in included."""

    order: tuple[int, ...]
    slots: dict[tuple[int, int], int]
    below: dict[int, tuple[int, ...]]  # rows eliminated by a pivot
    right: dict[int, tuple[int, ...]]  # columns right of a pivot


def plan(size: int, entries: Iterable[tuple[int, int]]) -> Elimination:
    """Choose the pivots of a `size` x `size` matrix with these non-zero (row, column) entries."""
    rows: dict[int, set[int]] = {i: {i} for i in range(size)}
    columns: dict[int, set[int]] = {i: {i} for i in range(size)}
    for i, j in entries:
        rows[i].add(j)
        columns[j].add(i)
    left = set(range(size))
    order: list[int] = []
    below: dict[int, tuple[int, ...]] = {}
    right: dict[int, tuple[int, ...]] = {}
    filled: set[tuple[int, int]] = {(i, j) for i in rows for j in rows[i]}
    while left:
        pivot = min(left, key=lambda k: ((len(rows[k]) - 1) * (len(columns[k]) - 1), k))
        left.remove(pivot)
        order.append(pivot)
        below[pivot] = tuple(sorted(columns[pivot] - {pivot}))
        right[pivot] = tuple(sorted(rows[pivot] - {pivot}))
        for i in below[pivot]:
            rows[i].discard(pivot)
            for j in right[pivot]:
                rows[i].add(j)
                columns[j].add(i)
                filled.add((i, j))
        for j in right[pivot]:
            columns[j].discard(pivot)
    return Elimination(
        tuple(order), {entry: k for k, entry in enumerate(sorted(filled))}, below, right
    )
