"""The lake: raw first, then Parquet, then the publication record; a reader sees a snapshot whole or not at all.

In the order of the data's way:

- `layout`: the URI of a lake, the keys in it (`raw/`, `snapshots/`, `catalog/`), and the id of a run. Pure.
- `store`: what every store can do; `local_store` is a folder (and has `open_store(uri)`), `s3_store` a bucket.
- `raw`: what AWS returned, as `run.json`, `accounts.jsonl.gz` and the reports' own bytes, and how they are verified.
- `rows`: one account's evidence as its row of `account` and its rows of `credential_report`. Pure.
- `parquet`: those rows as files. `writer`: `SnapshotWriter`, a run from the first account to the last.
- `record`: the publication record, which names what is published. Pure. `publish`: the rules, and the one write.
- `rebuild`: tables rebuilt from raw. `verify`: what is published compared with raw.
"""
