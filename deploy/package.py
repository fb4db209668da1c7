"""Build the function's zip: `make package`. The same sources give the same bytes.

The zip holds pure Python only: pyarrow is in AWS's pandas layer, boto3 is ours, since the runtime's may be too old to
know Organizations' `State` and `Paths`. Of botocore's 400 descriptions of services it holds those that are called.
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
from collector.scheduled.views import FILE, prepare_views

_ROOT = Path(__file__).parent.parent
_REQUIREMENTS = _ROOT / "requirements" / "function.txt"
# What the function runs on: deploy/collector.yaml's Runtime.
_PYTHON = "3.12"

# The demo, the local engine, and what is only run in a working copy.
_LEFT_OUT = ("loopback.py", "simulator", "query")
SERVICES = ("athena", "glue", "iam", "kms", "lakeformation", "organizations", "s3", "sns", "sts")
# Lambda's limit for a function with its layers, and what AWS's layer takes of it: 204 MB with its largest version so
# far, 3.16.1 (aws-sdk-pandas issue 3331).
LIMIT_BYTES = 262_144_000
LAYER_BYTES = 214_000_000
# A zip knows no earlier date.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_COMPILED = (".so", ".pyd", ".dll", ".dylib", ".pyc")


class PackageFaultError(Exception):
    """The zip would not work on Lambda."""


def main(target: Path) -> Path:
    """Build the zip into the folder; its path. A digest is part of the name, so that a new zip is a new key on S3."""
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
    """Install the locked requirements: wheels for any machine only, so that nothing is compiled."""
    options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--no-deps", "--require-hashes"]
    options += ["--only-binary=:all:", "--platform=any", "--implementation=py", "--abi=none"]
    options += [f"--python-version={_PYTHON}", f"--target={folder}"]
    command = [sys.executable, "-m", "pip", "install", *options, "-r", str(_REQUIREMENTS)]
    subprocess.run(command, check=True)  # noqa: S603 -- our own command


def copy_collector(folder: Path) -> None:
    """Copy the collector, and write down the views for it."""
    ignored = shutil.ignore_patterns("__pycache__", "_data", *_LEFT_OUT)
    shutil.copytree(_ROOT / "collector", folder / "collector", ignore=ignored)
    (folder / "collector" / "scheduled" / FILE).write_text(prepare_views(), encoding="utf-8")


def prune(folder: Path) -> None:
    """Leave out the services that are never called, scripts, and what pip writes about the installation."""
    for service in (folder / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            shutil.rmtree(service)
    for name in ("bin", "boto3/examples", "boto3/data"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for written in folder.glob("*.dist-info/*"):
        if written.name in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}:
            written.unlink()


def check(folder: Path) -> None:
    """Raise PackageFaultError where something is compiled, or the whole is too large beside the layer."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    if compiled := sorted(str(path.relative_to(folder)) for path in files if path.suffix in _COMPILED):
        raise PackageFaultError(f"compiled, so bound to one machine: {', '.join(compiled)}")
    size = sum(path.stat().st_size for path in files)
    if size + LAYER_BYTES > LIMIT_BYTES:
        raise PackageFaultError(f"{size:,} bytes unpacked do not fit beside a layer of {LAYER_BYTES:,}")


def zipped(folder: Path, path: Path) -> Path:
    """The folder as a zip whose bytes depend on its files alone: sorted, of one date, readable by all."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(found for found in folder.rglob("*") if found.is_file()):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), _LONG_AGO)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes())
    return path


if __name__ == "__main__":
    sys.stdout.write(f"{main(_ROOT / 'dist')}\n")
