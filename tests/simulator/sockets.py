"""The application's end of a WebSocket: it remembers what it was sent, and says what a test wants it to say."""

import contextlib
import json
import socket
import struct
import threading
from typing import Any

from websockets.exceptions import ConnectionClosedError
from websockets.sync.server import Server, ServerConnection, serve


class Sockets:
    def __init__(self) -> None:
        self.frames: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.open: list[ServerConnection] = []
        self.closed = 0
        self.rude = False  # hangs up without a word as soon as the other side has said hello
        self._server: Server = serve(self._meet, "127.0.0.1", 0)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}/stream"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()

    def of(self, event: str) -> list[dict[str, Any]]:
        """Frames of media streams by `event`, messages of ConversationRelay by `type`."""
        return [frame for frame in self.frames if event in (frame.get("event"), frame.get("type"))]

    def say(self, **frame: Any) -> None:
        self.open[-1].send(json.dumps(frame))

    def hang_up(self) -> None:
        self.open[-1].close()

    def _meet(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.headers.append({name.lower(): value for name, value in connection.request.headers.raw_items()})
        self.paths.append(connection.request.path)
        self.open.append(connection)
        if self.rude:
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.socket.close()
            return
        # At the end of a test the simulator goes away without a word.
        with contextlib.suppress(ConnectionClosedError):
            for message in connection:
                self.frames.append(json.loads(message))
        self.closed += 1
