"""Which accounts there are, in which OUs, which of them are collected, and by which limits."""
