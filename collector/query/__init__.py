"""Queries of a lake: a view by its name, or SQL of the engine that runs it.

DuckDB runs the queries of a lake in a folder (`run`), in a session that can read the lake's files and nothing else.
Athena runs those of a lake on S3 (`athena`). The views are the same on both: the package has each in both dialects.
"""
