"""Hints: "the board moved". They carry no truth; the tail reads the board anyway. The only sender on the layer."""

import asyncio
import logging
import threading
from collections.abc import Callable

from channels.layers import get_channel_layer
from django.db import transaction

GROUP = "livedesk.board"
log = logging.getLogger(__name__)
_listeners: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []
_lock = threading.Lock()


def listen(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> Callable[[], None]:
    """Have `wake` called on `loop` whenever this process moved the board. Returns what ends it."""
    entry = (loop, wake)
    with _lock:
        _listeners.append(entry)

    def stop() -> None:
        with _lock:
            if entry in _listeners:
                _listeners.remove(entry)

    return stop


def publish_on_commit(revision: int | None) -> None:
    """After the commit tell this process and the others. A lost hint costs half a second, never truth."""
    if revision is not None:
        transaction.on_commit(lambda: publish(revision), robust=True)


def publish(revision: int) -> None:
    """Wake the tail of this process and, from its loop, those of the others. Called from any thread."""
    with _lock:
        listeners = list(_listeners)
    for loop, wake in listeners:
        try:
            loop.call_soon_threadsafe(_told, loop, wake, revision)
        except RuntimeError:  # the loop has closed: its tail is gone as well
            log.debug("A listener's loop has closed.")


def _told(loop: asyncio.AbstractEventLoop, wake: Callable[[], None], revision: int) -> None:
    wake()
    _tasks.add(task := loop.create_task(_tell_others(revision)))
    task.add_done_callback(_tasks.discard)


_tasks: set[asyncio.Task[None]] = set()


async def _tell_others(revision: int) -> None:
    layer = get_channel_layer()
    try:
        await layer.group_send(GROUP, {"type": "board.moved", "revision": revision})
    except Exception as error:  # noqa: BLE001  whatever the layer's transport raises: the board moved all the same
        log.debug("The channel layer did not take a hint: %s", error)


async def layer_answers() -> bool:
    layer = get_channel_layer()
    try:
        await layer.send(await layer.new_channel(), {"type": "board.asked"})
    except Exception:  # noqa: BLE001  whatever the layer's transport raises
        return False
    return True
