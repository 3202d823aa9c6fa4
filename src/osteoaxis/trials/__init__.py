"""Virtual trials: people of a population, arms, visits with errors of measurement, effects."""

from osteoaxis.trials.analysis import Effect, effects
from osteoaxis.trials.conduct import Conducted, conduct
from osteoaxis.trials.design import Trial, names
from osteoaxis.trials.planning import Plan, plans

__all__ = ["Conducted", "Effect", "Plan", "Trial", "conduct", "effects", "names", "plans"]
