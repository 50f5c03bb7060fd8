"""The words of TwiML: which attributes an element has, and what some of them may say.

An attribute that there is not is a warning (12200), and so is a wrong value (each with a code of its own); the document
is performed all the same. Source: https://www.twilio.com/docs/voice/twiml, https://www.twilio.com/docs/api/errors.
"""

import re
from collections.abc import Iterator

from .twiml import Document, Verb

_CALLBACK = "statusCallback statusCallbackMethod"
_EVENTS = f"{_CALLBACK} statusCallbackEvent"
_RECORDING = (
    "recordingStatusCallback recordingStatusCallbackMethod recordingStatusCallbackEvent recordingConfigurationId"
)
_DETECTION = (
    "machineDetection machineDetectionTimeout machineDetectionSpeechThreshold machineDetectionSpeechEndThreshold "
    "machineDetectionSilenceTimeout amdStatusCallback amdStatusCallbackMethod"
)
ATTRIBUTES: dict[str, frozenset[str]] = {
    element: frozenset(names.split())
    for element, names in {
        "Say": "voice loop language",
        "Play": "loop digits",
        "Pause": "length",
        "Gather": (
            "input action method timeout speechTimeout maxSpeechTime profanityFilter finishOnKey numDigits "
            "partialResultCallback partialResultCallbackMethod language hints bargeIn debug actionOnEmptyResult "
            "speechModel enhanced"
        ),
        "Record": (
            f"action method timeout finishOnKey maxLength playBeep trim {_RECORDING} transcribe transcribeCallback"
        ),
        "Dial": (
            "action method timeout hangupOnStar timeLimit callerId record trim recordingTrack answerOnBridge ringTone "
            f"sequential referUrl referMethod events passports {_RECORDING}"
        ),
        "Number": f"sendDigits url method byoc {_EVENTS} {_DETECTION}",
        "Client": f"url method {_EVENTS}",
        "Sip": f"username password url method {_EVENTS} {_DETECTION}",
        "WhatsApp": f"url method {_EVENTS}",
        "Sim": "",
        "Application": f"applicationSid url method customerId copyParentTo {_EVENTS}",
        "Queue": "url method reservationSid postWorkActivitySid",
        "Conference": (
            "muted beep startConferenceOnEnter endConferenceOnExit participantLabel jitterBufferSize waitUrl "
            f"waitMethod maxParticipants record region trim coach eventCallbackUrl {_EVENTS} {_RECORDING}"
        ),
        "Enqueue": "action method waitUrl waitUrlMethod workflowSid maxQueueSize",
        "Task": "priority timeout",
        "Leave": "",
        "Hangup": "",
        "Reject": "reason",
        "Redirect": "method",
        "Refer": "action method",
        "Start": "action method",
        "Stop": "",
        "Connect": "action method",
        "Stream": f"name connectorName url track audioFormat sampleRate {_CALLBACK}",
        "Siprec": f"name connectorName track {_CALLBACK}",
        "Transcription": (
            "name track statusCallbackUrl statusCallbackMethod inboundTrackLabel outboundTrackLabel partialResults "
            "languageCode transcriptionEngine profanityFilter speechModel hints enableAutomaticPunctuation "
            "intelligenceService"
        ),
        "Recording": f"name track channels trim {_RECORDING}",
        "Parameter": "name value",
    }.items()
}

_SWITCH, _METHOD, _WHOLE = re.compile("true|false"), re.compile("GET|POST", re.IGNORECASE), re.compile("[0-9]+")
VALUES: dict[tuple[str, str], tuple[int, re.Pattern[str]]] = {
    ("Dial", "method"): (13210, _METHOD),
    ("Dial", "timeout"): (13212, _WHOLE),
    ("Dial", "hangupOnStar"): (13213, _SWITCH),
    ("Number", "method"): (13221, _METHOD),
    ("Number", "sendDigits"): (13222, re.compile("[0-9A-D#*wW]+")),
    ("Conference", "muted"): (13230, _SWITCH),
    ("Conference", "endConferenceOnExit"): (13231, _SWITCH),
    ("Conference", "startConferenceOnEnter"): (13232, _SWITCH),
    ("Conference", "waitMethod"): (13234, _METHOD),
}
# What a Gather can say while it listens.
PROMPTS = frozenset({"Say", "Play", "Pause"})


def doubtful(document: Document) -> Iterator[tuple[int, str]]:
    """The debugger's code and words for each thing that the document says wrongly."""
    for verb in document.verbs:
        yield from _doubtful(verb)


def _doubtful(verb: Verb) -> Iterator[tuple[int, str]]:
    if (known := ATTRIBUTES.get(verb.name)) is None:
        return  # an element that is not known is the business of who skips it
    for name, value in verb.attributes.items():
        if name not in known and not name.startswith("{"):
            yield 12200, f"<{verb.name}> has no attribute {name}"
        code, allowed = VALUES.get((verb.name, name), (0, None))
        if allowed is not None and not allowed.fullmatch(value.strip()):
            yield code, f'{name}="{value}"'
    for noun in verb.nouns:
        if verb.name == "Gather" and noun.name not in PROMPTS:
            yield 12200, f"<{noun.name}> in <Gather> was skipped"
        elif verb.name != "Say":  # what it holds is SSML
            yield from _doubtful(noun)
