"""The local query engine: Athena's SQL over a lake in a folder, answered by DuckDB.

The way of a question: text → tree (`question`) → names and types (`annotation`) → refusal of what DuckDB would answer
differently (`lint`) → DuckDB's SQL (`dialect`) → the lake's files (`snapshots`, `relations`, `local`) → rows
(`answer`).
"""
