"""Virtual trials: people of a population, arms, visits with errors of measurement, effects."""

from osteoaxis.trials.analysis import Effect, effects, power
from osteoaxis.trials.conduct import Conducted, conduct
from osteoaxis.trials.design import Trial, names

__all__ = ["Conducted", "Effect", "Trial", "conduct", "effects", "names", "power"]
