"""The handshake of a WebSocket, where uvicorn leaves one that cannot be read without an answer."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol


class Handshake(WebSocketsSansIOProtocol):
    """Answers what is wrong with a handshake, such as a header that is too long, and hangs up. Left open, such a
    connection would stay until the client has enough of it, and fail the shutdown.
    """

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
            self.transport.close()
