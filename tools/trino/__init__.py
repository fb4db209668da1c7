"""Athena SQL (Trino) to DuckDB SQL, for the views of `athena_queries/` alone.

A file becomes a view and its `_history` twin (`view_files`), every column gets its type (`annotation`), everything that
is not known to mean the same in both engines is refused (`allowed`), and the rest is translated (`translate`).
`make test-trino` tests on a real Trino that the translated views return the same rows.
"""
