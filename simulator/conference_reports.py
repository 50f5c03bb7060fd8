"""What is reported of a conference, if whoever opened it asked for it.

Source: https://www.twilio.com/docs/voice/twiml/conference#attributes-statuscallbackevent
"""

from typing import TYPE_CHECKING

from .clock import iso, rfc2822
from .events import OF_A_CONFERENCE
from .exchange import Exchange

if TYPE_CHECKING:
    from .conferences import Conference, Seat


def report(
    exchange: Exchange,
    conference: "Conference",
    event: str,
    seat: "Seat | None" = None,
    extra: list[tuple[str, str]] | None = None,
) -> None:
    now = exchange.clock.now()
    conference.updated_at = now
    if seat is not None:
        seat.updated_at = now
    conference.history.append({"event": event, "call_sid": seat.call.sid if seat else None, "at": iso(now)})
    plan = conference.callback
    if plan is None or OF_A_CONFERENCE[event] not in plan.events:
        return
    params = [
        ("AccountSid", exchange.settings.account_sid),
        ("ConferenceSid", conference.sid),
        ("FriendlyName", conference.name),
        ("StatusCallbackEvent", event),
        ("SequenceNumber", str(conference.sequence)),
        ("Timestamp", rfc2822(now) or ""),
    ]
    conference.sequence += 1
    params += _about(seat) if seat is not None else []
    exchange.post.tell(conference.sid, "conference", plan.url, plan.method, params + (extra or []))


def _about(seat: "Seat") -> list[tuple[str, str]]:
    flags = {
        "Muted": seat.muted,
        "Hold": seat.hold,
        "Coaching": seat.coaching,
        "StartConferenceOnEnter": seat.starts,
        "EndConferenceOnExit": seat.ends,
    }
    params = [("CallSid", seat.call.sid), *((name, str(value).lower()) for name, value in flags.items())]
    if seat.label:
        params.append(("ParticipantLabel", seat.label))
    if seat.coached_sid:
        params.append(("CallSidToCoach", seat.coached_sid))
    return params


def speech(exchange: Exchange, seat: "Seat", seconds: float) -> None:
    """A participant speaks for so long. Whoever is muted is not heard, and not told of.

    Source: https://www.twilio.com/docs/voice/twiml/conference#attributes-statuscallbackevent (speaker)
    """
    if not seat.muted and not seat.left.done():
        report(exchange, seat.conference, "participant-speech-start", seat)
        exchange.later(seconds, _silence, exchange, seat)


def _silence(exchange: Exchange, seat: "Seat") -> None:
    if not seat.left.done():
        report(exchange, seat.conference, "participant-speech-stop", seat)
