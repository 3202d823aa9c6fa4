"""Strategies of bone protection: measured, compared arm by arm, and searched for."""

from osteoaxis.strategy.arm import Arm, Metric, given, measure
from osteoaxis.strategy.comparing import Strategies, compare
from osteoaxis.strategy.metrics import metrics

__all__ = ["Arm", "Metric", "Strategies", "compare", "given", "measure", "metrics"]
