"""Who is believed about TLS: what docs/containers.md says of a proxy in front of nginx, tried with an nginx."""

import http.client
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from deploy.many.account import CannotRunError
from deploy.many.part import program
from tests.deploy.composing import DEPLOY
from tests.many.conftest import missing
from tests.processes.test_worker_metrics import free_port

PAGE = (DEPLOY.parent / "docs" / "containers.md").read_text()
_PATIENCE_SECONDS = 20
CLAIMS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
Told = tuple[str, str]
Front = Callable[[Callable[[str], str]], AbstractContextManager[int]]


class Server(BaseHTTPRequestHandler):
    """Answers with what it was told of the client."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps([self.headers["X-Forwarded-Proto"], self.headers["X-Forwarded-For"]]).encode())

    def log_message(self, *_: object) -> None: ...


def believing(text: str, address: str) -> str:
    """nginx.conf with the page's own lines in it, for this address."""
    geo, real = re.findall(r"^ +(\S*10\.0\.0\.5/32 1;|set_real_ip_from 10\.0\.0\.5/32;)", PAGE, re.M)
    text = text.replace("        default 0;\n", f"        default 0;\n{geo}\n", 1)
    text = text.replace("        real_ip_header", f"{real}\n        real_ip_header", 1)
    return text.replace("10.0.0.5/32", f"{address}/32")


@contextmanager
def nginx(folder: Path, text: str) -> Iterator[int]:
    """The port where it answers."""
    port, path = free_port(), folder / "nginx.conf"
    text = re.sub(r" /tmp/", f" {folder}/", text).replace("listen 8080", f"listen 127.0.0.1:{port}")
    path.write_text(text)
    command = [program("nginx"), "-e", "stderr", "-p", str(folder), "-c", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as running:
        try:
            given_up = time.monotonic() + _PATIENCE_SECONDS
            while running.poll() is None and not listens(port):
                assert time.monotonic() < given_up, "nginx runs, and does not listen"
                time.sleep(0.01)  # between two looks: it tells nobody when it listens
            assert running.poll() is None, running.stderr and running.stderr.read()
            yield port
        finally:
            running.terminate()


def listens(port: int) -> bool:
    """As the kernel says: who asks the port of nobody, from any port, may meet themselves there."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


def told(port: int, address: str) -> Told:
    """What a server hears of whoever asks from this address, and claims to come by TLS from elsewhere."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=10, source_address=(address, 0))
    asking.request("GET", "/", headers=CLAIMS)
    scheme, client = json.loads(asking.getresponse().read())
    asking.close()
    return scheme, client


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    try:
        program("nginx")
    except CannotRunError as error:
        missing(str(error))
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        text = (DEPLOY / "compose" / "nginx.conf").read_text()
        text = text.replace("server:8000", f"127.0.0.1:{server.server_port}")
        yield lambda change: nginx(tmp_path, change(text))
        server.shutdown()


def test_by_itself_nobody_is_believed(
    front: Front,
) -> None:
    with front(str) as port:
        assert told(port, "127.0.0.1") == ("http", "127.0.0.1")


def test_the_proxy_that_is_named_is_believed_and_nobody_else(
    front: Front,
) -> None:
    with front(lambda text: believing(text, "127.0.0.2")) as port:
        assert told(port, "127.0.0.2") == ("https", "203.0.113.7")
        assert told(port, "127.0.0.1") == ("http", "127.0.0.1")
