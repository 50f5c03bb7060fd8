"""The desk's socket: who may open it, and the three things a browser may say (sync, ack, ping)."""

import asyncio
import contextlib
import json
import logging
import re
import time
from collections import deque
from typing import Any

from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.http import parse_cookie
from django.utils import timezone

from calls.live import frames
from calls.live.hub import Desk, hub
from calls.live.rights import watch
from calls.live.tail import tail

PROTOCOL = "supervisor.v2"
ANY_VERSION = re.compile(r"supervisor\.v\d{1,3}")
LONGEST = 16 * 1024  # bytes of one message
MOST, WITHIN = 60, 10.0  # messages in seconds
PAID = 64 * 1024  # bytes: an ack of so much is not counted, what was sent is its measure
BAD, OTHER_VERSION, LARGE, TOO_MANY = 4400, 4409, 4413, 4429
log = logging.getLogger(__name__)


class Hangup(Exception):
    """Close the socket with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class DeskConsumer(AsyncWebsocketConsumer):
    desk: Desk | None = None
    sender: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Channels' own would make two tasks for each message, because it waits for a mailbox as well."""
        self.scope, self.base_send = scope, send
        try:
            while True:
                await self.dispatch(await receive())
                await asyncio.sleep(0)  # who says much at once keeps nobody else waiting
        except StopConsumer:
            pass
        finally:  # however it ended, nothing of it stays
            if self.desk is not None:
                hub.leave(self.desk)
            if self.sender is not None:
                self.sender.cancel()

    async def dispatch(self, message: dict[str, Any]) -> None:
        """Channels' own closes database connections first, by one thread for all sockets; no socket here has any."""
        await getattr(self, message["type"].replace(".", "_"))(message)

    async def connect(self) -> None:
        headers = {name: value.decode("latin-1") for name, value in self.scope["headers"]}
        offered = [name for name in self.scope["subprotocols"] if ANY_VERSION.fullmatch(name)]
        if not came_from_us(headers.get(b"origin")) or not offered:
            return await self.close()  # before accept: the browser gets a 403
        await tail.ensure_started()
        key = parse_cookie(headers.get(b"cookie", "")).get(settings.SESSION_COOKIE_NAME, "")
        try:
            rights = (await watch.read([key])).get(key)
        except Exception as error:  # noqa: BLE001  the database's: who this is cannot be known now
            log.warning("A desk was refused, rights cannot be read: %s", error)
            rights = None
        if rights is None or not rights.watched:
            return await self.close()
        if PROTOCOL not in offered:  # a page from before the upgrade: it asks its reader to load it anew
            await self.accept(offered[0])
            return await self.close(OTHER_VERSION)
        await self.accept(PROTOCOL)
        if not hub.room_for(rights):
            return await self.close(TOO_MANY)
        self.outbox: asyncio.Queue[str | int] = asyncio.Queue()
        self.heard: deque[float] = deque(maxlen=MOST)
        self.sender = asyncio.create_task(self._send_what_waits())
        self.desk = Desk(self.outbox.put_nowait, self._hang_up, key, rights, hub.clock())
        hub.enter(self.desk, frames.moment(timezone.now()) or "")

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.desk is None or self.desk not in hub.desks:
            return  # being closed
        try:
            await self._answer(self.desk, self._understand(text_data))
        except Hangup as hangup:
            self._hang_up(hangup.code)

    def _understand(self, text: str | None) -> dict[str, Any]:
        now = time.monotonic()
        if len(self.heard) == MOST and now - self.heard[0] < WITHIN:
            raise Hangup(TOO_MANY)
        self.heard.append(now)
        if text is None:
            raise Hangup(BAD)
        if len(text.encode()) > LONGEST:
            raise Hangup(LARGE)
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            raise Hangup(BAD) from None
        if not isinstance(message, dict):
            raise Hangup(BAD)
        return message

    async def _answer(self, desk: Desk, message: dict[str, Any]) -> None:
        match message:
            case {"op": "ack", "n": int(n)} if desk.acked <= n <= desk.n and not isinstance(n, bool):
                if hub.acked(desk, n) >= PAID:
                    self.heard.pop()
            case {"op": "ping", "id": int(number)} if abs(number) < 2**53:
                desk.say(frames.message("pong", id=number), now=hub.clock())
            case {"op": "sync", "epoch": epoch, "revision": revision, "rights": rights}:
                await self._resume(desk, epoch, revision, rights)
            case _:
                raise Hangup(BAD)

    async def _resume(self, desk: Desk, epoch: Any, revision: Any, rights: Any) -> None:
        if rights != desk.rights.digest and not await self._agree(desk, rights):
            return
        if type(revision) is not int or revision < 0:
            return hub.reload(desk, "ring")
        if epoch == hub.mirror.epoch and revision > hub.mirror.revision:
            with contextlib.suppress(Exception):  # the database's; `ahead` is the honest answer then
                await tail.read_now(at_least=revision)
        hub.sync(desk, epoch, revision)

    async def _agree(self, desk: Desk, rights: Any) -> bool:
        """The page may know newer rights than this socket: read them before saying no."""
        known = desk.rights
        try:
            fresh = (await watch.read([desk.session_key])).get(desk.session_key)
        except Exception as error:  # noqa: BLE001  the database's: the page has to come again
            log.warning("Rights cannot be read: %s", error)
            fresh = known
        if desk not in hub.desks:
            return False  # closed meanwhile
        if fresh is not None and fresh.digest == rights and fresh.secret == known.secret:
            if fresh.digest != desk.rights.digest:
                hub.change_rights(desk, fresh)
            return True
        now = desk.rights
        hub.regard(desk, fresh)
        if desk in hub.desks and desk.rights is now:
            hub.reload(desk, "rights")
        return False

    def _hang_up(self, code: int) -> None:
        """Close from anywhere. Out of the hub at once; the code goes out as soon as the browser reads."""
        if self.desk is not None and self.desk in hub.desks:
            hub.leave(self.desk)
            while not self.outbox.empty():
                self.outbox.get_nowait()
            self.outbox.put_nowait(code)

    async def _send_what_waits(self) -> None:
        try:
            while not isinstance(item := await self.outbox.get(), int):
                await self.base_send({"type": "websocket.send", "text": item})
            await self.close(item)
        except Exception as error:  # noqa: BLE001  each server has its own for "the browser has gone"
            log.debug("A desk has gone: %s", error)


def came_from_us(origin: str | None) -> bool:
    """Whole origins only (scheme, host and port), compared as browsers write them; no header decides what ours is."""
    return origin is not None and origin.lower() in {allowed.rstrip("/").lower() for allowed in settings.DESK_ORIGINS}
