"""The biology, one file for each organ or process, from hormones down to bone and joints."""

from osteoaxis.biology import (
    aromatase,
    axis,
    coupling,
    cytokines,
    estrogen,
    joints,
    markers,
    matrix,
    osteoblasts,
    osteoclasts,
    person,
    rankl,
    steroids,
)
from osteoaxis.process import Process

BIOLOGY: tuple[Process, ...] = (
    *(
        Process.from_module(module)
        for module in (
            person,
            axis,
            aromatase,
            steroids,
            estrogen,
            cytokines,
            rankl,
            osteoclasts,
            coupling,
            osteoblasts,
        )
    ),
    *matrix.SITES,
    *(Process.from_module(module) for module in (markers, joints)),
)
