"""Keeps Glue, which Athena reads, in sync with the publication record.

Glue is a copy of the record, and its two tables are ours (docs/lake-on-s3.md, Glue): what differs is fixed, and each
fix is a sentence for the user. `tables` plans requests from answers of Glue, and `sync` sends them.
"""
