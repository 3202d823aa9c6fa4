"""`python -m osteoaxis.cli`."""

from osteoaxis.cli import main

main()
