"""`python -m collector.scheduled` is the container's command."""

import sys

from collector.process.exit import leave
from collector.scheduled.container import main

if __name__ == "__main__":
    leave(main(sys.argv[1:]))
