"""`python -m collector` is `credlake`."""

from collector.cli.main import main

main()
