"""Media streams: a real WebSocket to the application, over which the call's sound would go; here it is silence.

Source: https://www.twilio.com/docs/voice/media-streams/websocket-messages
"""

import asyncio
import json
from base64 import b64encode
from dataclasses import dataclass

from .calls import Call, CallbackPlan
from .clock import iso
from .exchange import Exchange
from .forks import Fork
from .wire import Socket, SocketFailed, say

# 20 ms of mu-law silence, 8,000 bytes a second.
SILENCE = b64encode(b"\xff" * 160).decode()
FRAME = 0.02
# So many tracks of a call can be forked at once; a detection of machines takes one of them while it listens.
MOST_TRACKS = 4
TRACKS = {"inbound_track": ("inbound",), "outbound_track": ("outbound",), "both_tracks": ("inbound", "outbound")}


@dataclass(frozen=True, slots=True)
class StreamPlan:
    url: str
    name: str = ""
    track: str = "inbound_track"
    callback: CallbackPlan | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    bidirectional: bool = False


class Stream(Fork):
    """`done` comes true when the socket is closed, by whomever."""

    prefix, kind = "MZ", "Streams"

    def __init__(self, exchange: Exchange, call: Call, plan: StreamPlan):
        self._has_room = plan.bidirectional or has_room(call, plan.track)
        super().__init__(exchange, call, plan.name)
        self.plan = plan
        self.done = asyncio.Event()
        self._sequence = 0
        self._socket: Socket | None = None
        self._task = exchange.spawn(self._run())

    def ended(self) -> None:
        self._task.cancel()
        if self._socket is not None:
            self.exchange.spawn(self._farewell(self._socket))
        self.done.set()

    def key(self, digits: str) -> None:
        """Told only where the application can answer."""
        if self.plan.bidirectional:
            self.exchange.spawn(self._keys(digits), may_fail=True)

    async def _run(self) -> None:
        code = 31923 if not self.plan.url else 0
        if not self.plan.url.startswith(schemes(self.exchange)):
            code = 31922
        elif "?" in self.plan.url:
            code = 31920
        elif self.plan.track not in TRACKS or not self._has_room:
            # No page names a code for one track too many; this one is about tracks too.
            code = 31941
        try:
            if code:
                raise SocketFailed(code)
            async with self.exchange.clock.still():
                socket = await self.exchange.post.wire.web_socket(self.plan.url)
        except SocketFailed as failed:
            self._fail(failed.code)
            return
        self._socket = socket
        self._tell("stream-started")
        await self._introduce()
        media = self.exchange.spawn(self._media(), may_fail=True)
        try:
            await self._listen(socket)
        finally:
            media.cancel()
        # The application has closed it: what it is there for on a <Connect>, and an error on a fork.
        self._socket = None
        if self.plan.bidirectional:
            self._tell("stream-stopped")
        else:
            self.exchange.note(31921, subject=self.call.sid, url=self.plan.url)
            self._tell("stream-error", "31921")
        self.stop()

    def _fail(self, code: int) -> None:
        self.exchange.note(code, subject=self.call.sid, url=self.plan.url)
        self._tell("stream-error", str(code))
        self.status = "stopped"
        self.done.set()

    async def _introduce(self) -> None:
        assert self._socket is not None  # noqa: S101 - just opened
        await say(self._socket, {"event": "connected", "protocol": "Call", "version": "1.0.0"})
        start = {
            "accountSid": self.exchange.settings.account_sid,
            "streamSid": self.sid,
            "callSid": self.call.sid,
            "tracks": list(TRACKS.get(self.plan.track, ("inbound",))),
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": dict(self.plan.parameters),
        }
        await self._send("start", {"start": start})

    async def _media(self) -> None:
        began, chunk = self.exchange.clock.now(), 0
        while True:
            chunk += 1
            passed = round((self.exchange.clock.now() - began).total_seconds() * 1000)
            for track in TRACKS.get(self.plan.track, ("inbound",)):
                frame = {"track": track, "chunk": str(chunk), "timestamp": str(passed), "payload": SILENCE}
                await self._send("media", {"media": frame})
            # Faster than life, frames are left out instead of being sent faster.
            await asyncio.sleep(max(FRAME, self.exchange.clock.real(FRAME)))

    async def _keys(self, digits: str) -> None:
        for digit in digits:
            await self._send("dtmf", {"dtmf": {"track": "inbound_track", "digit": digit}})

    async def _listen(self, socket: Socket) -> None:
        async for message in socket:
            said = _read(message.data)
            event = said.get("event")
            if event == "mark" and self.plan.bidirectional:
                # What was sent before it has been played: here at once.
                await self._send("mark", {"mark": said.get("mark", {})})
            elif event not in ("media", "clear", "mark"):
                self.exchange.note(31950, subject=self.call.sid, url=self.plan.url, detail=str(message.data)[:200])

    async def _farewell(self, socket: Socket) -> None:
        about = {"accountSid": self.exchange.settings.account_sid, "callSid": self.call.sid}
        try:
            await self._send("stop", {"stop": about}, socket)
        finally:
            await socket.close()
        self._tell("stream-stopped")

    async def _send(self, event: str, what: dict[str, object], socket: Socket | None = None) -> None:
        self._sequence += 1
        frame = {"event": event, "sequenceNumber": str(self._sequence), **what, "streamSid": self.sid}
        socket = socket or self._socket
        await say(socket, frame)

    def _tell(self, event: str, error: str = "") -> None:
        plan = self.plan.callback
        if plan is None:
            return
        params = [
            ("AccountSid", self.exchange.settings.account_sid),
            ("CallSid", self.call.sid),
            ("StreamSid", self.sid),
            ("StreamName", self.name),
            ("StreamEvent", event),
            *([("StreamError", error)] if error else []),
            ("Timestamp", iso(self.exchange.clock.now()) or ""),
        ]
        self.exchange.post.tell(self.call.sid, "stream", plan.url, plan.method, params)


def has_room(call: Call, track: str) -> bool:
    """May another fork of this track begin? Source: https://www.twilio.com/docs/voice/twiml/stream"""
    running = [one for one in call.forks if isinstance(one, Stream) and one.status == "in-progress"]
    taken = sum(len(TRACKS.get(one.plan.track, ())) for one in running if not one.plan.bidirectional)
    return taken + call.detecting + len(TRACKS.get(track, ())) <= MOST_TRACKS


def schemes(exchange: Exchange) -> tuple[str, ...]:
    """Twilio takes wss only; on one machine there is rarely a certificate."""
    return ("wss://", "ws://") if exchange.settings.choices.plain_websockets else ("wss://",)


def _read(text: object) -> dict[str, object]:
    try:
        said = json.loads(str(text))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
