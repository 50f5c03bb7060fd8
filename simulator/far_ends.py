"""A leg that leads to a TwiML application: at its far end is a call of its own, which performs the application's TwiML.

The application sees an inbound call from whoever is put through; what is said and keyed on one end is heard on the
other, and when one ends so does the other. Source: https://www.twilio.com/docs/voice/twiml/dial/application
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from .calls import Application, Call
from .chance import between, new_sid
from .exchange import Exchange
from .legs import RING_BUFFER, answer, hang_up, new_line, report
from .line import Source

SCHEME = "app:"
Live = Callable[[Exchange, Call, Source], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Destination:
    """`sid` of the application, `to` as it is told, and further parameters of the request for its document."""

    sid: str
    to: str
    parameters: tuple[tuple[str, str], ...] = ()


def destination(address: str) -> Destination:
    """Reads app:AP…?name=value&… as a participant's To has it."""
    sid, _, query = address.removeprefix(SCHEME).partition("?")
    return Destination(sid, sid, tuple(parse_qsl(query, keep_blank_values=True)))


async def put_through(exchange: Exchange, call: Call, where: Destination, ring_seconds: float, live: Live) -> str:
    """`answered` once the application's TwiML has answered, or the final status of a call that it did not."""
    call.status, call.started_at = "initiated", exchange.clock.now()
    report(exchange, call, "initiated")
    await call.line.hold(seconds=between(call.dice, exchange.settings.timing.dialling))
    application = exchange.applications.get(where.sid)
    if application is None:
        call.sip_code = 404
        return "failed"
    call.status, call.ringing_at = "ringing", exchange.clock.now()
    report(exchange, call, "ringing")
    far = _far_call(exchange, call, application, where)
    exchange.spawn(live(exchange, far, Source(application.voice_url, application.voice_method, extra=where.parameters)))
    settled = await call.line.hold(far.settled.wait(), seconds=ring_seconds + RING_BUFFER)
    if not settled or far.answered_at is None:
        hang_up(exchange, far, by="caller")
        call.sip_code = 486 if far.status == "busy" else 487
        return "busy" if far.status == "busy" else "no-answer"
    answer(exchange, call)
    return "answered"


def _far_call(exchange: Exchange, call: Call, application: Application, where: Destination) -> Call:
    far = Call(
        sid=new_sid("CA", call.dice),
        direction="inbound",
        from_=call.from_,
        to=where.to,
        dice=exchange.chance.dice("far", call.sid),
        line=new_line(exchange),
        created_at=exchange.clock.now(),
        status="ringing",
        application=application,
    )
    far.started_at = far.ringing_at = far.created_at
    if application.voice_fallback_url:
        far.fallback = Source(application.voice_fallback_url, application.voice_fallback_method)
    exchange.add(far)
    far.far_end, call.far_end = call, far
    return far
