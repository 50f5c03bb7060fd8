"""<Enqueue> and <Leave>: the caller waits, hears the wait document again and again, and is taken out.

Source: https://www.twilio.com/docs/voice/twiml/enqueue
"""

import asyncio

from .. import queues
from ..legs import answer
from ..line import Connect, HangUp, Interrupted
from ..queues import Bridge, Member
from ..stage import Next, Stage, Step
from ..twiml import TwimlError, Verb
from .after import Params, after, taken_away

WHISPER = frozenset({"Play", "Say", "Pause", "Redirect"})
ALLOWED = frozenset({"Play", "Say", "Pause", "Hangup", "Redirect", "Leave", "Gather"})


async def enqueue(stage: Stage, verb: Verb) -> Step:
    exchange, call = stage.exchange, stage.call
    answer(exchange, call)
    name = verb.get("workflowSid") or verb.text
    if not 0 < len(name) <= queues.LONGEST_NAME:
        stage.note(14205 if name else 14204, name)
        return after(stage, verb, [("QueueResult", "error")])
    size = int(verb.number("maxQueueSize", queues.USUAL_SIZE))
    queue = queues.find(exchange, name) or queues.create(exchange, name, size)
    member = queues.enter(exchange, queue, call)
    if member is None:
        stage.note(14207, name)
        return after(stage, verb, [("QueueResult", "queue-full"), ("QueueSid", queue.sid), ("QueueTime", "0")])
    try:
        result = await _wait(stage, verb, member)
        call.line.check()
    except Interrupted as interrupted:
        queues.leave(exchange, member)
        if isinstance(interrupted.why, Connect):
            result = await _talk(stage, verb, interrupted.why.bridge)
        else:
            if member.bridge is not None:
                member.bridge.end(exchange, "queued")
            hung_up, redirected = _told(stage, member, "hangup"), _told(stage, member, "redirected")
            await taken_away(stage, verb, interrupted.why, hung_up=hung_up, redirected=redirected)
            raise
    queues.leave(exchange, member)
    if result == "hangup":
        await taken_away(stage, verb, HangUp("twiml"), hung_up=_told(stage, member, result), redirected=[])
        return Next.HANG_UP
    return after(stage, verb, _told(stage, member, result))


async def leave(stage: Stage, verb: Verb) -> Step:
    if stage.call.member is None:
        stage.note(12200, "<Leave> outside of a queue was skipped")
        return Next.VERB
    return Next.LEAVE


async def _wait(stage: Stage, verb: Verb, member: Member) -> str:
    """Until they leave by themselves; whoever takes them out interrupts it."""
    exchange, call = stage.exchange, stage.call
    if not verb.get("waitUrl"):
        await call.line.hold()
    while True:
        began = exchange.clock.now()
        source = stage.source(
            verb.get("waitUrl"), verb.get("waitUrlMethod"), "queue-wait", tuple(_place(stage, member))
        )
        try:
            step = await stage.perform(exchange, call, source, allowed=ALLOWED, aside=True)
        except TwimlError:
            return "error"
        if step is not Next.VERB:
            return "leave" if step is Next.LEAVE else "hangup"
        # A document that takes no time would otherwise be asked for as fast as the application can answer.
        spent = (exchange.clock.now() - began).total_seconds()
        await call.line.hold(seconds=max(0.0, exchange.settings.timing.shortest_turn - spent))


async def _talk(stage: Stage, verb: Verb, bridge: Bridge) -> str:
    exchange, call = stage.exchange, stage.call
    try:
        if bridge.whisper is not None:
            try:
                await stage.perform(exchange, call, bridge.whisper, allowed=WHISPER, aside=True)
            except TwimlError:
                bridge.end(exchange, "queued")
                return "error"
        bridge.arrive(exchange)
        await call.line.hold(asyncio.shield(bridge.ended))
    except Interrupted as interrupted:
        bridge.end(exchange, "queued")
        hung_up = _told(stage, bridge.member, "bridged")
        redirected = _told(stage, bridge.member, "redirected-from-bridged")
        await taken_away(stage, verb, interrupted.why, hung_up=hung_up, redirected=redirected)
        raise
    return "bridged"


def _place(stage: Stage, member: Member) -> Params:
    queue = member.queue
    return [
        ("QueueSid", queue.sid),
        ("QueuePosition", str(queue.place_of(member))),
        ("QueueTime", str(round(queues.seconds_of(stage.exchange, member)))),
        ("AvgQueueTime", str(queue.average_wait)),
        ("CurrentQueueSize", str(len(queue.members))),
        ("MaxQueueSize", str(queue.max_size)),
    ]


def _told(stage: Stage, member: Member, result: str) -> Params:
    waited = member.waited if member.waited is not None else queues.seconds_of(stage.exchange, member)
    return [("QueueResult", result), ("QueueSid", member.queue.sid), ("QueueTime", str(round(waited)))]
