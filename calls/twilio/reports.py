"""Reports: what Twilio said, in our words. With the schema the last place that knows its parameter names and casing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from calls.twilio import schema
from calls.twilio.schema import (
    DIAL_STATUSES,
    EVENTS,
    RECORDING_STATUSES,
    SESSION_STATUSES,
    STATUSES,
    TERMINAL,
    Nonsense,
)


class Source(StrEnum):
    CALLBACK = "callback"
    TWIML = "twiml"
    REST = "rest"


HISTORY = "import"  # the door of what is read of the past


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One statement by Twilio: a callback, a request for TwiML, or a REST answer. Times are aware and in UTC."""

    door: str
    source: Source
    digest: str  # of all that was signed: two deliveries with one digest are one statement
    body: dict[str, str]  # what was said, for the raw row, without schema.SECRETS
    received_at: datetime  # of the first delivery; REST: when we asked
    idempotency_token: str = ""  # a hint only: no signature covers it
    call_sid: str = ""  # empty when the report is about a conference only
    parent_sid: str = ""
    dialled_sid: str = ""
    dequeued_sid: str = ""
    conference_sid: str = ""
    room: str = ""
    status: str = ""  # one of STATUSES; empty if absent or unknown
    strange: tuple[str, ...] = ()  # "CallStatus=teleported": kept, flagged, named in the log
    sequence: int | None = None
    at: datetime | None = None  # Twilio's Timestamp; REST: the end of an ended call, else when we asked
    from_number: str = ""
    to_number: str = ""
    direction: str = ""
    duration: int | None = None  # seconds
    sip_code: int | None = None
    answered_by: str = ""
    bridged: bool | None = None
    dial_status: str = ""
    dial_duration: int | None = None  # seconds
    session: str = ""  # at the end of a conversation with an AI agent: who ended it, one of SESSION_STATUSES
    handoff: str = ""  # what the AI agent said at the end
    event: str = ""
    muted: bool | None = None
    hold: bool | None = None
    coaching: bool | None = None
    end_on_exit: bool | None = None
    looked_at: bool = False  # REST was asked what these four are now; else it was told to change them
    coaches: str = ""  # the leg that alone hears this one
    tap_sid: str = ""  # of what runs beside the leg: a recording, a transcription, a stream
    tap_status: str = ""
    price: Decimal | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    lost: bool = False  # not Twilio's words: its REST API does not know the call
    call_id: UUID | None = None
    role: str = ""
    action_id: UUID | None = None
    step: str = ""
    visit: str = ""
    was: str = ""  # asked again by ourselves: how the <Dial> had gone
    url: str = ""  # path and query of a TwiML request, Twilio's own parameters left out

    @property
    def talked(self) -> bool:
        """At the end of a <Dial>: whoever was called had answered."""
        if self.bridged is None:
            return "answered" in (self.was, self.dial_status) or self.dial_status == "completed"
        return self.bridged


def parse(
    door: str,
    source: Source,
    *,
    path: str,
    query: str,
    pairs: Sequence[tuple[str, str]],
    account_sid: str,
    received_at: datetime,
    idempotency_token: str = "",
) -> Report:
    """The report in a verified request. `query` is what we wrote into the URL ourselves, `pairs` is what Twilio added.

    Raises Nonsense. An unknown status or event is kept in `strange`: Twilio adds words without notice.
    """
    said = schema.parameters(door, pairs, account_sid)
    ours = schema.our_query(query)
    strange: list[str] = []
    status = schema.word(said, "CallStatus", STATUSES, strange)
    # Where Twilio need not send From, a ForwardedFrom that was cut in two could pass for one.
    people = "From" in schema.NECESSARY.get(door, ("From",))
    # What was played into a room names the wish that it was played for.
    played = schema.played(said) if door == "conference" else None
    return Report(
        door=door,
        source=source,
        digest=digest(door, path, query, pairs),
        body=schema.body(pairs),
        received_at=received_at.astimezone(UTC),
        idempotency_token=idempotency_token if re.fullmatch(r"[\x21-\x7e]{1,64}", idempotency_token) else "",
        call_sid=schema.sid(said, "CallSid", "CA"),
        parent_sid=schema.sid(said, "ParentCallSid", "CA"),
        dialled_sid=schema.sid(said, "DialCallSid", "CA"),
        dequeued_sid=schema.sid(said, "DequeuedCallSid", "CA"),
        conference_sid=schema.sid(said, "ConferenceSid", "CF"),
        room=schema.room(said),
        status=status,
        sequence=schema.number(said, "SequenceNumber", 9),
        at=schema.timestamp(said, received_at, strange),
        from_number=schema.address(said, "From", "Caller") if people else "",
        to_number=schema.address(said, "To", "Called") if people else "",
        direction=schema.word(said, "Direction", (), strange),
        duration=schema.number(said, "CallDuration", 7),
        sip_code=schema.number(said, "SipResponseCode", 3),
        answered_by=schema.word(said, "AnsweredBy", (), strange),
        bridged=schema.flag(said, "DialBridged"),
        dial_status=schema.word(said, "DialCallStatus", DIAL_STATUSES, strange),
        dial_duration=schema.number(said, "DialCallDuration", 7),
        session=schema.word(said, "SessionStatus", SESSION_STATUSES, strange),
        handoff=said.get("HandoffData", ""),
        event=schema.word(said, "StatusCallbackEvent", EVENTS, strange),
        muted=schema.flag(said, "Muted"),
        hold=schema.flag(said, "Hold"),
        coaching=schema.flag(said, "Coaching"),
        end_on_exit=schema.flag(said, "EndConferenceOnExit"),
        tap_sid=schema.tap(said),
        tap_status=schema.tap_status(said, strange),
        call_id=schema.uuid(ours, "call"),
        role=schema.role(ours),
        action_id=schema.uuid(ours, "a") or played,
        step=schema.token(ours, "step"),
        visit=schema.token(ours, "visit"),
        was=schema.token(ours, "was"),
        url=schema.url(path, query) if source is Source.TWIML else "",
        strange=tuple(strange),
    )


