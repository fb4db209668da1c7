"""The lake: raw first, then Parquet, then the record; a reader sees a snapshot whole or not at all.

The data's way through the files of this folder:

- `layout`: what lies where (`raw/`, `snapshots/`, `catalog/`), and the name of a run.
- `naming`: what a lake may be called. Pure.
- `store`: `open_store(uri)`, and what a place that holds a lake must be able to do. `local` is a folder.
- `raw`: what a run asked and was answered, as `run.json`, `accounts.jsonl.gz` and the reports' own bytes.
- `rows`: one account's answers as its row of `account` and its rows of `credential_report`. Pure.
- `user_files` and `parquet_files`: those rows as Parquet. `writer`: `SnapshotWriter`, a run from first account to last.
- `record`: the publication record, which says what is published, and `record_reading`, which reads it back.
- `rules`: which run may become a snapshot. Pure. `publication`: `publish`, the one write by which it does.
- `rebuild` and `verify`: the tables made again from raw, and what is published compared with what raw says.
- `snapshot_check` looks at one snapshot, `unpublished_runs` at runs without one, and `overdue` asks the rules of them.

Nothing here knows AWS's libraries: a store on S3 lives in `collector/aws/` and is reached through `open_store`.
"""
