"""`python -m collector.loopback`: the name of `python -m collector.simulator` in version 0.1."""

import sys

from collector.simulator.__main__ import main

if __name__ == "__main__":
    sys.exit(main())
