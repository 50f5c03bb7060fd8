"""A small application that uses most of what a call can do, and answers the same to the same question.

As a function for a rehearsal, and as a program (python -m tests.simulator.desk) that costs as little as it can.
"""

import asyncio
from urllib.parse import parse_qsl, urlsplit

from simulator.rehearsal import Asked

EVENTS = 'statusCallback="/status/" statusCallbackEvent="initiated ringing answered completed"'
ROOM = 'statusCallback="/conference/" statusCallbackEvent="start end join leave hold mute" waitUrl="/music/"'
PLAIN = {
    "/voice/": """<Gather numDigits="1" action="/menu/" timeout="3"><Say>Press one, two or three.</Say></Gather>
        <Redirect>/menu/</Redirect>""",
    "/number/": f'<Dial action="/after/" timeout="15"><Number {EVENTS}>+14155550188</Number></Dial>',
    "/agents/": f"""<Dial action="/after/"><Client {EVENTS} url="/whisper/">dana</Client>
        <Client {EVENTS}>wes</Client></Dial>""",
    "/queue/": '<Enqueue waitUrl="/music/" action="/after/">billing</Enqueue>',
    "/record/": '<Record action="/after/" recordingStatusCallback="/recording/" maxLength="20"/>',
    "/music/": "<Play>/music.mp3</Play><Pause length='20'/>",
    "/whisper/": "<Say>A caller for you.</Say>",
    "/after/": "<Say>Goodbye.</Say>",
}


def rehearsed(asked: Asked) -> str:
    path = urlsplit(asked.url).path
    return answer(path, asked.form if path == "/menu/" else {})


def answer(path: str, form: dict[str, str]) -> str:
    """TwiML, or nothing to a report."""
    if path == "/menu/":
        place = int(form["From"][-2:])
        if form.get("Digits") == "1":
            return answer("/number/" if place % 2 else "/agents/", form)
        if form.get("Digits") == "2":
            return (
                f"<Response><Dial action='/after/'><Conference {ROOM}>room {place % 7}</Conference></Dial></Response>"
            )
        return answer("/queue/" if place % 3 else "/record/", form)
    return f"<Response>{PLAIN[path]}</Response>" if path in PLAIN else ""


class Bare(asyncio.Protocol):
    """One request a connection, and no more of HTTP than that needs."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.came = transport, b""

    def data_received(self, piece: bytes) -> None:
        self.came += piece
        head, found, body = self.came.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        if not found or len(body) < int(length or 0):
            return
        path = urlsplit(head.split(b" ", 2)[1].decode()).path
        said = answer(path, dict(parse_qsl(body.decode())) if path == "/menu/" else {}).encode()
        status = b"200 OK" if said else b"204 No Content"
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: text/xml\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b"
            % (status, len(said), said)
        )
        self.transport.close()


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        from uvloop import run
    except ImportError:
        from asyncio import run
    run(serve())
