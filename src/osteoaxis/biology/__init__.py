"""The biology, one file for each organ or process, from hormones down to bone and joints."""

from osteoaxis.biology import (
    aromatase,
    axis,
    bone_surface,
    coupling,
    cytokines,
    estrogen,
    joints,
    markers,
    matrix,
    minerals,
    osteoblasts,
    osteoclasts,
    parathyroid,
    person,
    rankl,
    steroids,
    vitamin_d,
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
            bone_surface,
            osteoblasts,
            vitamin_d,
            parathyroid,
            minerals,
        )
    ),
    *matrix.SITES,
    *(Process.from_module(module) for module in (markers, joints)),
)
