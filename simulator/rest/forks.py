"""/Calls/{call}/Streams, /Siprec and /Transcriptions: begun and stopped, never listed.

Source: https://www.twilio.com/docs/voice/api/stream-resource, …/siprec-resource, …/realtime-transcription-resource
"""

from .. import forks
from ..calls import Call, CallbackPlan
from ..clock import rfc2822
from ..errors import Refused
from ..exchange import Exchange
from ..forks import Fork
from ..siprec import Siprec
from ..streams import TRACKS, Stream, StreamPlan, has_room
from ..transcriptions import Transcription, TranscriptionPlan
from ..web import Response
from .form import Form
from .shapes import account_path

MOST_PARAMETERS = 99


def create(exchange: Exchange, call: Call, kind: str, form: Form) -> Response:
    """Only on a live call (21220). The description says 200 for what is created here."""
    if form.get("Track") and form.get("Track") not in TRACKS:
        raise Refused(20001, "Track must be inbound_track, outbound_track or both_tracks")
    if call.status != "in-progress":
        raise Refused(21220, words="Call is not in-progress.")
    maker = {"Streams": _stream, "Siprec": _siprec, "Transcriptions": _transcription}[kind]
    fork = maker(exchange, call, form)
    return Response(exchange.settings.choices.forks_answer, fork_json(exchange, fork))


def update(exchange: Exchange, call: Call, kind: str, sid_or_name: str, form: Form, path: str) -> Response:
    fork = forks.find(call, kind, sid_or_name)
    if fork is None or fork.status == "stopped":
        raise Refused(20404, path)
    if form.get("Status") != "stopped":
        raise Refused(20001, "Status must be stopped")
    fork.stop()
    return Response(200, fork_json(exchange, fork))


def fork_json(exchange: Exchange, fork: Fork) -> dict[str, object]:
    return {
        "sid": fork.sid,
        "account_sid": exchange.settings.account_sid,
        "call_sid": fork.call.sid,
        "name": fork.name or None,
        "status": fork.status,
        "date_updated": rfc2822(fork.updated_at),
        "uri": f"{account_path(exchange)}/Calls/{fork.call.sid}/{fork.kind}/{fork.sid}.json",
    }


def _stream(exchange: Exchange, call: Call, form: Form) -> Fork:
    if not form.get("Url"):
        raise Refused(21205, words="Url parameter is required.")
    if not has_room(call, form.get("Track") or "inbound_track"):
        raise Refused(31941)
    parameters = tuple(
        (form.get(f"Parameter{place}.Name"), form.get(f"Parameter{place}.Value"))
        for place in range(1, MOST_PARAMETERS + 1)
        if form.get(f"Parameter{place}.Name")
    )
    callback = _callback(form, "StatusCallback")
    plan = StreamPlan(form.get("Url"), form.get("Name"), form.get("Track") or "inbound_track", callback, parameters)
    return Stream(exchange, call, plan)


def _siprec(exchange: Exchange, call: Call, form: Form) -> Fork:
    return Siprec(exchange, call, form.get("Name"), _callback(form, "StatusCallback"))


def _transcription(exchange: Exchange, call: Call, form: Form) -> Fork:
    plan = TranscriptionPlan(
        _callback(form, "StatusCallbackUrl"),
        form.get("Name"),
        form.get("Track") or "both_tracks",
        form.get("InboundTrackLabel"),
        form.get("OutboundTrackLabel"),
        form.flag("PartialResults"),
        form.get("LanguageCode") or "en-US",
        form.get("TranscriptionEngine") or "google",
        form.get("SpeechModel") or "telephony",
    )
    return Transcription(exchange, call, plan)


def _callback(form: Form, name: str) -> CallbackPlan | None:
    url = form.url(name, code=21209)
    return CallbackPlan(url, form.method("StatusCallbackMethod")) if url else None
