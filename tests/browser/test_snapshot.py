"""A snapshot of several hundred calls as Chromium reads it: pieces that were packed at different times, in one body."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.async_api import Browser

from calls.live.hub import Hub
from calls.live.mirror import Mirror
from tests.live.floor import AUDIENCES, Clock, Floor, fresh
from tests.live.reducer import whole

pytestmark = pytest.mark.asyncio
READ = "fetch('/board').then((answer) => answer.json())"


class Waiter(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        board = self.path == "/board"
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if board else "text/html")
        if board:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(self.body if board else b"<!doctype html>")

    def log_message(self, format: str, *values: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Waiter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


async def test_a_browser_reads_what_was_put_together_from_pieces(browser: Browser, address: str, rng):
    floor, hub = Floor(rng), Hub(Mirror(), Clock())
    for _ in range(700):
        floor.begin()
    hub.mirror.start("k3fq", floor.revision, floor.cards())
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(address)
    for audience in (AUDIENCES[4], AUDIENCES[5], AUDIENCES[7]):  # numbers masked, in full; a team without calls
        for _ in range(3):
            Waiter.body = hub.picture(audience).gzipped()
            shown = await page.evaluate(READ)
            assert {call["id"]: whole(call) for call in shown["calls"]} == fresh(floor, audience)
            assert (shown["epoch"], shown["revision"]) == ("k3fq", hub.crowds[audience].position)
            for _ in range(5):
                floor.change()
            hub.tell(hub.mirror.apply(floor.revision, floor.cards(after=hub.mirror.revision)))
    await context.close()
