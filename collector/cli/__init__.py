"""The command line: words in, a command's work, words out, an exit code (contract part 4).

Data goes to stdout, progress and logs to stderr. A command imports what it needs when it runs: `--help` is quick.
"""
