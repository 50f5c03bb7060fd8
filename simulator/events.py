"""The words by which a status callback is known: its purpose, the event somebody subscribed to, the status it tells."""

# A conference's events, each with the word by which one subscribes to it.
OF_A_CONFERENCE = {
    "conference-start": "start",
    "conference-end": "end",
    "participant-join": "join",
    "participant-leave": "leave",
    "participant-mute": "mute",
    "participant-unmute": "mute",
    "participant-hold": "hold",
    "participant-unhold": "hold",
    "participant-modify": "modify",
    "participant-speech-start": "speaker",
    "participant-speech-stop": "speaker",
    "announcement-end": "announcement",
    "announcement-fail": "announcement",
}
# Whoever subscribed to `completed` is told of every end, and who subscribed to `answered` reads in-progress.
# Source: https://www.twilio.com/docs/voice/api/call-resource#statuscallbackevent
OF_A_CALL = {
    "initiated": "initiated",
    "ringing": "ringing",
    "in-progress": "answered",
    **dict.fromkeys(("completed", "busy", "failed", "no-answer", "canceled"), "completed"),
}
ABOUT_A_CALL = ("call-progress", "number-status")
PURPOSES = (*ABOUT_A_CALL, "conference", "recording", "transcription", "stream", "siprec", "amd", "gather-partial")
OTHERS = (
    "paused",
    "resumed",
    "stopped",
    "absent",
    "transcription-started",
    "transcription-content",
    "transcription-stopped",
    "stream-started",
)
OTHERS += ("stream-stopped", "stream-error", "siprec-started", "siprec-stopped")
KNOWN = tuple(
    dict.fromkeys([*OF_A_CALL.values(), *OF_A_CALL, *OF_A_CONFERENCE, *OF_A_CONFERENCE.values(), *OTHERS, *PURPOSES])
)
# Which of a callback's parameters name an event.
NAMED_IN = ("StatusCallbackEvent", "CallStatus", "RecordingStatus", "TranscriptionEvent", "StreamEvent", "SiprecEvent")


def words_of(purpose: str, params: list[tuple[str, str]]) -> set[str]:
    """All the words of KNOWN that mean this callback."""
    told = {value for name, value in params if name in NAMED_IN}
    subscribed = {OF_A_CONFERENCE[word] for word in told & OF_A_CONFERENCE.keys()}
    if purpose in ABOUT_A_CALL:
        subscribed |= {OF_A_CALL[word] for word in told & OF_A_CALL.keys()}
    return told | subscribed | {purpose}
