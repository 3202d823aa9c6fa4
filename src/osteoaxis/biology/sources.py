"""Sources that many parameters share."""

FIRST_NUMBERS = (
    "fitted: SWAN, MBHMS, HERSHMAN-PRE, ATAC, B-ABLE, Z/ZO-FAST-integrated, ZO-FAST, FREEDOM,"
    " DMAB-PH2, DEFEND, FREEDOM-STOP, GREY-ZOL5, GREENSPAN2005 together, first numbers by hand-made"
    " targets; docs/decisions/0002"
)
"""One quick fit of all parameters marked so: the middle of the prior of the calibration; its value
is in `osteoaxis.fitted` (docs/decisions/0007)."""

ANABOLIC = (
    "fitted: FPT-TPTD, FRAME, a phase 2 trial of romosozumab (10.1056/NEJMoa1305224) and marker"
    " courses together; docs/decisions/0006"
)
"""One joint fit of what wakes osteoblasts: prior of what the calibration fits last."""
