"""`python -m newsquake`."""

from newsquake.cli import main

main()
