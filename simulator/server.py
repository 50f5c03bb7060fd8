"""Serving the simulator on a socket."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from .app import Simulator
from .clock import Clock, clock_for
from .exchange import Exchange
from .from_json import WrongSetting
from .settings import Settings
from .web import Receive, Scope, Send


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handling, which re-raises what it caught: we end with a plain exit code."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Protocol(AutoHTTPProtocol):
    """Shows the application its connection, which ASGI does not: some answers are to break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        app = self.app

        async def app_on_connection(scope: Scope, receive: Receive, send: Send) -> None:
            await app({**scope, "connection": transport}, receive, send)

        self.app = app_on_connection


def listen(host: str, port: int) -> socket.socket:
    """Raises WrongSetting if the address is taken or not ours. Port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends each write at once; without, a client waits 40 ms for the second one.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise WrongSetting(f"Cannot listen on {host}:{port}: {error.strerror or error}.") from None
    return listening


def run(
    settings: Settings,
    listening: socket.socket,
    *,
    on_stop: Callable[[Callable[[], None]], None],
    on_over: Callable[[Exchange], None] = lambda exchange: None,
) -> None:
    """Serves until told to stop; `on_stop` is given the function that tells it.

    `on_over` is shown a run that has lasted as long as it is to last.
    """
    clock = clock_for(settings.speed, settings.start)
    with asyncio.Runner(loop_factory=clock.new_loop) as runner:
        runner.run(_serve(settings, clock, listening, on_stop, on_over))


def run_until_signalled(
    settings: Settings, listening: socket.socket, on_over: Callable[[Exchange], None] = lambda exchange: None
) -> None:
    """Serves until SIGINT or SIGTERM."""

    def stop_on_signals(stop: Callable[[], None]) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop)

    run(settings, listening, on_stop=stop_on_signals, on_over=on_over)


async def _serve(
    settings: Settings,
    clock: Clock,
    listening: socket.socket,
    on_stop: Callable[[Callable[[], None]], None],
    on_over: Callable[[Exchange], None],
) -> None:
    if not settings.base_url:
        host, port = listening.getsockname()[:2]
        settings.base_url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def stop() -> None:
        server.should_exit = True

    def over(exchange: Exchange) -> None:
        on_over(exchange)
        stop()

    config = uvicorn.Config(
        Simulator(settings, clock, over=over),
        log_level="warning",
        lifespan="on",
        http=_Protocol,
        ws="none",
        timeout_keep_alive=75,
        access_log=False,
        date_header=False,  # the REST API's own may be wrong
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    on_stop(stop)
    await server.serve(sockets=[listening])
