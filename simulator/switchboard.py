"""Making and changing calls: what a caller's dialling, or a REST request, sets off."""

from dataclasses import dataclass, replace
from random import Random

from . import amd, conferences, far_ends, recordings
from .amd import Detection
from .calls import Application, Call, CallbackPlan, Number
from .chance import new_sid
from .conferences import Conference, Seat
from .errors import Refused
from .exchange import Exchange
from .legs import finish, hang_up, new_line, ring_out, seat_person, send_digits
from .line import HangUp, Interrupted, Redirect, Source
from .machine import live
from .people import Manner
from .recordings import RecordingPlan

# Calls that would have to wait for more than a day are not taken (22005).
LONGEST_QUEUE = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Order:
    """A call to be made for a REST request."""

    to: str
    from_: str
    timeout: float = 60.0
    time_limit: float = 14_400.0
    callback: CallbackPlan | None = None
    fallback: Source | None = None
    send_digits: str = ""
    record: RecordingPlan | None = None
    detection: Detection | None = None


def ring_in(exchange: Exchange, *, caller: str, number: Number, manner: Manner, dice: Random) -> Call:
    """Somebody calls one of the account's numbers, whose voice URL says what they get."""
    call = _new_call(exchange, "inbound", caller, number.phone_number, dice)
    call.status = "ringing"
    call.number = number
    call.started_at = call.ringing_at = call.created_at
    answers = exchange.who_answers(number)
    if answers is not None and answers.voice_fallback_url:
        call.fallback = Source(answers.voice_fallback_url, answers.voice_fallback_method)
    seat_person(exchange, call, manner, "caller")
    assert call.person is not None  # noqa: S101 - seated above
    call.person.begin()
    source = Source(answers.voice_url, answers.voice_method) if answers is not None else Source()
    exchange.spawn(live(exchange, call, source))
    return call


def ring_application(
    exchange: Exchange,
    *,
    caller: str,
    application: Application,
    manner: Manner,
    dice: Random,
    parameters: tuple[tuple[str, str], ...] = (),
) -> Call:
    """A Voice SDK client connects: its TwiML application says what it gets, told of the client's own parameters.

    Source: https://www.twilio.com/docs/voice/sdks/javascript/twiliodevice#deviceconnectconnectoptions
    """
    call = _new_call(exchange, "inbound", caller, dict(parameters).get("To", ""), dice)
    call.status, call.application = "ringing", application
    call.started_at = call.ringing_at = call.created_at
    if application.voice_fallback_url:
        call.fallback = Source(application.voice_fallback_url, application.voice_fallback_method)
    seat_person(exchange, call, manner, "caller")
    assert call.person is not None  # noqa: S101 - seated above
    call.person.begin()
    # A parameter cannot pass itself off as one of Twilio's own; To is the client's word anyway.
    extra = tuple((name, value) for name, value in parameters if name != "To")
    source = Source(application.voice_url, application.voice_method, extra=extra)
    exchange.spawn(live(exchange, call, source))
    return call


def ring_for(exchange: Exchange, order: Order, source: Source) -> Call:
    """POST /Calls: the callee is rung first, and the document is fetched when they answer."""
    call = _ordered(exchange, order)
    exchange.spawn(_api_life(exchange, call, order, source))
    return call


def invite(exchange: Exchange, order: Order, seat_for: "Invitation") -> Seat:
    """POST /Participants: the callee is rung and enters the conference when they answer."""
    call = _ordered(exchange, order)
    seat = Seat(call, seat_for.conference, exchange.clock.now(), added_by_api=True, **seat_for.manners)  # type: ignore[arg-type]
    seat.conference.invited[call.sid] = seat
    exchange.spawn(_participant_life(exchange, seat, order))
    return seat


@dataclass(frozen=True, slots=True)
class Invitation:
    """A place kept in a conference; `manners` are fields of Seat: label, muted, starts, ends …"""

    conference: Conference
    manners: dict[str, object]


def redirect(exchange: Exchange, call: Call, source: Source) -> None:
    """The request is answered now and acted on a moment later. Raises Refused (21220) if the call cannot be redirected.

    Source: https://www.twilio.com/docs/voice/tutorials/how-to-modify-calls-in-progress
    """
    choices = exchange.settings.choices
    if call.direction == "outbound-api" and call.answered_at is None and not call.over:
        if not choices.redirect_ringing_outbound:
            raise Refused(21220)
        call.instead = source  # for when they answer
        return
    rings_in = call.status == "ringing" and call.direction == "inbound" and choices.redirect_ringing_inbound
    if call.status != "in-progress" and not rings_in:
        raise Refused(21220)
    exchange.later(exchange.settings.timing.update_noticed, call.line.interrupt, Redirect(source))


