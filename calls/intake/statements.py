"""What one report says of which leg: each is the state of a leg of which nothing else is known. No clock, no rows."""

from calls.intake.lifecycle import (
    BY_REST,
    BY_THEMSELVES,
    CALLBACK,
    ENDED,
    HEARSAY,
    IN_PROGRESS,
    RANKS,
    REST,
    RINGING,
    STRENGTH,
    LegState,
    Statement,
    milliseconds,
)
from calls.intake.taps import TapState, told
from calls.twilio.reports import HISTORY, Report, Source
from calls.twilio.schema import EVENTS

# Where a leg can go on after an interruption: a step of its flow, or being put through. Not the interruption itself,
# not the end of a <Dial>, which is asked for in vain when its caller is sent elsewhere, and not the words in a room.
NOT_A_PLACE = ("dial", "twiml", "sound", "wait")
RESUMED_AT = ("ring", "again")
# An address for what runs beside a leg names the wish that began it.
TOLD_OF_THEIRS = ("recording", "transcription", "stream", "tap")
PRESENT = tuple(event for event in EVENTS if event.startswith("participant-") and event != "participant-leave")


def statements(report: Report) -> list[tuple[str, Statement]]:
    """(CallSid, what the report says of that leg). Of the leg that it is about, and of one that it only mentions."""
    said = []
    if report.call_sid:
        said.append((report.call_sid, _of_the_call(report)))
    if report.dialled_sid and report.dialled_sid != report.call_sid:
        said.append((report.dialled_sid, _of_the_dialled(report)))
    return said


def _of_the_call(report: Report) -> Statement:
    authority = {Source.CALLBACK: CALLBACK, Source.TWIML: HEARSAY, Source.REST: REST}[report.source]
    if report.lost:
        authority = HEARSAY  # our own conclusion: whatever Twilio says of the end is stronger
    word, explicit = report.status, report.source is Source.CALLBACK
    if not word and (report.event in PRESENT or report.door == "amd" and report.answered_by):
        word, authority, explicit = "in-progress", HEARSAY, False
    return _statement(
        report,
        word,
        authority=authority,
        explicit=explicit,
        sequence=report.sequence if not report.event else None,
        duration=report.duration,
        sip_code=report.sip_code,
        parent=report.parent_sid,
    )


def _of_the_dialled(report: Report) -> Statement:
    """What a Dial action says of the child. "completed" proves nothing: it may live on, redirected away."""
    word = report.dial_status if report.dial_status in ("busy", "no-answer", "failed", "canceled") else ""
    if report.bridged:
        word = "in-progress"
    statement = _statement(report, word, authority=HEARSAY, explicit=False, parent=report.call_sid, mentioned=True)
    if report.bridged and report.dial_duration and statement.answered is not None:
        answered = statement.answered - report.dial_duration * 1000
        statement = statement._replace(answered=answered, first=answered)
    return statement


def _statement(
    report: Report,
    word: str,
    *,
    authority: int,
    explicit: bool,
    sequence: int | None = None,
    duration: int | None = None,
    sip_code: int | None = None,
    parent: str = "",
    mentioned: bool = False,
) -> Statement:
    """`mentioned`: the report is about another leg, whose numbers and recordings are not this one's."""
    # A live Call resource has no time of its own but that of our question.
    exact = report.at is not None and (report.source is not Source.REST or report.ended_at is not None)
    ms = milliseconds(report.at or report.received_at)
    number = -1 if sequence is None else sequence
    rank = RANKS.get(word, -1)
    key = (rank, authority, number, int(exact), ms if exact else -ms, STRENGTH[word]) if word else None
    ended = key if rank == ENDED else None
    answered = ms if rank == IN_PROGRESS else None
    if word == "completed" and duration:
        answered = ms - duration * 1000
    times = [ms]
    if answered is not None:
        times.append(answered)
    if report.started_at and not mentioned:
        times.append(milliseconds(report.started_at))
    name = (rank if word else ENDED + 1, authority, number, ms)
    statement = LegState(
        top=key,
        first=min(times),
        rang=ms if rank == RINGING and authority != REST else None,
        answered=answered,
        told=ms if rank == IN_PROGRESS and explicit else None,
        over=ms if ended else None,
        lasted=(ended, duration) if ended and duration is not None else None,
        sip=(ended, sip_code) if ended and sip_code is not None else None,
        parent=(name, parent) if parent else None,
        numbered=((number, word, ms),) if word and number >= 0 else (),
        ends=1 << STRENGTH[word] if ended and authority != HEARSAY else 0,
        told_by=_told_by(report) if ended else 0,
        unasked=report.source is not Source.REST,
    )
    if mentioned:
        return statement
    return statement._replace(
        source=(name, report.from_number) if report.from_number else None,
        target=(name, report.to_number) if report.to_number else None,
        way=(name, report.direction) if report.direction else None,
        verdict=(authority, int(exact), ms if exact else -ms, report.answered_by) if report.answered_by else None,
        cost=(milliseconds(report.received_at), str(report.price)) if report.price is not None else None,
        resume=(ms, resumed_at(report)) if report.url and (resumable(report) or leaves(report)) else None,
        parted=ms if report.session else None,
        taps=_taps(report, ms, ended is not None),
    )


def _told_by(report: Report) -> int:
    """History is read, not heard: nobody waited for the callbacks of those legs."""
    if report.source is not Source.REST:
        return BY_THEMSELVES
    return 0 if report.door == HISTORY else BY_REST


def leaves(report: Report) -> bool:
    """Handed over to another application: nothing of ours is a place to go back to any more."""
    return report.door == "twiml" and report.step == "leave"


def resumed_at(report: Report) -> str:
    return "" if leaves(report) else report.url


def resumable(report: Report) -> bool:
    return report.door not in NOT_A_PLACE or (report.door == "twiml" and report.step in RESUMED_AT)


def _taps(report: Report, ms: int, ended: bool) -> tuple[TapState, ...]:
    """Of an answer by REST only a look counts: what Twilio says to a request is that it took it."""
    if not report.tap_sid:
        return ()
    made = str(report.action_id or "") if report.door in TOLD_OF_THEIRS else ""
    if report.door == "tap":
        status = report.tap_status if report.looked_at else ""
        return (told(report.tap_sid, status, ms, looked=report.looked_at, made=made),)
    # The last callback of a recorded leg names the finished recording.
    return (told(report.tap_sid, report.tap_status or ("completed" if ended else "in-progress"), ms, made=made),)
