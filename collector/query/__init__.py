"""Queries of a lake: the name of a view, or SQL in the engine's own words.

On a folder DuckDB runs them (`local`), in a session that can read the lake's files and nothing else; on S3 Athena does
(`collector.query.statement`). The views are the same in both: each is carried in both engines' SQL (`view_files`).
"""
