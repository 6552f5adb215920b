"""How the floor and plain Strawberry are served: by uvicorn and httptools, with nothing between."""

from typing import Any

import uvicorn


class _Announcing(uvicorn.Server):
    """Says where it is, as server.py does."""

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            print(f"It is at http://{host}:{port}", flush=True)


def serve(app: Any) -> None:
    config = uvicorn.Config(
        app,
        port=0,
        http="httptools",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )
    _Announcing(config).run()


async def answer(send: Any, body: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def tell(send: Any, *, statements: int, operations: int) -> None:
    """What is asked for at /metrics."""
    await answer(send, f"statements {statements}\noperations {operations}\n".encode(), b"text/plain")
