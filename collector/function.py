"""`python -m collector.function`: the name of `python -m collector.scheduled` in version 0.1."""

import sys

from collector.process.exit import leave
from collector.scheduled.container import main

if __name__ == "__main__":
    leave(main(sys.argv[1:]))
