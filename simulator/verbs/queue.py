"""<Dial><Queue>: the caller takes the first in line, and waits a while for one if there is none.

Source: https://www.twilio.com/docs/voice/twiml/queue. The two legs are no parent and child.
"""

import asyncio

from .. import queues
from ..legs import answer
from ..line import Interrupted, Source
from ..queues import Bridge, Queue
from ..stage import Stage, Step
from ..twiml import Verb
from .after import Params, after, taken_away


async def dial_queue(stage: Stage, verb: Verb, noun: Verb) -> Step:
    exchange, call = stage.exchange, stage.call
    choices = exchange.settings.choices
    answer(exchange, call)
    if len(noun.text) > queues.LONGEST_NAME:
        stage.note(14213, noun.text)
    queue = queues.find(exchange, noun.text)
    if queue is None:
        return after(stage, verb, _told(None, None, "failed", choices.queue_not_found_result))
    bridge: Bridge | None = None
    try:
        bridge = await _bridge(stage, verb, noun, queue)
        if bridge is None:
            return after(stage, verb, _told(queue, None, "no-answer", choices.queue_empty_result))
        if await call.line.hold(asyncio.shield(bridge.ended), seconds=verb.number("timeLimit", 14_400)) is None:
            bridge.end(exchange, "agent")
    except Interrupted as interrupted:
        for open_bridge in (one for one in queue.bridges if one.agent is call):
            open_bridge.end(exchange, "agent")
        hung_up, redirected = (
            _told(queue, bridge, "completed" if bridge else "canceled", result) for result in ("hangup", "redirected")
        )
        await taken_away(stage, verb, interrupted.why, hung_up=hung_up, redirected=redirected)
        raise
    return after(stage, verb, _told(queue, bridge, "completed", "bridged"))


async def _bridge(stage: Stage, verb: Verb, noun: Verb, queue: Queue) -> Bridge | None:
    """Connected with the first who waits, or comes in time; somebody who goes just then is passed over."""
    exchange, call = stage.exchange, stage.call
    began, patience = exchange.clock.now(), verb.number("timeout", 30)
    while True:
        while (bridge := queues.take_front(exchange, queue, call)) is not None:
            bridge.whisper = _whisper(stage, noun, bridge)
            if await call.line.hold(asyncio.shield(bridge.joined)):
                return bridge
        left = patience - (exchange.clock.now() - began).total_seconds()
        if left <= 0:
            return None
        queue.arrival.clear()
        await call.line.hold(queue.arrival.wait(), seconds=left)


def _whisper(stage: Stage, noun: Verb, bridge: Bridge) -> Source | None:
    if not noun.get("url"):
        return None
    waited = str(round(bridge.member.waited or 0))
    extra = (("QueueSid", bridge.member.queue.sid), ("QueueTime", waited), ("DequeingCallSid", stage.call.sid))
    return stage.source(noun.get("url"), noun.get("method"), "whisper", extra)


def _told(queue: Queue | None, bridge: Bridge | None, status: str, result: str) -> Params:
    params = [("DialCallStatus", status), ("DequeueResult", result)]
    if queue is not None:
        params.append(("QueueSid", queue.sid))
    if bridge is not None:
        params += [
            ("DequeuedCallSid", bridge.member.call.sid),
            ("DequeuedCallQueueTime", str(round(bridge.member.waited or 0))),
            ("DequeuedCallDuration", str(bridge.seconds or 0)),
        ]
    return params
