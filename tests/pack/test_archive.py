"""The zip of an evidence pack: the same bytes, sums that sha256sum takes, and nothing large in memory."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zipfile
from datetime import UTC, datetime

from collector.pack.archive import Archive

INSTANT = datetime(2026, 11, 23, 15, 22, 1, tzinfo=UTC)


def made() -> bytes:
    file = io.BytesIO()
    with Archive(file, "pack", INSTANT) as archive:
        archive.put("text.txt", b"text")
        with archive.open("raw/1.csv.gz") as stream:
            stream.write(b"a")
            stream.write(b"b")
    return file.getvalue()


def test_the_same_contents_are_the_same_bytes_with_the_time_of_the_snapshot():
    archive = zipfile.ZipFile(io.BytesIO(made()))

    assert made() == made()
    assert archive.testzip() is None
    # A zip's times have a precision of two seconds.
    assert {info.date_time for info in archive.infolist()} == {(2026, 11, 23, 15, 22, 0)}
    assert [(info.filename, info.compress_type) for info in archive.infolist()] == [
        ("pack/text.txt", zipfile.ZIP_DEFLATED),
        ("pack/raw/1.csv.gz", zipfile.ZIP_STORED),
        ("pack/SHA256SUMS", zipfile.ZIP_DEFLATED),
    ]


def test_every_file_but_the_sums_is_in_the_sums():
    sums = zipfile.ZipFile(io.BytesIO(made())).read("pack/SHA256SUMS").decode()

    assert sums == (
        f"{hashlib.sha256(b'text').hexdigest()}  text.txt\n{hashlib.sha256(b'ab').hexdigest()}  raw/1.csv.gz\n"
    )


def test_a_file_larger_than_the_memory_is_written_piece_by_piece(tmp_path):
    piece = bytes(1 << 20)
    with (tmp_path / "large.zip").open("wb") as file:
        tracemalloc.start()
        with Archive(file, "pack", INSTANT) as archive, archive.open("large.gz") as stream:
            for _ in range(64):
                stream.write(piece)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert zipfile.ZipFile(tmp_path / "large.zip").getinfo("pack/large.gz").file_size == 64 << 20
    assert peak < 8 << 20


def test_no_sums_where_a_file_could_not_be_written():
    file = io.BytesIO()
    archive = Archive(file, "pack", INSTANT)
    archive.put("text.txt", b"text")
    archive.__exit__(OSError, OSError(), None)

    assert zipfile.ZipFile(file).namelist() == ["pack/text.txt"]