def end(exchange: Exchange, call: Call, status: str) -> None:
    """`completed` ends any live call; `canceled` only one that has not been answered, and leaves others alone."""
    choices = exchange.settings.choices
    if call.over:
        if choices.update_ended == "21220":
            raise Refused(21220, words="Call is not in-progress. Cannot end.")
        return
    if status == "canceled" and call.status == "in-progress":
        if choices.cancel_in_progress == "21220":
            raise Refused(21220, words="Call is in-progress. Cannot cancel.")
        return
    final = "canceled" if call.answered_at is None else None
    exchange.later(exchange.settings.timing.update_noticed, hang_up, exchange, call, "api", final)


def _new_call(exchange: Exchange, direction: str, from_: str, to: str, dice: Random) -> Call:
    call = Call(
        sid=new_sid("CA", dice),
        direction=direction,
        from_=from_,
        to=to,
        dice=dice,
        line=new_line(exchange),
        created_at=exchange.clock.now(),
    )
    exchange.add(call)
    return call


def _ordered(exchange: Exchange, order: Order) -> Call:
    if exchange.seconds_to_dial() > LONGEST_QUEUE:
        raise Refused(22005)
    dice = exchange.chance.dice("api", exchange.count("api"))
    call = _new_call(exchange, "outbound-api", order.from_, order.to, dice)
    call.callback, call.fallback = order.callback, order.fallback
    call.time_limit, call.send_digits = order.time_limit, order.send_digits
    call.number = exchange.number(order.from_)
    return call


async def _rung(exchange: Exchange, call: Call, order: Order) -> str:
    call.queue_seconds = await call.line.hold(exchange.wait_to_dial()) or 0.0
    if order.to.startswith(far_ends.SCHEME):
        where = far_ends.destination(order.to)
        status = await far_ends.put_through(exchange, call, where, order.timeout, live)
    else:
        status = await ring_out(exchange, call, order.timeout)
    if status == "answered" and order.record is not None:
        call.recording = recordings.start(exchange, call, order.record)
    if status == "answered" and order.detection is not None and order.detection.asynchronous:
        amd.detect_beside(exchange, call, order.detection)
    return status


async def _api_life(exchange: Exchange, call: Call, order: Order, source: Source) -> None:
    try:
        status = await _rung(exchange, call, order)
        if status == "answered":
            source = await _prepared(exchange, call, order, source)
    except Interrupted as interrupted:
        if isinstance(interrupted.why, Redirect):
            await live(exchange, call, interrupted.why.source)
        elif isinstance(interrupted.why, HangUp):
            finish(exchange, call, interrupted.why)
        return
    if status == "answered":
        await live(exchange, call, call.instead or source)
    else:
        finish(exchange, call, HangUp("callee", status))


async def _prepared(exchange: Exchange, call: Call, order: Order, source: Source) -> Source:
    """Before the callee hears anything: keys are pressed, and who answered is found out and told."""
    await send_digits(exchange, call)
    if order.detection is None or order.detection.asynchronous:
        return source
    return replace(source, extra=(*source.extra, *await amd.detect(exchange, call, order.detection)))


async def _participant_life(exchange: Exchange, seat: Seat, order: Order) -> None:
    call = seat.call
    try:
        status = await _rung(exchange, call, order)
        if status == "answered" and not seat.left.done():
            conferences.enter(exchange, seat)
            await call.line.hold(seat.until_left())
            finish(exchange, call, HangUp("conference"))
        else:
            finish(exchange, call, HangUp("callee", None if status == "answered" else status))
    except Interrupted as interrupted:
        if isinstance(interrupted.why, Redirect):
            conferences.leave(exchange, seat, "participant_updated_via_api")
            await live(exchange, call, interrupted.why.source)
            return
        if isinstance(interrupted.why, HangUp):
            finish(exchange, call, interrupted.why)
    conferences.leave(exchange, seat, "participant_hung_up" if seat.joined else "participant_add_failed")
