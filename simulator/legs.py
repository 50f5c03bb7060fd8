"""What happens to a leg, whoever made it: it is dialled, rings, is answered, ends; and what is reported of that."""

import asyncio
from dataclasses import replace

from . import recordings
from .calls import Call
from .chance import between
from .clock import iso, rfc2822
from .conversation import Conversation
from .exchange import Exchange
from .line import HangUp, Line
from .parameters import STATUS_OF_EVENT, about, ending
from .people import Manner, Person

# https://www.twilio.com/docs/voice/twiml/dial: "a 5-second buffer is always added to the timeout".
RING_BUFFER = 5.0


def new_line(exchange: Exchange) -> Line:
    return Line(exchange.clock)


def seat_person(exchange: Exchange, call: Call, manner: Manner, role: str) -> None:
    call.person = Person(manner, exchange.clock, lambda: hang_up(exchange, call, by=role))
    call.persona = manner.persona
    if manner.conversation or manner.greets:
        call.person.conversation = Conversation(exchange, call, manner.conversation)


async def ring_out(exchange: Exchange, call: Call, ring_seconds: float) -> str:
    """Dials the callee and waits for what they do: `answered`, or the final status of a call that was not."""
    call.status = "initiated"
    call.started_at = exchange.clock.now()
    report(exchange, call, "initiated")
    manner = exchange.manner_of_callee(call)
    call.persona = manner.persona
    await call.line.hold(seconds=between(call.dice, exchange.settings.timing.dialling))
    if manner.answer == "unreachable":
        call.sip_code = 404
        return "failed"
    call.status = "ringing"
    call.ringing_at = exchange.clock.now()
    if manner.answer == "busy":
        call.sip_code = 486
        return "busy"
    report(exchange, call, "ringing")
    patience = ring_seconds + RING_BUFFER
    if manner.answer == "by-hand":
        manner = replace(manner, answer=await _by_hand(call, patience), after=0.0)
        if manner.answer == "no-answer":
            call.sip_code = 487
            return "no-answer"
    if manner.answer == "no-answer" or manner.after >= patience:
        await call.line.hold(seconds=patience)
        call.sip_code = 487
        return "no-answer"
    await call.line.hold(seconds=manner.after)
    if manner.answer == "rejects":
        call.sip_code = 603
        return "busy"
    if manner.one_call and exchange.talks_elsewhere(call):
        # Both rang before either was taken: the telephone that has a call says no to the other.
        call.sip_code = 486
        return "busy"
    seat_person(exchange, call, manner, "callee")
    answer(exchange, call)
    assert call.person is not None  # noqa: S101 - seated above
    call.person.begin()
    if manner.greets and call.person.conversation is not None:
        call.person.conversation.greet(manner.greets)
    return "answered"


async def _by_hand(call: Call, patience: float) -> str:
    """Rings until a person has decided."""
    call.decision = asyncio.get_running_loop().create_future()
    try:
        return await call.line.hold(call.decision, seconds=patience) or "no-answer"
    finally:
        call.decision = None


def decide(call: Call, answer: str) -> bool:
    """`answers` or `rejects`, by a person; False if the leg does not ring by hand."""
    if call.decision is None or call.decision.done():
        return False
    call.decision.set_result(answer)
    return True


async def send_digits(exchange: Exchange, call: Call) -> None:
    """Keys that are pressed for the caller once the callee has answered: half a second each, W is a whole one.

    Source: https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource (SendDigits)
    """
    if call.send_digits:
        call.heard.append({"verb": "SendDigits", "text": call.send_digits, "at": iso(exchange.clock.now())})
        await call.line.hold(seconds=sum(1.0 if key == "W" else 0.5 for key in call.send_digits))


def answer(exchange: Exchange, call: Call) -> None:
    if call.answered_at is not None or call.over:
        return
    call.status = "in-progress"
    call.answered_at = exchange.clock.now()
    call.settled.set()
    report(exchange, call, "answered")
    limit(exchange, call)