def from_rest(resource: dict[str, Any], *, asked_at: datetime, door: str = "rest") -> Report:
    """The report in a Call resource. Raises Nonsense if it is not one.

    `asked_at` is when the request began: a callback that arrived meanwhile may know more than the answer. `door` is
    HISTORY for what is read of the past.
    """
    said = {name: _storable(value) for name, value in resource.items() if isinstance(value, str | int | float)}
    asked_at = asked_at.astimezone(UTC)
    strange: list[str] = []
    status = schema.word(said, "status", STATUSES, strange)
    ended_at = schema.date(said, "end_time") if status in TERMINAL else None
    pairs = sorted(said.items())
    sid = schema.sid(said, "sid", "CA")
    if not sid:
        raise Nonsense("a Call resource without a sid")
    return Report(
        door=door,
        source=Source.REST,
        digest=digest("rest", f"/Calls/{sid}", "", pairs),
        body=dict(pairs),
        received_at=asked_at,
        call_sid=sid,
        parent_sid=schema.sid(said, "parent_call_sid", "CA"),
        status=status,
        at=ended_at or asked_at,
        from_number=schema.text(said, "from"),
        to_number=schema.text(said, "to"),
        direction=schema.word(said, "direction", (), strange),
        duration=schema.number(said, "duration", 7),
        answered_by=schema.word(said, "answered_by", (), strange),
        price=schema.price(said),
        started_at=schema.date(said, "date_created") or schema.date(said, "start_time"),
        ended_at=ended_at,
        strange=tuple(strange),
    )


PARTICIPANT_STATUSES = {
    "queued": "queued", "connecting": "initiated", "ringing": "ringing", "connected": "in-progress",
}  # fmt: skip


def from_answer(
    resource: dict[str, Any],
    *,
    asked_at: datetime,
    looked: bool = False,
    call_id: UUID | None = None,
    role: str = "",
    action_id: UUID | None = None,
) -> Report:
    """The report in any resource that Twilio's REST API answered with. Raises Nonsense if it is none of those.

    `looked`: it was fetched, so that what it says of holding and muting is how it is, not how it was wished; `call_id`,
    `role` and `action_id` are those of a leg that was just made.
    """
    if "muted" in resource and "call_sid" in resource:
        made = from_participant(resource, asked_at=asked_at, looked=looked, call_id=call_id, role=role)
        return replace(made, action_id=action_id)
    kind = str(resource.get("sid", ""))[:2]
    if kind == "CF":
        return from_room(resource, asked_at=asked_at)
    if kind in schema.TAPS:
        return replace(from_tap(resource, asked_at=asked_at, looked=looked), action_id=action_id)
    return replace(from_rest(resource, asked_at=asked_at), action_id=action_id)


def from_participant(
    resource: dict[str, Any],
    *,
    asked_at: datetime,
    looked: bool = False,
    call_id: UUID | None = None,
    role: str = "",
) -> Report:
    """The report in a Participant resource (twilio.com/docs/voice/api/conference-participant-resource)."""
    said = _said(resource)
    asked_at = asked_at.astimezone(UTC)
    strange: list[str] = []
    sid = schema.sid(said, "call_sid", "CA")
    if not sid:
        raise Nonsense("a Participant resource without a call_sid")
    # How somebody's leg ended is told by the leg.
    status = PARTICIPANT_STATUSES.get(schema.word(said, "status", (), strange), "")
    pairs = [*sorted(said.items()), ("at", asked_at.isoformat())]
    return Report(
        door="participant",
        source=Source.REST,
        digest=digest("rest", f"/Participants/{sid}", "", pairs),
        body=dict(pairs),
        received_at=asked_at,
        call_sid=sid,
        conference_sid=schema.sid(said, "conference_sid", "CF"),
        status=status,
        # By Twilio's own clock: when it became so.
        at=schema.date(said, "date_updated") or asked_at,
        muted=schema.flag(said, "muted"),
        hold=schema.flag(said, "hold"),
        coaching=schema.flag(said, "coaching"),
        end_on_exit=schema.flag(said, "end_conference_on_exit"),
        looked_at=looked and status == "in-progress",
        coaches=schema.sid(said, "call_sid_to_coach", "CA"),
        call_id=call_id,
        role=role,
    )


