"""A folder for files under construction."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from collector.errors import CredlakeError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new local folder, removed at the end.

    Raises:
        CredlakeError: it cannot be created.
    """
    try:
        # A thread that was left behind may still write there when it is removed.
        folder = tempfile.TemporaryDirectory(prefix="credlake-", ignore_cleanup_errors=True)
    except OSError as error:
        raise CredlakeError(
            f"A folder for temporary files cannot be created: {error}. Set TMPDIR to a folder on a disk with free "
            "space that this user can write to; in a container, mount one at /tmp."
        ) from error
    with folder as path:
        yield Path(path)
