"""A small issuer as a process of its own: `python -m deploy.drill.issuer PORT KEY` publishes the key of that file."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from deploy.drill import keys


class Answering(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)


def main() -> None:
    port, key = sys.argv[1:]
    Answering.body = json.dumps(keys.published(Path(key))).encode()
    ThreadingHTTPServer(("127.0.0.1", int(port)), Answering).serve_forever()


if __name__ == "__main__":
    main()
