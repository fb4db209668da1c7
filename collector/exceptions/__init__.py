"""Exceptions: findings that somebody accepted until a day. The file is read here; the views apply it."""
