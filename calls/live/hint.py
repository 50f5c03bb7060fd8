"""Hints: "the board moved". They carry no truth; the tail reads the board anyway. The only sender on the layer."""

import asyncio
import logging
import threading
from collections.abc import Callable

from channels.layers import get_channel_layer
from django.db import transaction

GROUP = "livedesk.board"
log = logging.getLogger(__name__)
_lock = threading.Lock()


class Listener:
    """The tail of one loop: woken by whoever moves the board in this process; passes the news on to the others."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
        self.loop, self.wake = loop, wake
        self.revision = 0
        self.telling: asyncio.Task[None] | None = None

    def hear(self, revision: int) -> None:
        self.wake()
        self.revision = revision
        if self.telling is None or self.telling.done():
            self.telling = self.loop.create_task(self.tell_others())

    async def tell_others(self) -> None:
        """One at a time and the latest only: a layer that hangs must not gather a task for every commit."""
        told = None
        while told != self.revision:
            told = self.revision
            try:
                await get_channel_layer().group_send(GROUP, {"type": "board.moved", "revision": told})
            except Exception as error:  # noqa: BLE001  whatever the layer's transport raises: the board moved all the same
                log.debug("The channel layer did not take a hint: %s", error)


_listeners: list[Listener] = []


def listen(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> Callable[[], None]:
    """Have `wake` called on `loop` whenever this process moved the board. Returns what ends it."""
    listener = Listener(loop, wake)
    with _lock:
        _listeners.append(listener)

    def stop() -> None:
        with _lock:
            if listener in _listeners:
                _listeners.remove(listener)

    return stop


def publish_on_commit(revision: int | None) -> None:
    """After the commit tell this process and the others. A lost hint costs half a second, never truth."""
    if revision is not None:
        transaction.on_commit(lambda: publish(revision), robust=True)


def publish(revision: int) -> None:
    """Wake the tail of this process and, from its loop, those of the others. Called from any thread."""
    with _lock:
        listeners = list(_listeners)
    for listener in listeners:
        try:
            listener.loop.call_soon_threadsafe(listener.hear, revision)
        except RuntimeError:  # the loop has closed: its tail is gone as well
            log.debug("A listener's loop has closed.")


async def layer_answers() -> bool:
    """Whether the channel layer takes a message; to a group without members, so that nothing is left behind."""
    try:
        await get_channel_layer().group_send(f"{GROUP}.asked", {"type": "board.asked"})
    except Exception:  # noqa: BLE001  whatever the layer's transport raises
        return False
    return True
