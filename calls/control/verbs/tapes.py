"""What runs beside a call: recordings, transcriptions, media streams; the privacy switch, which pauses and stops all of
them at once; and the time limit. None of them waits for another wish."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from calls.control.cast import Cast
from calls.control.plan import Plan
from calls.control.plans import tapes
from calls.control.plans.tapes import Beside, Running
from calls.control.verbs.cast import cast_of, over, refused
from calls.control.verbs.deed import Deed
from calls.control.verbs.insist import insist
from calls.intake.moments import milliseconds
from calls.intake.taps import private_since, trusted_from
from calls.models import Action, Call, Leg, Rights, StreamTarget, Tap
from calls.models.library import LANGUAGES
from calls.twilio import gateway, twiml

REQUEST_TIMEOUT = 408  # Twilio's own: it may have been done
NO_LIMIT = timedelta(hours=4)  # what a call of Twilio's has from the beginning
PRIVATE_MINUTES, LIMIT_MINUTES = (2, 5, 10), (5, 10, 15, 30, 60)


def beside_of(call: Call, legs: Sequence[Leg]) -> Beside:
    """As the rows have it now."""
    wishes = list(Action.objects.filter(call=call).order_by("-requested_at"))
    trusted, live = trusted_from(wishes), [leg.sid for leg in legs if leg.live]
    running = [
        Running(tap.sid, tap.kind, tap.leg_id, paused=tap.surely_paused(trusted))
        for tap in Tap.objects.filter(leg__in=live, ended_at=None).order_by("sid")
    ]
    begun = [being_begun(one) for one in wishes if one.open and one.verb in tapes.BEGINS and one.target in live]
    known = {
        str(pk) for pk in Tap.objects.filter(leg__in=live, action__isnull=False).values_list("action_id", flat=True)
    }
    unknown = [one for one in begun if one.wish not in known]
    return Beside(running, unknown, private_since(wishes) is not None, milliseconds(timezone.now()), trusted)


def being_begun(action: Action) -> Running:
    """Nobody knows yet what Twilio calls it."""
    sent = action.state != Action.State.REQUESTED
    return Running("", tapes.BEGINS[action.verb], action.target, wish=str(action.pk), sent=sent)


def private_by_now(action: Action) -> str:
    """Twilio had too many requests, and meanwhile privacy was switched on: nothing begins."""
    private = private_since(Action.objects.filter(call=action.call_id).order_by("-requested_at"))
    return "Overtaken: the privacy switch is on." if private is not None else ""


def of_call(verb: str, make: Callable[[Cast, Beside], Plan]) -> Callable[..., Plan]:
    """A verb that is done to whatever runs beside the call."""

    def plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
        return over(call, verb) or make(cast_of(call, legs), beside_of(call, legs))

    return plan


# Each `fields`: leg (a sid; default the caller's) ------------------------------------------------------------------


def record_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    if (done := over(call, "record")) is not None:
        return done
    cast = cast_of(call, legs)
    leg = cast.moved(fields.get("leg", ""))
    return tapes.begin(cast, leg, beside_of(call, legs), "recording", verb="record", values=tapes.RECORDED)


def transcribe_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: language."""
    if (done := over(call, "transcribe")) is not None:
        return done
    language = fields.get("language") or "en-US"
    if language not in dict(LANGUAGES):
        return refused("transcribe", "language", "That language is not understood here.")
    values = {
        "StatusCallbackUrl": "door:twilio-transcription", "StatusCallbackMethod": "POST", "Track": "both_tracks",
        "LanguageCode": language, "PartialResults": "false",
    }  # fmt: skip
    cast = cast_of(call, legs)
    leg = cast.moved(fields.get("leg", ""))
    to = dict(LANGUAGES)[language]
    return tapes.begin(cast, leg, beside_of(call, legs), "transcription", verb="transcribe", to=to, values=values)


def stream_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: destination (the id of a stream target that is for calls of this team)."""
    if (done := over(call, "stream")) is not None:
        return done
    target = target_of(call, fields.get("destination", ""))
    if target is None:
        return refused("stream", "destination", "There is no such target for streams of this team's calls.")
    values = {
        "Url": target.url, "Track": "both_tracks", "StatusCallback": "door:twilio-stream",
        "StatusCallbackMethod": "POST",
    }  # fmt: skip
    cast = cast_of(call, legs)
    leg = cast.moved(fields.get("leg", ""))
    return tapes.begin(cast, leg, beside_of(call, legs), "stream", verb="stream", to=target.name, values=values)


def target_of(call: Call, pk: str) -> StreamTarget | None:
    known = pk.isascii() and pk.isdecimal() and len(pk) < 10
    return StreamTarget.objects.of(call.team_id).filter(pk=pk).first() if known else None


def privacy_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: minutes (after which the desk reminds of it; default 5)."""
    minutes = minutes_of(fields.get("minutes") or "5")
    if not minutes:
        return refused("privacy", "minutes", MINUTES)
    cast = cast_of(call, legs)
    return over(call, "privacy") or tapes.privacy(cast, beside_of(call, legs), minutes=minutes)


