"""Results and tables in the forms of other tools: OCSF, ASFF, a DuckDB database, Parquet files.

Works out what is written, streaming; `collector.cli.export` writes it.
"""
