"""The short form of `make drill`: what is killed, paused and started anew under load, and what is proven after it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.drill.strangers import ROOT
from tests.many.conftest import missing

# It stops by itself before; a machine that does something else beside it takes its time.
_SECONDS = 620
_GIVEN = {"PATH", "HOME", "LANG", "TMPDIR"}


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="marquee-drill-"))
    made.chmod(0o711)  # as root, PostgreSQL is another user
    yield made
    shutil.rmtree(made, ignore_errors=True)


def test_under_load_whatever_is_killed_every_promise_is_kept_and_nothing_is_lost(folder: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name in _GIVEN}
    drill = subprocess.Popen(
        [sys.executable, "-m", "deploy.drill", "--short"],
        cwd=ROOT,
        env={**environment, "MARQUEE_HOME": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, _ = drill.communicate(timeout=_SECONDS)
    finally:
        drill.send_signal(signal.SIGTERM)
        drill.wait(30)
    if "`make parts`" in said:
        missing(said)
    assert drill.returncode == 0, said
    assert "both servers: rolling restart" in said
    assert said.count("holds") > 15