def from_room(resource: dict[str, Any], *, asked_at: datetime) -> Report:
    """The report in a Conference resource: whether it has begun, or is over
    (twilio.com/docs/voice/api/conference-resource)."""
    said = _said(resource)
    asked_at = asked_at.astimezone(UTC)
    ended = said.get("status") == "completed"
    pairs = sorted(said.items())
    return Report(
        door="participant",
        source=Source.REST,
        digest=digest("rest", f"/Conferences/{said.get('sid', '')}", "", pairs),
        body=dict(pairs),
        received_at=asked_at,
        conference_sid=schema.sid(said, "sid", "CF"),
        room=schema.room({"FriendlyName": said.get("friendly_name", "")}),
        at=(schema.date(said, "date_updated") if ended else None) or asked_at,
        event={"in-progress": "conference-start", "completed": "conference-end"}.get(said.get("status", ""), ""),
    )


def absent(sid: str, room: str, *, since: tuple[int, datetime] | None, asked_at: datetime) -> Report:
    """What we say in Twilio's place of a leg that its REST API does not know in this room (20404): it has left.

    `since`: number and time of the last event of it there, if there was one; a later one says that it is there again.
    """
    number, at = since or (None, asked_at)
    at = max(at, asked_at).astimezone(UTC)
    pairs = [("call_sid", sid), ("conference_sid", room), ("absent", "20404"), ("at", asked_at.isoformat())]
    return Report(
        door="absent",
        source=Source.REST,
        digest=digest("rest", f"/Participants/{sid}", "", pairs),
        body=dict(pairs),
        received_at=asked_at.astimezone(UTC),
        call_sid=sid,
        conference_sid=room,
        sequence=number,
        at=at,
        event="participant-leave",
    )


def from_tap(resource: dict[str, Any], *, asked_at: datetime, looked: bool = False) -> Report:
    """The report in a Recording, Transcription or Stream of a leg (twilio.com/docs/voice/api/recording). Its status
    counts only if it was fetched, or if Twilio knows of no such thing that runs (`gone`: our own word for 20404)."""
    said = _said(resource)
    asked_at = asked_at.astimezone(UTC)
    strange: list[str] = []
    pairs = [*sorted(said.items()), ("at", asked_at.isoformat())]
    return Report(
        door="tap",
        source=Source.REST,
        digest=digest("rest", f"/{said['sid']}", "", pairs),
        body=dict(pairs),
        received_at=asked_at,
        call_sid=schema.sid(said, "call_sid", "CA"),
        at=asked_at,
        tap_sid=schema.sid(said, "sid", said["sid"][:2]),
        tap_status=schema.word(said, "status", RECORDING_STATUSES, strange),
        looked_at=looked or "gone" in said,
        strange=tuple(strange),
    )


def _said(resource: dict[str, Any]) -> dict[str, str]:
    return {name: _spelled(value) for name, value in resource.items() if isinstance(value, str | int | float)}


def _spelled(value: str | int | float) -> str:
    """JSON has booleans of its own."""
    return str(value).lower() if isinstance(value, bool) else _storable(value)


def lost(sid: str, *, asked_at: datetime) -> Report:
    """What we say in Twilio's place of a call that its REST API does not know (20404): it failed, and is lost."""
    return replace(from_rest({"sid": sid, "status": "failed", "lost": "20404"}, asked_at=asked_at), lost=True)


def _storable(value: str | int | float) -> str:
    """JSON can spell what neither UTF-8 nor a database can."""
    return str(value).encode("utf-8", "replace").decode().replace("\0", "?")


def digest(door: str, path: str, query: str, pairs: Sequence[tuple[str, str]]) -> str:
    """SHA-256 (hex) of what was said. With lengths, so that no two partitions of one text share a digest."""
    parts = [door, path, query]
    for pair in sorted(pairs):
        parts += pair
    text = "".join([f"{len(part)}:{part}" for part in parts])
    if text.isascii():  # as good as always, and then a letter is a byte
        return sha256(text.encode()).hexdigest()
    encoded = [part.encode() for part in parts]
    return sha256(b"".join(b"%d:%b" % (len(part), part) for part in encoded)).hexdigest()
