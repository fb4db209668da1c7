"""Athena SQL (Trino) to DuckDB SQL, for the views of `athena_queries/` alone.

A file becomes a view and its `_history` twin (`view_files`), every column gets its type (`annotation`, `types`), what
is not known to mean the same in both engines is refused (`allowed`), the rest is translated (`dialect`, `rewrites`).
`make test-trino` proves on a real Trino that the translated views return the same rows.
"""
