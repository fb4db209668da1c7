"""Build the function's zip: `make package`. The same sources, and the same zlib, produce the same bytes.

The zip has everything that the function runs, so it needs no layer: pyarrow without the parts that credlake never
loads, DuckDB, and boto3, since the runtime's own may be too old for Organizations' `State` and `Paths`. Of botocore's
400 service descriptions it contains those used.
"""  # noqa: INP001 -- a script, not a package

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from collector import __version__
from tools.import_graph import SCHEDULED, place, reached_from

_ROOT = Path(__file__).parent.parent
_REQUIREMENTS = _ROOT / "requirements" / "function.txt"
# The Runtime of deploy/collector.yaml. It is Amazon Linux 2023, with glibc 2.34.
PYTHON = "3.12"
_GLIBC_MINORS = range(17, 35)
# Lambda's names of its two architectures, and the wheels'.
ARCHITECTURES = {"arm64": "aarch64", "x86_64": "x86_64"}

SERVICES = (
    *("athena", "events", "glue", "iam", "kms", "lakeformation", "organizations", "quicksight", "s3"),
    *("sns", "sts"),
)
# Lambda's limit is 262,144,000 bytes. The rest is left to what later versions of the libraries grow by.
LIMIT_BYTES = 215_000_000
# The earliest date that a zip can store.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)

# Of each library: tests, what only compilers and type checkers read, and what pip writes about its installation.
# PyYAML's extension is optional, and built with debug symbols.
_UNUSED = re.compile(
    r"""(^|/)(tests|include|includes|examples|conftest\.py)(/|$)
    | \.(c|cc|h|hpp|pxd|pxi|pyc|pyi|pyx)$
    | ^(bin|_duckdb-stubs|boto3/data|pyarrow/src)/ | ^yaml/_yaml\.cpython
    | \.dist-info/(RECORD|INSTALLER|REQUESTED|direct_url\.json)$""",
    re.VERBOSE,
)
# Of pyarrow: other file systems and formats, and copies of libraries (their links, which a wheel cannot contain).
# Every extension is linked with libarrow_substrait, so that has to stay: without it `import pyarrow` fails.
_UNUSED_PYARROW = re.compile(
    r"""^pyarrow/(
    _(flight|orc|dataset_orc|gcsfs|azurefs|hdfs|substrait|pyarrow_cpp_tests)\.cpython.*
    | libarrow(_python)?_flight\.so.*
    | lib\w+\.so(\.\d+\.\d+\.\d+)?
    )$""",
    re.VERBOSE,
)


class PackageError(Exception):
    """The zip would not work on Lambda."""


def main(target: Path, *, arch: str = "arm64", python: str = PYTHON) -> Path:
    """Build the zip in the folder; its path. Its name contains a digest, so that a new zip gets a new key on S3.

    Raises:
        PackageError: it would be too large for Lambda.
    """
    with tempfile.TemporaryDirectory(prefix="credlake-package-") as scratch:
        folder = Path(scratch, "function")
        fill(folder, arch=arch, python=python)
        content = zipped(folder, Path(scratch, "function.zip"))
        digest = hashlib.sha256(content.read_bytes()).hexdigest()[:12]
        target.mkdir(parents=True, exist_ok=True)
        path = target / f"credlake-{__version__}-{arch}-{digest}.zip"
        shutil.move(content, path)
    return path


def fill(folder: Path, *, arch: str, python: str = PYTHON) -> None:
    """Put everything that the zip will contain into a new folder.

    Raises:
        PackageError: together the files are too large for Lambda.
    """
    install(folder, arch, python)
    prune(folder)
    copy_collector(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    if size > LIMIT_BYTES:
        raise PackageError(f"{size:,} bytes unpacked: more than the {LIMIT_BYTES:,} that are allowed here")


def install(folder: Path, arch: str, python: str) -> None:
    """Install the locked requirements from wheels for Lambda, whatever this machine is; nothing is compiled."""
    machine = ARCHITECTURES[arch]
    platforms = [f"--platform=manylinux_2_{minor}_{machine}" for minor in reversed(_GLIBC_MINORS)]
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps", "--require-hashes"]
    options += ["--only-binary=:all:", "--implementation=cp", f"--python-version={python}", f"--target={folder}"]
    options += [f"--abi={abi}" for abi in (f"cp{python.replace('.', '')}", "abi3", "none")]
    options += [*platforms, f"--platform=manylinux2014_{machine}"]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", str(_REQUIREMENTS)]
    subprocess.run(command, check=True)  # noqa: S603 -- our own command


def prune(folder: Path) -> None:
    """Remove what no run reads. The licences stay, and with them each library's `dist-info`."""
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif _UNUSED.search(name) or _UNUSED_PYARROW.search(name) or _is_of_another_service(name):
            path.unlink()


def _is_of_another_service(name: str) -> bool:
    found = re.match(r"botocore/data/([^/]+)/", name)
    return found is not None and found[1] not in SERVICES


def copy_collector(folder: Path) -> None:
    """Copy the parts of the collector that its entry points reach, with their data, and its licence."""
    for name in sorted({"__init__", "_data", *filter(None, map(place, reached_from(*SCHEDULED)))}):
        source = _ROOT / "collector" / name
        if source.is_dir():
            shutil.copytree(source, folder / "collector" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            (folder / "collector").mkdir(exist_ok=True)
            shutil.copyfile(source.with_suffix(".py"), folder / "collector" / f"{name}.py")
    shutil.copyfile(_ROOT / "LICENSE", folder / "collector" / "LICENSE")


def zipped(folder: Path, path: Path) -> Path:
    """The folder as a zip whose bytes depend only on its files: sorted, with a fixed date, readable by all."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(found for found in folder.rglob("*") if found.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return path


def described(path: Path) -> str:
    """The zip's sizes and hash, and the command that uploads it. It is too large for a direct upload (50 MB)."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    return (
        f"{path.relative_to(_ROOT)}: {path.stat().st_size:,} bytes, {unpacked:,} unpacked\n"
        f"SHA-256: {hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        f"Upload it: aws s3 cp {path.relative_to(_ROOT)} s3://$CODE_BUCKET/{path.name}\n"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Build the function's zip in dist/.")
    parser.add_argument("--arch", choices=ARCHITECTURES, default="arm64", help="Architecture of deploy/collector.yaml")
    parser.add_argument(
        "--python", default=PYTHON, help="another Python than that of the function's runtime, for tests"
    )
    given = parser.parse_args()
    sys.stdout.write(described(main(_ROOT / "dist", arch=given.arch, python=given.python)))
