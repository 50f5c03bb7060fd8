"""<Dial><Conference>: the leg sits in the room until it leaves or the room closes.

Source: https://www.twilio.com/docs/voice/twiml/conference
"""

from .. import conferences
from ..calls import CallbackPlan
from ..documents import fetch_and_ignore
from ..legs import answer, finish
from ..line import HangUp, Interrupted, Source
from ..stage import Next, Stage, Step
from ..twiml import Verb


async def dial_conference(stage: Stage, verb: Verb, noun: Verb) -> Step:
    exchange, call = stage.exchange, stage.call
    answer(exchange, call)
    seat = _seat(stage, noun)
    conferences.enter(exchange, seat)
    after = _after(stage, verb)
    try:
        left = await call.line.hold(seat.until_left(), seconds=verb.number("timeLimit", 14_400))
    except Interrupted as interrupted:
        if isinstance(interrupted.why, HangUp):
            finish(exchange, call, interrupted.why)
            conferences.leave(exchange, seat, "participant_hung_up")
            if isinstance(after, Source) and exchange.settings.choices.action_after_hang_up:
                await fetch_and_ignore(exchange, call, after)
        else:
            await _make_way(stage, seat, after)
        raise
    if left is None:
        conferences.leave(exchange, seat, "participant_hung_up")
    if left == "participant_updated_via_api" and not exchange.settings.choices.kicked_leg_continues:
        return Next.HANG_UP
    return after


async def _make_way(stage: Stage, seat: conferences.Seat, after: Step) -> None:
    """Redirected: out of the room at once; the action is asked and its answer ignored, as with any Dial."""
    timing = stage.exchange.settings.timing
    conferences.leave(stage.exchange, seat, "participant_updated_via_api")
    await stage.exchange.clock.sleep(timing.action_after)
    if isinstance(after, Source):
        await fetch_and_ignore(stage.exchange, stage.call, after)
        await stage.exchange.clock.sleep(timing.document_after)


def _seat(stage: Stage, noun: Verb) -> conferences.Seat:
    exchange = stage.exchange
    conference = conferences.find_or_open(exchange, noun.text, _plan(stage, noun))
    wait = noun.get("waitUrl")
    coached = conference.seats.get(noun.get("coach"))
    if noun.get("coach") and coached is None:
        stage.note(13240, noun.get("coach"))
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


def _plan(stage: Stage, noun: Verb) -> CallbackPlan | None:
    # Unlike REST, where start and end are the default, the noun reports nothing that it does not name.
    if not noun.get("statusCallback") or not noun.get("statusCallbackEvent"):
        return None
    url = stage.document.absolute(noun.get("statusCallback"))
    return CallbackPlan(
        url, noun.get("statusCallbackMethod", "POST"), frozenset(noun.get("statusCallbackEvent").split())
    )


def _after(stage: Stage, verb: Verb) -> Step:
    if "action" not in verb.attributes:
        return Next.VERB
    return stage.source(verb.get("action"), verb.get("method"), "dial-action", (("DialCallStatus", "answered"),))
