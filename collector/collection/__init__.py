"""Assume a role in each account, request its credential report, fetch it, and hand it to the lake."""
