"""Virtual populations: named groups of people who differ as published, member by member.

Every member has a random stream of its own, by number: alone, in a batch, in a chunk or on another
machine it is the same person.
"""

from osteoaxis.population.likeness import Alike, alike
from osteoaxis.population.members import Member, member, members, own_parameters
from osteoaxis.population.named import Population, names
from osteoaxis.population.store import Run, open_run, simulate

__all__ = [
    "Alike",
    "Member",
    "Population",
    "Run",
    "alike",
    "member",
    "members",
    "names",
    "open_run",
    "own_parameters",
    "simulate",
]
