"""Node, and the packages that the clients' lock files name, installed once for each state of these."""

import hashlib
import os
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import NoReturn

import pytest

OLDEST = 20
_WANTED = ("package.json", "package-lock.json", ".npmrc")
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def node() -> str:
    """Where it is. Skips the test where there is none; in CI, fails it."""
    found = shutil.which("node")
    if not found or not shutil.which("npm"):
        _without("There is no Node.js with npm here")
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    if int(said.strip().lstrip("v").partition(".")[0]) < OLDEST:
        _without(f"This is Node.js {said.strip()}, and {OLDEST} is the oldest that will do")
    return found


def installed(project: Path) -> Path:
    """A `node_modules` with exactly what the project's lock file names."""
    digest = hashlib.sha256(b"".join(project.joinpath(name).read_bytes() for name in _WANTED)).hexdigest()[:16]
    shelf = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "marquee" / "clients"
    place = shelf / f"{project.name}-{digest}"
    if not place.exists():
        shelf.mkdir(parents=True, exist_ok=True)
        _install(project, Path(tempfile.mkdtemp(prefix=f"{project.name}-", dir=shelf)), place)
    return place / "node_modules"


def _install(project: Path, aside: Path, place: Path) -> None:
    """Aside first: whoever finds the place finds all of it."""
    try:
        for name in _WANTED:
            shutil.copy(project / name, aside)
        done = subprocess.run(_INSTALL, cwd=aside, capture_output=True, text=True, timeout=270, check=False)
        if done.returncode:
            _without(f"npm could not install the packages of {project.name}: {done.stderr.strip()[-600:]}")
        if not place.exists():  # else somebody else was faster
            aside.rename(place)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _without(why: str) -> NoReturn:
    reason = f"{why}, so no JavaScript client has run."
    if os.environ.get("CI"):
        pytest.fail(reason)
    warnings.warn(reason, pytest.PytestWarning, stacklevel=1)  # -q keeps a skip's reason to itself
    pytest.skip(reason)
