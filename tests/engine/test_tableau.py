"""Rodas5P satisfies the order conditions of Rosenbrock methods (Hairer and Wanner II, IV.7)."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from osteoaxis.engine import tableau

S = tableau.STAGES
Tree = tuple["Tree", ...]


def classical() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """alpha_ij, Gamma, the weights and the embedded weights of the untransformed method."""
    a, c = np.zeros((S, S)), np.zeros((S, S))
    for i in range(S):
        a[i, :i], c[i, :i] = tableau.A[i], tableau.C[i]
    gamma = np.linalg.inv(np.eye(S) / tableau.GAMMA - c)
    weights = a[S - 1].copy()
    weights[S - 1] = 1.0
    return a @ gamma, gamma, weights @ gamma, a[S - 1] @ gamma


@cache
def trees(order: int) -> list[Tree]:
    if order == 1:
        return [()]
    found = set()
    for sizes in itertools.chain.from_iterable(
        itertools.combinations_with_replacement(range(1, order), k) for k in range(1, order)
    ):
        if sum(sizes) == order - 1:
            for branches in itertools.product(*(trees(size) for size in sizes)):
                found.add(tuple(sorted(branches, key=repr)))
    return sorted(found, key=repr)


def size(tree: Tree) -> int:
    return 1 + sum(size(branch) for branch in tree)


def density(tree: Tree) -> int:
    return size(tree) * int(np.prod([density(branch) for branch in tree], dtype=int))


def stage_weight(tree: Tree, alpha: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """A node with one branch uses beta = alpha + Gamma, with more it uses alpha."""
    matrix = beta if len(tree) == 1 else alpha
    result = np.ones(S)
    for branch in tree:
        result = result * (matrix @ stage_weight(branch, alpha, beta))
    return result


@pytest.mark.parametrize("embedded", [False, True])
def test_order_conditions(embedded: bool) -> None:
    alpha, gamma, weights, embedded_weights = classical()
    used = embedded_weights if embedded else weights
    order = tableau.ORDER - embedded
    assert [len(trees(k)) for k in range(1, 6)] == [1, 1, 2, 4, 9]
    for k in range(1, order + 1):
        for tree in trees(k):
            defect = used @ stage_weight(tree, alpha, alpha + gamma) - 1 / density(tree)
            assert abs(defect) < 2e-12, (k, tree, defect)


def test_nodes_and_stability() -> None:
    alpha, gamma, weights, _ = classical()
    np.testing.assert_allclose(alpha.sum(axis=1), tableau.ALPHA, atol=1e-12)
    np.testing.assert_allclose(gamma.sum(axis=1), tableau.G, atol=1e-12)
    at_infinity = 1 - weights @ np.linalg.solve(alpha + gamma, np.ones(S))
    assert abs(at_infinity) < 1e-12  # L-stable
    for z in 1j * np.logspace(-2, 4, 200):  # and A-stable
        value = 1 + z * weights @ np.linalg.solve(np.eye(S) - z * (alpha + gamma), np.ones(S))
        assert abs(value) <= 1 + 1e-9
