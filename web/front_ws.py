"""uvicorn's WebSocket protocol, patient with the proxy: a client's goodbye is answered when the upstream has answered it.

uvicorn answers a close frame at once and cuts the connection, so what an upstream was still going to say would be lost on its last few
metres, though it would have arrived without the proxy. Who hangs up without a goodbye is told apart from who says goodbye without a code.
"""

from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto import events

from web.proxy.asked import is_for_proxy


class PatientProtocol(WSProtocol):
    """Between the client's close frame and the proxy's `websocket.close`, messages go out as before."""

    _is_leaving = False

    def handle_close(self, event: events.CloseConnection) -> None:
        scope: Any = self.scope
        if self.close_sent or not is_for_proxy(scope):
            super().handle_close(event)
            return
        self._is_leaving = True
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": int(event.code), "reason": event.reason})

    async def send(self, message: Any) -> None:
        if not self._is_leaving:
            await super().send(message)
            return
        await self.writable.wait()
        if self.disconnected or self.transport.is_closing():
            raise ClientDisconnected
        if message["type"] == "websocket.send":
            self.transport.write(self._framed(message["bytes"] if message.get("text") is None else message["text"]))
        else:
            self.close_sent = True
            self.transport.write(self.conn.send(events.CloseConnection(message["code"], message["reason"])))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_leaving:
            self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})  # read before uvicorn's, which has 1005 for this too
        super().connection_lost(exc)

    def _framed(self, data: str | bytes) -> bytes:
        """As wsproto would, had it not seen the other side's goodbye; RFC 6455 (5.5.1) lets a side end what it has to say before it answers."""
        connection: Any = self.conn.connection
        return bytes(connection._proto.send_data(data))
