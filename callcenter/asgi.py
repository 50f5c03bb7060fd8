"""What any ASGI server runs: `callcenter.asgi:application`."""

import asyncio
import gc
import os
import sys

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")
django_application = get_asgi_application()

from calls.desk.board import asks_for_board, hot_board  # noqa: E402  (needs the apps)
from calls.intake.doors import hot, hot_door  # noqa: E402
from calls.intake.reconcile import healer  # noqa: E402
from calls.intake.writer import writer  # noqa: E402
from calls.live.consumers import DeskConsumer  # noqa: E402
from calls.live.tail import tail  # noqa: E402

desk_socket = DeskConsumer.as_asgi()


# Seconds that one thread may compute while another waits: at Python's own 5 ms the doors and the writer, who both wait
# for others all the time, get each other's leavings (measured: a fifth more callbacks a second).
sys.setswitchinterval(0.0005)


async def application(scope, receive, send):  # type: ignore[no-untyped-def]
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["type"] == "websocket":
        if scope["path"] == "/ws/desk/":
            await desk_socket({**scope, "path_remaining": ""}, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})
    elif door := hot_door(scope):
        await hot(door, scope, receive, send)
    elif asks_for_board(scope):
        await hot_board(scope, send)
    else:
        await django_application(scope, receive, send)


async def lifespan(receive, send):  # type: ignore[no-untyped-def]
    """Writer, tail and healer live as long as the server; what waits for the writer is committed before we go."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            # What the server is made of stays: the collector need not walk through it again and again.
            gc.freeze()
            gc.set_threshold(20_000, 20, 20)
            writer.ensure_started()
            await tail.ensure_started()
            healer.ensure_started()
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await asyncio.to_thread(healer.stop)
            writer.flush(seconds=5)
            await tail.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return
