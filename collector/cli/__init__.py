"""The command line: options in, data and messages out, an exit code (docs/settings.md).

Data goes to stdout, progress and logs to stderr. A command imports what it needs when it runs, so `--help` is fast.
"""
