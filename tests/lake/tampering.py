"""A lake that is altered by hand, and what `verify` finds then."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pyarrow.parquet as pq

from collector.lake.raw import file_sha256
from collector.lake.verify import verify
from tests.lake.examples import DAY, ORGANIZATION, RUN

RAW = f"raw/{ORGANIZATION}/{RUN}"
TABLES = f"snapshots/{ORGANIZATION}/{DAY}/{RUN}"
RECORD = f"catalog/{ORGANIZATION}.json"


def found(store, scratch):
    """What `verify` finds, as (kind, account, column, name of the file)."""
    return {(str(one.kind), one.account_id, one.column, one.where.rpartition("/")[2]) for one in verify(store, scratch)}


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def rewrite(path, change, **options):
    """Write a Parquet file anew with other contents, as someone would who wants it to look right."""
    table = change(pq.read_table(path, partitioning=None))
    pq.write_table(table, path, **options)


def in_record(lake, path):
    """Let the record say of the file what is true of it now."""
    with altered_record(lake) as record:
        for file in record["snapshots"][DAY]["files"]:
            if file["path"] == path:
                file["bytes"] = (lake / path).stat().st_size
                file["sha256"] = file_sha256(lake / path)


def with_column(table, name, column):
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), column)


@contextmanager
def altered_record(lake, organization_id=ORGANIZATION):
    """The record as JSON, to be changed in place."""
    path = lake / f"catalog/{organization_id}.json"
    record = json.loads(path.read_bytes())
    yield record
    path.write_text(json.dumps(record))
