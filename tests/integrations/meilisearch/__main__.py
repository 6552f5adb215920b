"""The stand-in as a process of its own, which tests start, kill and start again."""

import argparse
import asyncio
from pathlib import Path

from tests.integrations.meilisearch.server import KEY, meilisearch_server


async def serve(port: int, key: str, state: Path | None) -> None:
    async with meilisearch_server(key, state, port) as engine:
        print(engine.url, flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="meilisearch")
    parser.add_argument("--port", type=int, default=7700)
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--state", type=Path)
    asked = parser.parse_args()
    asyncio.run(serve(asked.port, asked.key, asked.state))