def limit(exchange: Exchange, call: Call) -> None:
    """Lets the call last so long and no longer, counted from the answer: a duration of the call."""
    if call.time_limit_timer is not None:
        call.time_limit_timer.cancel()
    lasted = (exchange.clock.now() - call.answered_at).total_seconds() if call.answered_at else 0.0
    call.time_limit_timer = exchange.later(max(0.0, call.time_limit - lasted), hang_up, exchange, call, "time-limit")


def hang_up(exchange: Exchange, call: Call, by: str, status: str | None = None) -> None:
    if not call.over:
        call.line.interrupt(HangUp(by, status))


def finish(exchange: Exchange, call: Call, why: HangUp) -> None:
    """The end of a leg, at once. Nothing happens to one that has ended."""
    if call.over:
        return
    call.ended_at = exchange.clock.now()
    call.ended_by = why.by
    call.status = why.status or _natural_end(exchange, call)
    if call.status == "canceled":
        call.sip_code = 487
    exchange.live.pop(call.sid, None)
    call.settled.set()
    # An application that does not even answer is no hang-up: whoever waits for it hears what it was.
    if call.far_end is not None and (call.answered_at is not None or call.direction != "inbound"):
        hang_up(exchange, call.far_end, by="far end")
    if call.time_limit_timer is not None:
        call.time_limit_timer.cancel()
    if call.person is not None:
        call.person.gone()
    recordings.stop_all(exchange, call)
    for fork in [*call.forks]:
        fork.stop()
    report(exchange, call, "completed")
    _report_to_number(exchange, call)


def report(exchange: Exchange, call: Call, event: str) -> None:
    """Emits one progress callback, if the leg's creator asked for it. SequenceNumber counts only what was emitted."""
    call.updated_at = exchange.clock.now()
    plan = call.callback
    if plan is None or event not in plan.events:
        return
    params = about(call, exchange.settings.account_sid)
    params = [(name, STATUS_OF_EVENT.get(event, value) if name == "CallStatus" else value) for name, value in params]
    params += _order_marks(exchange, call)
    if call.queue_seconds:
        params.append(("QueueTime", str(round(call.queue_seconds * 1000))))
    if event in ("ringing", "answered") and call.direction.startswith("outbound") and call.from_.startswith("+"):
        params.append(("StirStatus", "A"))
    if event == "completed":
        params += [*_ending(exchange, call), ("SipResponseCode", str(call.sip_code))]
    exchange.post.tell(call.sid, "call-progress", plan.url, plan.method, params)


def _report_to_number(exchange: Exchange, call: Call) -> None:
    """An incoming number's StatusCallback is requested once, at the call's end."""
    if call.direction != "inbound":
        return
    owners = [call.application, exchange.who_answers(call.number) if call.number else None, call.number]
    owner = next((owner for owner in owners if owner is not None and owner.status_callback), None)
    if owner is None:
        return
    params = about(call, exchange.settings.account_sid) + _ending(exchange, call)
    if exchange.settings.choices.inbound_callback_is_progress:
        params += [*_order_marks(exchange, call), ("SipResponseCode", str(call.sip_code))]
    exchange.post.tell(call.sid, "number-status", owner.status_callback, owner.status_callback_method, params)


def _ending(exchange: Exchange, call: Call) -> list[tuple[str, str]]:
    recorded = recordings.params(exchange, call.recording) if call.recording else []
    answered_by = [("AnsweredBy", call.answered_by)] if call.answered_by else []
    return [*ending(call), *recorded, *answered_by]


def _order_marks(exchange: Exchange, call: Call) -> list[tuple[str, str]]:
    sequence, call.sequence = call.sequence, call.sequence + 1
    return [
        ("CallbackSource", "call-progress-events"),
        ("SequenceNumber", str(sequence)),
        ("Timestamp", rfc2822(exchange.clock.now()) or ""),
    ]


def _natural_end(exchange: Exchange, call: Call) -> str:
    if call.answered_at is not None:
        return "completed"
    return exchange.settings.choices.abandoned_parent_status if call.direction == "inbound" else "canceled"
