"""Build the function's zip: `make package`. The same sources produce the same bytes.

The zip contains pure Python only: pyarrow comes from AWS's pandas layer. boto3 is in the zip, since the runtime's own
may be too old for Organizations' `State` and `Paths`. Of botocore's 400 service descriptions it contains those used.
"""  # noqa: INP001 -- a script, not a package

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from collector import __version__
from collector.views.files import DUCKDB

_ROOT = Path(__file__).parent.parent
_REQUIREMENTS = _ROOT / "requirements" / "function.txt"
# The Runtime of deploy/collector.yaml.
_PYTHON = "3.12"

# The folders and modules of `collector/` that the function needs; tests compare them with its imports.
FOLDERS = (
    *("aws", "catalog", "collection", "discovery", "doctor", "lake", "process", "report", "scheduled", "settings"),
    *("views", "exceptions", "_data"),
)
MODULES = (
    "__init__.py",
    "denial.py",
    "errors.py",
    "evidence.py",
    "function.py",
    "limits.py",
    "outcome.py",
    "schema.py",
)
SERVICES = ("athena", "glue", "iam", "kms", "lakeformation", "organizations", "s3", "sns", "sts")
# Lambda's limit for a function with its layers, and the size reserved for AWS's layer, whose largest version so far
# (3.16.1) has 204 MB (aws-sdk-pandas issue 3331).
LIMIT_BYTES = 262_144_000
LAYER_BYTES = 214_000_000
# The earliest date that a zip can store.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc")


class PackageError(Exception):
    """The zip would not work on Lambda."""


def main(target: Path) -> Path:
    """Build the zip in the folder; its path. Its name contains a digest, so that a new zip gets a new key on S3."""
    with tempfile.TemporaryDirectory(prefix="credlake-package-") as scratch:
        folder = Path(scratch)
        install(folder)
        copy_collector(folder)
        prune(folder)
        check(folder)
        content = zipped(folder, Path(scratch).parent / f"{folder.name}.zip")
    digest = hashlib.sha256(content.read_bytes()).hexdigest()[:12]
    target.mkdir(parents=True, exist_ok=True)
    path = target / f"credlake-{__version__}-{digest}.zip"
    shutil.move(content, path)
    return path


def install(folder: Path) -> None:
    """Install the locked requirements, only from wheels for any platform, so that nothing is compiled."""
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps", "--require-hashes"]
    options += ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"]
    options += [f"--python-version={_PYTHON}", f"--target={folder}"]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", str(_REQUIREMENTS)]
    subprocess.run(command, check=True)  # noqa: S603 -- our own command


def copy_collector(folder: Path) -> None:
    """Copy what the function needs of the collector; DuckDB's statements are left out, as DuckDB is."""
    for name in FOLDERS:
        source = _ROOT / "collector" / name
        ignored = shutil.ignore_patterns("__pycache__", DUCKDB)
        shutil.copytree(source, folder / "collector" / name, ignore=ignored)
    for name in MODULES:
        shutil.copyfile(_ROOT / "collector" / name, folder / "collector" / name)


def prune(folder: Path) -> None:
    """Remove unused services, scripts, and the files that pip writes about the installation."""
    for service in (folder / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for name in ("bin", "boto3/examples", "boto3/data"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for written in folder.glob("*.dist-info/*"):
        if written.name in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}:
            written.unlink()


def check(folder: Path) -> None:
    """Check that the zip can run on Lambda.

    Raises:
        PackageError: a file is compiled, or all files together with the layer are too large.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    if compiled := sorted(str(path.relative_to(folder)) for path in files if path.suffix in _COMPILED):
        raise PackageError(f"compiled for one platform: {', '.join(compiled)}")
    size = sum(path.stat().st_size for path in files)
    if size + LAYER_BYTES > LIMIT_BYTES:
        raise PackageError(f"{size:,} bytes unpacked are too large next to a layer of {LAYER_BYTES:,} bytes")


def zipped(folder: Path, path: Path) -> Path:
    """The folder as a zip whose bytes depend only on its files: sorted, with a fixed date, readable by all."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(found for found in folder.rglob("*") if found.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{main(_ROOT / 'dist')}\n")
