"""/Conferences/{conference}/Participants. Source: https://www.twilio.com/docs/voice/api/conference-participant-resource"""

from dataclasses import replace

from .. import conferences, switchboard
from ..calls import CallbackPlan
from ..conference_sounds import announce
from ..conferences import Conference, Seat
from ..errors import Refused
from ..exchange import Exchange
from ..line import Source
from ..switchboard import Invitation
from ..web import Response
from .calls import read_detection, read_order
from .form import Form
from .pages import page
from .recordings import read_plan
from .shapes import account_path, participant_json

CONFERENCE_EVENTS = ("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
LONGEST_LABEL = 128


def index(exchange: Exchange, conference: Conference, form: Form) -> Response:
    def wanted(seat: Seat) -> bool:
        return all(
            form.get(name).lower() in ("", str(value).lower())
            for name, value in (("Muted", seat.muted), ("Hold", seat.hold), ("Coaching", seat.coaching))
        )

    path = f"{account_path(exchange)}/Conferences/{conference.sid}/Participants.json"
    newest_first = reversed([*conference.seats.values(), *conference.invited.values()])
    sid, shape = lambda seat: seat.call.sid, lambda seat: participant_json(exchange, seat)
    return Response(200, page(path, "participants", form, newest_first, wanted, sid, shape))


def create(exchange: Exchange, name_or_sid: str, form: Form) -> Response:
    """Rings somebody into a conference. A friendly name opens it if need be, a SID must be of a live one."""
    # Here several events may stand in one value, as they may not at /Calls.
    order = read_order(exchange, form, joined_events=True)
    label = form.get("Label")
    if len(label) > LONGEST_LABEL or "/" in label or label.startswith("CA"):
        raise Refused(16023, label)
    wait = form.url("WaitUrl")
    existing = conferences.find(exchange, name_or_sid) or exchange.conferences.get(name_or_sid)
    if existing is not None and existing.over or existing is None and name_or_sid.startswith("CF"):
        raise Refused(16022, name_or_sid)
    if label and existing is not None and existing.seat_of(label):
        raise Refused(16026, label)
    if existing is not None and existing.full:
        raise Refused(16020, existing.name)
    coached = _coached(existing, form)
    record = form.get("ConferenceRecord") in ("true", "record-from-start")
    recording = read_plan(exchange, form, "Conference", "Conference") if record else None
    conference = existing or conferences.find_or_open(exchange, name_or_sid, _plan(exchange, form), recording)
    if existing is None:
        conference.most = int(form.seconds("MaxParticipants", conferences.MOST_PARTICIPANTS, most=250, code=20001))
    order = replace(order, detection=read_detection(exchange, form, participant=True))
    manners: dict[str, object] = {
        "label": label,
        "muted": form.flag("Muted"),
        "coaching": coached is not None,
        "coached_sid": coached,
        "starts": form.flag("StartConferenceOnEnter", True),
        "ends": form.flag("EndConferenceOnExit"),
        "beep": form.get("Beep", "true"),
        "wait": Source(wait, form.method("WaitMethod"), purpose="wait") if wait else None,
    }
    seat = switchboard.invite(exchange, order, Invitation(conference, manners))
    return Response(201, participant_json(exchange, seat))


def fetch(exchange: Exchange, seat: Seat) -> Response:
    return Response(200, participant_json(exchange, seat))


def update(exchange: Exchange, seat: Seat, form: Form) -> Response:
    coached = _coached(seat.conference, form)
    if form.has("Coaching") or form.has("CallSidToCoach"):
        seat.coaching, seat.coached_sid = coached is not None, coached
        conferences.modified(exchange, seat)
    if form.has("EndConferenceOnExit") or form.has("BeepOnExit") or form.has("WaitUrl"):
        seat.ends = form.flag("EndConferenceOnExit", seat.ends)
        seat.beep = form.get("BeepOnExit", seat.beep)
        if wait := form.url("WaitUrl"):
            seat.wait = Source(wait, form.method("WaitMethod"), purpose="wait")
        conferences.modified(exchange, seat)
    if form.has("Muted"):
        conferences.mute(exchange, seat, form.flag("Muted"))
    if form.has("Hold"):
        music = form.url("HoldUrl")
        # HoldMethod is the one method that is GET unless said otherwise.
        source = Source(music, form.method("HoldMethod", "GET"), purpose="hold") if music else None
        conferences.hold(exchange, seat, form.flag("Hold"), source)
    if announcement := form.url("AnnounceUrl"):
        source = Source(announcement, form.method("AnnounceMethod"), purpose="announce")
        exchange.spawn(announce(exchange, seat.conference, source, only=seat))
    return Response(200, participant_json(exchange, seat))


def delete(exchange: Exchange, seat: Seat) -> Response:
    """Puts them out. Whom REST had rung is hung up; whom TwiML had sent goes on behind the <Dial>."""
    conferences.leave(exchange, seat, "participant_updated_via_api", kicked=True)
    return Response(204)


def _coached(conference: Conference | None, form: Form) -> str | None:
    """The SID of whom to coach. CallSidToCoach alone means Coaching=true; Coaching=true alone is not enough."""
    sid = form.get("CallSidToCoach")
    if not form.flag("Coaching", bool(sid)):
        return None
    if not sid:
        raise Refused(20001, "Coaching needs CallSidToCoach")
    seat = conference.seats.get(sid) if conference else None
    if seat is None:
        raise Refused(16028, sid)
    if seat.hold:
        raise Refused(16027, sid)
    return sid


def _plan(exchange: Exchange, form: Form) -> CallbackPlan | None:
    url = form.url("ConferenceStatusCallback")
    # Documented as one string of words; the official libraries send one field for each.
    events = " ".join(form.all("ConferenceStatusCallbackEvent") or ["start end"]).split()
    if unknown := [event for event in events if event not in CONFERENCE_EVENTS]:
        exchange.note(21626, url=url, detail=", ".join(unknown))
    return CallbackPlan(url, form.method("ConferenceStatusCallbackMethod"), frozenset(events)) if url else None
