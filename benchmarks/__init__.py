"""Benchmarks: speed and memory as ratios within one run, for these machines are noisy. `make bench` prints them."""