def limit_plan(call: Call, legs: Sequence[Leg], fields: Mapping[str, str], rights: Rights) -> Plan:
    """`fields`: minutes (from now; 0 takes the limit away)."""
    minutes = minutes_of(fields.get("minutes", ""))
    if minutes is None:
        return refused("limit", "minutes", MINUTES)
    cast = cast_of(call, legs)
    until = timezone.now() + (timedelta(minutes=minutes) if minutes else NO_LIMIT)
    leg = cast.moved(fields.get("leg", ""))
    return over(call, "limit") or tapes.limit(cast, leg, minutes=minutes, until=until.isoformat())


MINUTES = f"Whole minutes, up to {tapes.MOST_MINUTES}."


def minutes_of(text: str) -> int | None:
    known = text.isascii() and text.isdecimal() and len(text) < 4
    return int(text) if known and int(text) <= tapes.MOST_MINUTES else None


# What there is to choose -----------------------------------------------------------------------------------------


def languages(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    return {"languages": [list(one) for one in LANGUAGES]}


def targets(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    found = StreamTarget.objects.of(call.team_id)
    return {"destinations": [{"id": str(one.pk), "name": one.name, "where": "", "kind": "stream"} for one in found]}


def minutes_to_choose(*minutes: int) -> Callable[..., dict[str, Any]]:
    return lambda call, legs, rights: {"minutes": list(minutes)}


# What is asked of Twilio -----------------------------------------------------------------------------------------


def send(action: Action, wish: Mapping[str, Any], until: float) -> list[dict[str, Any]]:
    """`{"beside": "Recordings", "sid": CA…, "start": {…}}` · `{"beside", "sid", "its": RE…, "to": {"Status": …}}` ·
    `{"sid", "until": ISO}` (the time limit)."""
    if "until" in wish:
        leg = Leg.objects.get(pk=wish["sid"])
        lasts = datetime.fromisoformat(wish["until"]) - (leg.answered_at or leg.started_at or timezone.now())
        return [gateway.limit_leg(leg.sid, max(1, round(lasts.total_seconds())), until=until)]
    sid, what = wish["sid"], wish["beside"]
    if "start" in wish:
        values = {name: filled(action, value) for name, value in wish["start"].items()}
        named = {} if what == "Recordings" else {"Name": f"a-{action.pk}"}
        return [gateway.start_beside(sid, what, values | named, until=until) | {"call_sid": sid}]
    try:
        return [gateway.update_beside(sid, what, wish["its"], wish["to"], until=until) | {"call_sid": sid}]
    except gateway.Refused as error:
        if error.code == gateway.NOT_FOUND and what != "Recordings":
            # It has ended: there is no other way to ask Twilio for one of these.
            return [{"sid": wish["its"], "call_sid": sid, "status": "stopped", "gone": str(error.code)}]
        if error.status == REQUEST_TIMEOUT:
            raise gateway.Unreachable("Twilio did not do it in time.", sent=True) from error
        raise


def filled(action: Action, value: Any) -> Any:
    """`door:<name>` stands for an address of ours that names this wish."""
    if not isinstance(value, str) or not value.startswith("door:"):
        return value
    path = reverse(value.removeprefix("door:"))
    return twiml.absolute(settings.PUBLIC_URL, path, call=action.call_id, a=action.pk)


def deed(plan: Callable[..., Plan], *, once: bool = False, **more: Any) -> Deed:
    """`once`: asked for twice there would be two of them."""
    return Deed(plan, EXCLUSIVE=False, ABSOLUTE=not once, send=send, **more)


def begins(plan: Callable[..., Plan], **more: Any) -> Deed:
    return deed(plan, once=True, not_any_more=private_by_now, **more)


def stops(verb: str, kind: str) -> Deed:
    return deed(of_call(verb, lambda cast, beside: tapes.stop(cast, beside, kind, verb=verb)))


VERBS = {
    "record": begins(record_plan),
    "stop_recording": stops("stop_recording", "recording"),
    "pause": deed(of_call("pause", tapes.pause), pursue=insist),
    "resume_recording": deed(of_call("resume_recording", tapes.resume)),
    "privacy": deed(privacy_plan, choices=minutes_to_choose(*PRIVATE_MINUTES), pursue=insist),
    "end_privacy": deed(of_call("end_privacy", tapes.end_privacy)),
    "transcribe": begins(transcribe_plan, choices=languages),
    "stop_transcript": stops("stop_transcript", "transcription"),
    "stream": begins(stream_plan, choices=targets),
    "stop_stream": stops("stop_stream", "stream"),
    "limit": deed(limit_plan, choices=minutes_to_choose(*LIMIT_MINUTES)),
}
