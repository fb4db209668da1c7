"""What is run in a working copy and never shipped: it may import everything, and nothing imports it."""
