"""Server-sent events that end when the server does, as a whole answer: whoever listens will listen elsewhere."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send


class Events(StreamingResponse):
    """`ending` is in the state of the scope where web.serving serves. Nothing says that the operation is complete.
    `leave` is called at the end, whatever it is.
    """

    def __init__(self, content: AsyncIterator[str], headers: Mapping[str, str], leave: Callable[[], None]) -> None:
        super().__init__(content, headers=headers)
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._until_ending(scope, receive, send)
        finally:
            self._leave()

    async def _until_ending(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = asyncio.Event()

        async def passing(message: Message) -> None:
            await send(message)
            begun.set()

        ending: asyncio.Event = scope.get("state", {}).get("ending") or asyncio.Event()
        sending = asyncio.ensure_future(super().__call__(scope, receive, passing))
        ended = asyncio.create_task(ending.wait())
        try:
            await asyncio.wait({sending, ended}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
                return
        finally:
            sending.cancel()
            ended.cancel()
            await asyncio.wait({sending, ended})
        if begun.is_set():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
