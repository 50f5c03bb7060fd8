"""<Start> and <Stop>: what runs beside the call begins and ends; the next verb follows at once.

Source: https://www.twilio.com/docs/voice/twiml/start, …/stop
"""

from .. import forks, recordings
from ..calls import CallbackPlan
from ..legs import answer
from ..recordings import RecordingPlan
from ..siprec import Siprec
from ..stage import Next, Stage, Step
from ..streams import Stream, StreamPlan
from ..transcriptions import Transcription, TranscriptionPlan
from ..twiml import Verb
from .record import recording_plan

KINDS = {"Stream": "Streams", "Siprec": "Siprec", "Transcription": "Transcriptions"}


async def start(stage: Stage, verb: Verb) -> Step:
    answer(stage.exchange, stage.call)
    for noun in verb.nouns:
        match noun.name:
            case "Stream":
                Stream(stage.exchange, stage.call, stream_plan(stage, noun))
            case "Transcription":
                Transcription(stage.exchange, stage.call, transcription_plan(stage, noun))
            case "Siprec":
                Siprec(stage.exchange, stage.call, noun.get("name"), _callback(stage, noun, "statusCallback"))
            case "Recording":
                channels = 1 if noun.get("channels") == "mono" else 2
                # REST has no word of its own for one that TwiML has started.
                named = noun.get("name")
                plan = RecordingPlan("StartCallRecordingAPI", recording_plan(stage, noun), channels, name=named)
                recordings.start(stage.exchange, stage.call, plan)
            case unknown:
                stage.note(12200, f"<{unknown}> in <Start> is not known here and was skipped")
    return Next.VERB


async def stop(stage: Stage, verb: Verb) -> Step:
    for noun in verb.nouns:
        for recording in recordings.active_of(stage.call) if noun.name == "Recording" else ():
            if recording.plan.name == noun.get("name"):
                recordings.stop(stage.exchange, recording)
        fork = forks.find(stage.call, KINDS.get(noun.name, ""), noun.get("name"))
        if fork is not None:
            fork.stop()
    return Next.VERB


def stream_plan(stage: Stage, noun: Verb, *, bidirectional: bool = False) -> StreamPlan:
    return StreamPlan(
        noun.get("url"),
        noun.get("name"),
        noun.get("track") or "inbound_track",
        _callback(stage, noun, "statusCallback"),
        parameters(noun),
        bidirectional,
    )


def transcription_plan(stage: Stage, noun: Verb) -> TranscriptionPlan:
    # Unlike its neighbours' this attribute is called statusCallbackUrl.
    return TranscriptionPlan(
        _callback(stage, noun, "statusCallbackUrl", "statusCallbackMethod"),
        noun.get("name"),
        noun.get("track") or "both_tracks",
        noun.get("inboundTrackLabel"),
        noun.get("outboundTrackLabel"),
        noun.flag("partialResults"),
        noun.get("languageCode") or "en-US",
        noun.get("transcriptionEngine") or "google",
        noun.get("speechModel") or "telephony",
    )


def parameters(noun: Verb) -> tuple[tuple[str, str], ...]:
    return tuple((one.get("name"), one.get("value")) for one in noun.nouns if one.name == "Parameter")


def _callback(stage: Stage, noun: Verb, name: str, method: str = "statusCallbackMethod") -> CallbackPlan | None:
    if not noun.get(name):
        return None
    return CallbackPlan(stage.document.absolute(noun.get(name)), noun.get(method, "POST"))
