"""Reports for people: the newest snapshot of an organization as one HTML page that needs no network.

`data` reads the views, with DuckDB or with Athena; `page` renders what was read. No number is computed here that a view
does not have.
"""
