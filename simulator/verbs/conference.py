"""<Dial><Conference>: the leg sits in the room until it leaves or the room closes.

Source: https://www.twilio.com/docs/voice/twiml/conference
"""

import re

from .. import conferences
from ..calls import CallbackPlan
from ..documents import fetch_and_ignore
from ..legs import answer, finish
from ..line import HangUp, Interrupted, Source
from ..listening import Star
from ..recordings import RecordingPlan
from ..stage import Next, Stage, Step
from ..twiml import Verb
from .after import after
from .record import recording_plan

SID = re.compile("CF[0-9a-fA-F]{32}")


async def dial_conference(stage: Stage, verb: Verb, noun: Verb) -> Step:
    exchange, call = stage.exchange, stage.call
    answer(exchange, call)
    if (seat := _seat(stage, noun)) is None:
        return after(stage, verb, [("DialCallStatus", "failed")])
    conferences.enter(exchange, seat)
    following = after(stage, verb, [("DialCallStatus", "answered")])
    if verb.flag("hangupOnStar"):
        call.listening = Star(lambda: conferences.leave(exchange, seat, "participant_hung_up"))
    try:
        left = await call.line.hold(seat.until_left(), seconds=verb.number("timeLimit", 14_400))
    except Interrupted as interrupted:
        if isinstance(interrupted.why, HangUp):
            finish(exchange, call, interrupted.why)
            conferences.leave(exchange, seat, "participant_hung_up")
            if isinstance(following, Source) and exchange.settings.choices.action_after_hang_up:
                await fetch_and_ignore(exchange, call, following)
        else:
            await _make_way(stage, seat, following)
        raise
    finally:
        call.listening = None
    if left is None:
        conferences.leave(exchange, seat, "participant_hung_up")
    if left == "participant_updated_via_api" and not exchange.settings.choices.kicked_leg_continues:
        return Next.HANG_UP
    return following


async def _make_way(stage: Stage, seat: conferences.Seat, following: Step) -> None:
    """Redirected: out of the room at once; the action is asked and its answer ignored, as with any Dial."""
    timing = stage.exchange.settings.timing
    conferences.leave(stage.exchange, seat, "participant_updated_via_api")
    await stage.exchange.clock.sleep(timing.action_after)
    if isinstance(following, Source):
        await fetch_and_ignore(stage.exchange, stage.call, following)
        await stage.exchange.clock.sleep(timing.document_after)


def _seat(stage: Stage, noun: Verb) -> conferences.Seat | None:
    """None if there is no place left (16020), nobody to coach (13240), or no such conference any more (13236)."""
    exchange = stage.exchange
    named = exchange.conferences.get(noun.text)
    if SID.fullmatch(noun.text) and (named is None or named.over):
        stage.note(13236, noun.text)
        return None
    conference = named or conferences.find_or_open(exchange, noun.text, _plan(stage, noun), _recording(stage, noun))
    if not conference.seats and not conference.invited:
        conference.most = int(noun.number("maxParticipants", conferences.MOST_PARTICIPANTS))
    if conference.full:
        stage.note(16020, noun.text)
        return None
    wait = noun.get("waitUrl")
    coached = conference.seats.get(noun.get("coach"))
    if noun.get("coach") and coached is None:
        stage.note(13240, noun.get("coach"))
        return None
    return conferences.Seat(
        stage.call,
        conference,
        exchange.clock.now(),
        label=noun.get("participantLabel"),
        muted=noun.flag("muted"),
        coaching=coached is not None,
        coached_sid=coached.call.sid if coached else None,
        starts=noun.flag("startConferenceOnEnter", True),
        ends=noun.flag("endConferenceOnExit"),
        beep=noun.get("beep", "true"),
        wait=stage.source(wait, noun.get("waitMethod"), "wait") if wait else None,
    )


def _recording(stage: Stage, noun: Verb) -> RecordingPlan | None:
    if noun.get("record", "do-not-record") not in ("record-from-start", "true"):
        return None
    return RecordingPlan("Conference", recording_plan(stage, noun), trim=noun.get("trim") != "do-not-trim")


def _plan(stage: Stage, noun: Verb) -> CallbackPlan | None:
    # Unlike REST, where start and end are the default, the noun reports nothing that it does not name.
    if not noun.get("statusCallback") or not noun.get("statusCallbackEvent"):
        return None
    url = stage.document.absolute(noun.get("statusCallback"))
    return CallbackPlan(
        url, noun.get("statusCallbackMethod", "POST"), frozenset(noun.get("statusCallbackEvent").split())
    )
