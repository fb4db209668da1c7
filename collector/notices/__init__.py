"""Notices: what changed for each owner since the last notice, sent once on each of the owner's channels."""
