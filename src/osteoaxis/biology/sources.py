"""Sources that many parameters share."""

FIRST_NUMBERS = (
    "fitted: SWAN, MBHMS, HERSHMAN-PRE, ATAC, B-ABLE, Z/ZO-FAST-integrated, ZO-FAST, FREEDOM,"
    " DMAB-PH2, DEFEND, FREEDOM-STOP, GREY-ZOL5, GREENSPAN2005 together, first numbers by hand-made"
    " targets; docs/decisions/0002"
)
"""One joint fit of all parameters marked so; the calibration of issue 4 replaces it."""

ANABOLIC = (
    "fitted: FPT-TPTD, FRAME, a phase 2 trial of romosozumab (10.1056/NEJMoa1305224) and marker"
    " courses together; docs/decisions/0006"
)
"""One joint fit of what wakes osteoblasts; the calibration of issue 4 replaces it."""
