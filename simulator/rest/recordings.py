"""/Recordings, and those of a call and of a conference. Source: https://www.twilio.com/docs/voice/api/recording"""

from .. import recordings
from ..calls import Call
from ..clock import rfc2822
from ..conferences import Conference
from ..errors import Refused
from ..exchange import Exchange
from ..recordings import Recording, RecordingPlan
from ..web import Response
from .dates import fits
from .form import Form
from .pages import page
from .shapes import VERSION, account_path

CURRENT = "Twilio.CURRENT"
TRACKS = ("both", "inbound", "outbound")


def index(
    exchange: Exchange, form: Form, *, call: Call | None = None, conference: Conference | None = None
) -> Response:
    def wanted(one: Recording) -> bool:
        return (
            (call is None or (one.call is call and one.conference is None))
            and (conference is None or one.conference is conference)
            and (not one.deleted or form.flag("IncludeSoftDeleted"))
            and form.get("CallSid") in ("", one.call.sid)
            and form.get("ConferenceSid") in ("", one.conference.sid if one.conference else None)
            and fits(form, "DateCreated", one.started_at)
        )

    path = f"{_place(exchange, call, conference)}/Recordings.json"
    shape = page(
        path,
        "recordings",
        form,
        reversed(exchange.recordings.values()),
        wanted,
        lambda one: one.sid,
        lambda one: recording_json(exchange, one, call, conference),
    )
    return Response(200, shape)


def create(exchange: Exchange, call: Call, form: Form) -> Response:
    """Starts one on a live call; 21220 if it has not been answered, or is over."""
    plan = read_plan(exchange, form, "StartCallRecordingAPI")
    if call.status != "in-progress":
        raise Refused(21220, words="Requested resource is not eligible for recording")
    recording = recordings.start(exchange, call, plan)
    return Response(201, recording_json(exchange, recording, call))


def fetch(
    exchange: Exchange, recording: Recording, *, call: Call | None = None, conference: Conference | None = None
) -> Response:
    return Response(200, recording_json(exchange, recording, call, conference))


def update(
    exchange: Exchange,
    recording: Recording,
    form: Form,
    *,
    call: Call | None = None,
    conference: Conference | None = None,
) -> Response:
    """Pauses, resumes or stops it. What is over cannot be changed."""
    status, behaviour = form.get("Status"), form.get("PauseBehavior") or "silence"
    if status not in ("paused", "in-progress", "stopped") or behaviour not in ("skip", "silence"):
        raise Refused(20001, "Status must be paused, in-progress or stopped, PauseBehavior skip or silence")
    if not recording.active:
        raise Refused(21220, words="Requested resource is not eligible for recording")
    if status == "paused":
        recordings.pause(exchange, recording, skips=behaviour == "skip")
    elif status == "in-progress":
        recordings.resume(exchange, recording)
    else:
        recordings.stop(exchange, recording)
    return fetch(exchange, recording, call=call, conference=conference)


def delete(exchange: Exchange, recording: Recording) -> Response:
    if recording.active:
        raise Refused(20009)
    # The sound is gone at once; what it was can be looked up for a while, if asked for (IncludeSoftDeleted).
    recording.deleted, recording.status = True, "absent"
    return Response(204)


def of_call(exchange: Exchange, call: Call, sid: str, path: str) -> Recording:
    """Twilio.CURRENT means the only active one: 16108 if there are several, 20404 if there is none."""
    active = recordings.active_of(call)
    found = exchange.recordings.get(sid)
    return _chosen(active, found if found is not None and found.call is call else None, sid, path)


def of_conference(exchange: Exchange, conference: Conference, sid: str, path: str) -> Recording:
    mine = [one for one in exchange.recordings.values() if one.conference is conference]
    return _chosen([one for one in mine if one.active], next((one for one in mine if one.sid == sid), None), sid, path)


def read_plan(exchange: Exchange, form: Form, source: str, prefix: str = "") -> RecordingPlan:
    """The parameters of a recording to be made; `prefix` as in ConferenceRecordingStatusCallback."""
    channels, track = form.get("RecordingChannels") or "mono", form.get("RecordingTrack") or "both"
    if channels not in ("mono", "dual") or track not in TRACKS:
        raise Refused(20001, "RecordingChannels must be mono or dual, RecordingTrack both, inbound or outbound")
    callback = form.plan(exchange, f"{prefix}RecordingStatusCallback", ("completed",), recordings.EVENTS)
    trims = form.get(f"{prefix}Trim") == "trim-silence"
    return RecordingPlan(source, callback, 2 if channels == "dual" else 1, track, trims)


def recording_json(
    exchange: Exchange, recording: Recording, call: Call | None = None, conference: Conference | None = None
) -> dict[str, object]:
    """The same thing looks a little different in each of the three places where it can be found."""
    path = f"{_place(exchange, call, conference)}/Recordings/{recording.sid}"
    shape: dict[str, object] = {
        "sid": recording.sid,
        "account_sid": exchange.settings.account_sid,
        "api_version": VERSION,
        "call_sid": recording.call.sid,
        "conference_sid": recording.conference.sid if recording.conference else None,
        "channels": recording.plan.channels,
        "date_created": rfc2822(recording.started_at),
        "date_updated": rfc2822(recording.updated_at or recording.started_at),
        "start_time": rfc2822(recording.started_at),
        "duration": None if recording.duration is None else str(recording.duration),
        "price": None,
        "price_unit": "USD",
        "status": recording.status,
        "source": recording.plan.source,
        "error_code": None,
        "encryption_details": None,
        "uri": f"{path}.json",
    }
    if call is not None:
        return shape | {"track": recording.plan.track}
    if conference is not None:
        return shape
    parts = {"add_on_results": "AddOnResults", "transcriptions": "Transcriptions"}
    return shape | {
        "subresource_uris": {name: f"{path}/{part}.json" for name, part in parts.items()},
        "media_url": recordings.url(exchange, recording),
    }


def _chosen(active: list[Recording], named: Recording | None, sid: str, path: str) -> Recording:
    if sid == CURRENT and len(active) > 1:
        raise Refused(16108)
    chosen = (active[0] if active else None) if sid == CURRENT else named
    if chosen is None or chosen.deleted:
        raise Refused(20404, path)
    return chosen


def _place(exchange: Exchange, call: Call | None, conference: Conference | None) -> str:
    if call is not None:
        return f"{account_path(exchange)}/Calls/{call.sid}"
    return f"{account_path(exchange)}/Conferences/{conference.sid}" if conference else account_path(exchange)
