"""Build deploy/Dockerfile without Docker: `python -m tests.deploy.image_build [BASE]` prints the image's name.

Needs root and Debian's podman, runc and debootstrap. Where no registry can be asked, a stand-in takes the place of
`python:3.12-slim`: Debian's base system (debootstrap) with this machine's Python 3.12 under /usr/local, where the real
image has its own. BASE names another image, such as the real one. The build asks the package index as this machine
does: its certificates and pip's settings are mounted meanwhile, and stay out of the image.
"""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
IMAGE = "localhost/credlake-test"
_VERSION = "3.12"
_TOOLS = ("podman", "runc", "debootstrap")
# What the Python that is copied is linked with; they are in `python:3.12-slim` too.
_LIBRARIES = ("ca-certificates", "libbz2-1.0", "libffi8", "liblzma5", "libsqlite3-0", "libssl3", "netbase", "zlib1g")
_OF_THIS_MACHINE = ("/etc/ssl/certs", "/etc/pip.conf")


class UnavailableError(Exception):
    """The image cannot be built here, and why."""


def podman(*arguments, **options):
    """Run podman with runc: crun refuses a machine that has both versions of cgroups."""
    return subprocess.run(["podman", "--runtime", "runc", *arguments], check=True, text=True, **options)


def limits():
    """Options for `podman run` that ask for no more than this machine allows: a sandbox's root may not raise limits."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    processes = min(
        resource.getrlimit(resource.RLIMIT_NPROC)[1], int(Path("/proc/sys/kernel/pid_max").read_text("ascii"))
    )
    return [f"--ulimit=nofile={files}:{files}", f"--ulimit=nproc={processes}:{processes}"]


def build(base=None):
    """Build the image on that base, or on the stand-in; its name."""
    mounts = [f"--volume={path}:{path}:ro" for path in _OF_THIS_MACHINE if Path(path).exists()]
    podman(
        "build",
        f"--build-arg=BASE={base or _stand_in()}",
        "--network=host",
        *mounts,
        f"--tag={IMAGE}",
        "--file=deploy/Dockerfile",
        ".",
        cwd=ROOT,
        stdout=sys.stderr,
    )
    return IMAGE


def _stand_in():
    """The base that stands for `python:3.12-slim`, made once."""
    python = _python()
    prefix, version = _ask(python, "sys.base_prefix"), _ask(python, "platform.python_version()")
    name = f"localhost/credlake-python:{version}"
    if subprocess.run(["podman", "image", "exists", name], check=False).returncode == 0:
        return name
    with TemporaryDirectory(prefix="credlake-base-") as folder:
        root = Path(folder)
        release = platform.freedesktop_os_release()["VERSION_CODENAME"]
        _run("debootstrap", "--variant=minbase", f"--include={','.join(_LIBRARIES)}", release, root)
        _copy_python(Path(prefix), root / "usr" / "local")
        _run("chroot", root, "ldconfig")
        _run("chroot", root, "python", "-m", "ensurepip")
        (root / "usr" / "local" / "bin" / "pip").symlink_to("pip3")
        archive = subprocess.Popen(["tar", "--directory", root, "--create", "."], stdout=subprocess.PIPE)
        podman(
            "import",
            "--change=ENV PATH=/usr/local/bin:/usr/bin:/bin",
            "-",
            name,
            stdin=archive.stdout,
            stdout=sys.stderr,
        )
        if archive.wait():
            raise UnavailableError("The base could not be packed.")
    return name


def _copy_python(prefix, target):
    """Python itself: neither what is installed beside it, nor its tests."""
    for program in ("python3", "python"):
        (target / "bin" / program).symlink_to(f"python{_VERSION}")
    shutil.copy2(prefix / "bin" / f"python{_VERSION}", target / "bin")
    for library in (prefix / "lib").glob("libpython3*"):
        shutil.copy2(library, target / "lib", follow_symlinks=False)
    left_out = shutil.ignore_patterns("site-packages", "__pycache__", "test")
    shutil.copytree(prefix / "lib" / f"python{_VERSION}", target / "lib" / f"python{_VERSION}", ignore=left_out)


def _python():
    """A Python 3.12 with a folder of its own, from the PATH or pyenv."""
    candidates = [
        shutil.which(f"python{_VERSION}"),
        *sorted(Path.home().glob(f".pyenv/versions/{_VERSION}.*/bin/python")),
    ]
    for candidate in filter(None, candidates):
        found = subprocess.run(
            [candidate, "-c", "import sys; print(sys.base_prefix)"], check=False, capture_output=True
        )
        if found.returncode == 0 and found.stdout.strip() != b"/usr":
            return candidate
    raise UnavailableError(
        f"There is no Python {_VERSION} with a folder of its own (pyenv's, uv's). Name a base image."
    )


def _ask(python, expression):
    answer = subprocess.run(
        [python, "-c", f"import platform, sys; print({expression})"], check=True, capture_output=True, text=True
    )
    return answer.stdout.strip()


def _run(*command):
    subprocess.run(command, check=True, stdout=sys.stderr)


def main(base=None):
    """Print the image's name, or say why there is none."""
    if missing := [tool for tool in _TOOLS if shutil.which(tool) is None]:
        raise UnavailableError(f"Not installed: {', '.join(missing)}. On Debian: apt-get install {' '.join(missing)}")
    if os.geteuid() != 0:
        raise UnavailableError("Only root can make the base and build on it.")
    sys.stdout.write(f"{build(base)}\n")


if __name__ == "__main__":
    try:
        main(*filter(None, sys.argv[1:]))
    except UnavailableError as error:
        sys.exit(str(error))
