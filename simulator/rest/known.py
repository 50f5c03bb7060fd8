"""The operations that there are here, and the parameters that Twilio knows of each.

Any other parameter is ignored, with a warning in the debugger (20001). Source: github.com/twilio/twilio-oai, api_v2010.
Many of them change nothing here.
"""

import re

OWN_OF_LISTS = "PageSize Page PageToken"
KNOWN: dict[tuple[str, str], str] = {
    ("GET", "Calls"): ("To From ParentCallSid Status StartTime StartTime< StartTime> EndTime EndTime< EndTime>"),
    ("POST", "Calls"): (
        "To From Method FallbackUrl FallbackMethod StatusCallback StatusCallbackEvent StatusCallbackMethod "
        "SendDigits Timeout Record RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod "
        "SipAuthUsername SipAuthPassword MachineDetection MachineDetectionTimeout RecordingStatusCallbackEvent "
        "Trim CallerId MachineDetectionSpeechThreshold MachineDetectionSpeechEndThreshold "
        "MachineDetectionSilenceTimeout AsyncAmd AsyncAmdStatusCallback AsyncAmdStatusCallbackMethod Byoc "
        "CallReason CallToken RecordingTrack TimeLimit ClientNotificationUrl Url Twiml ApplicationSid"
    ),
    ("POST", "Calls/*"): (
        "Url Method Status FallbackUrl FallbackMethod StatusCallback StatusCallbackMethod Twiml TimeLimit"
    ),
    ("GET", "Calls/*/Notifications"): ("Log MessageDate MessageDate< MessageDate>"),
    ("GET", "Calls/*/Recordings"): ("DateCreated DateCreated< DateCreated>"),
    ("POST", "Calls/*/Recordings"): (
        "RecordingStatusCallbackEvent RecordingStatusCallback RecordingStatusCallbackMethod Trim "
        "RecordingChannels RecordingTrack"
    ),
    ("POST", "Calls/*/Recordings/*"): ("Status PauseBehavior"),
    ("POST", "Calls/*/Streams"): ("Url Name Track StatusCallback StatusCallbackMethod"),
    ("POST", "Calls/*/Streams/*"): ("Status"),
    ("POST", "Calls/*/Siprec"): ("Name ConnectorName Track StatusCallback StatusCallbackMethod"),
    ("POST", "Calls/*/Siprec/*"): ("Status"),
    ("POST", "Calls/*/Transcriptions"): (
        "Name Track StatusCallbackUrl StatusCallbackMethod InboundTrackLabel OutboundTrackLabel PartialResults "
        "LanguageCode TranscriptionEngine ProfanityFilter SpeechModel Hints EnableAutomaticPunctuation "
        "IntelligenceService ConversationConfiguration ConversationId ConfigurationId EnableProviderData"
    ),
    ("POST", "Calls/*/Transcriptions/*"): ("Status"),
    ("GET", "Conferences"): (
        "DateCreated DateCreated< DateCreated> DateUpdated DateUpdated< DateUpdated> FriendlyName Status"
    ),
    ("POST", "Conferences/*"): ("Status AnnounceUrl AnnounceMethod"),
    ("GET", "Conferences/*/Participants"): ("Muted Hold Coaching"),
    ("POST", "Conferences/*/Participants"): (
        "From To StatusCallback StatusCallbackMethod StatusCallbackEvent Label Timeout Record Muted Beep "
        "StartConferenceOnEnter EndConferenceOnExit WaitUrl WaitMethod EarlyMedia MaxParticipants "
        "ConferenceRecord ConferenceTrim ConferenceStatusCallback ConferenceStatusCallbackMethod "
        "ConferenceStatusCallbackEvent RecordingChannels RecordingStatusCallback RecordingStatusCallbackMethod "
        "SipAuthUsername SipAuthPassword Region ConferenceRecordingStatusCallback "
        "ConferenceRecordingStatusCallbackMethod RecordingStatusCallbackEvent "
        "ConferenceRecordingStatusCallbackEvent Coaching CallSidToCoach JitterBufferSize Byoc CallerId CallReason "
        "RecordingTrack TimeLimit MachineDetection MachineDetectionTimeout MachineDetectionSpeechThreshold "
        "MachineDetectionSpeechEndThreshold MachineDetectionSilenceTimeout AmdStatusCallback "
        "AmdStatusCallbackMethod Trim CallToken ClientNotificationUrl CallerDisplayName"
    ),
    ("POST", "Conferences/*/Participants/*"): (
        "Muted Hold HoldUrl HoldMethod AnnounceUrl AnnounceMethod WaitUrl WaitMethod BeepOnExit "
        "EndConferenceOnExit Coaching CallSidToCoach"
    ),
    ("GET", "Conferences/*/Recordings"): ("DateCreated DateCreated< DateCreated>"),
    ("POST", "Conferences/*/Recordings/*"): ("Status PauseBehavior"),
    ("POST", "Queues"): ("FriendlyName MaxSize"),
    ("POST", "Queues/*"): ("FriendlyName MaxSize"),
    ("POST", "Queues/*/Members/*"): ("Url Method"),
    ("GET", "Recordings"): ("DateCreated DateCreated< DateCreated> CallSid ConferenceSid IncludeSoftDeleted"),
    ("GET", "Recordings/*"): ("IncludeSoftDeleted"),
    ("GET", "Notifications"): ("Log MessageDate MessageDate< MessageDate>"),
    ("GET", "Applications"): ("FriendlyName"),
    ("POST", "Applications"): (
        "ApiVersion VoiceUrl VoiceMethod VoiceFallbackUrl VoiceFallbackMethod StatusCallback StatusCallbackMethod "
        "VoiceCallerIdLookup SmsUrl SmsMethod SmsFallbackUrl SmsFallbackMethod SmsStatusCallback "
        "MessageStatusCallback FriendlyName PublicApplicationConnectEnabled"
    ),
    ("POST", "Applications/*"): (
        "FriendlyName ApiVersion VoiceUrl VoiceMethod VoiceFallbackUrl VoiceFallbackMethod StatusCallback "
        "StatusCallbackMethod VoiceCallerIdLookup SmsUrl SmsMethod SmsFallbackUrl SmsFallbackMethod "
        "SmsStatusCallback MessageStatusCallback PublicApplicationConnectEnabled"
    ),
    ("GET", "IncomingPhoneNumbers"): ("Beta FriendlyName PhoneNumber Origin"),
    ("POST", "IncomingPhoneNumbers"): (
        "ApiVersion FriendlyName SmsApplicationSid SmsFallbackMethod SmsFallbackUrl SmsMethod SmsUrl "
        "StatusCallback StatusCallbackMethod VoiceApplicationSid VoiceCallerIdLookup VoiceFallbackMethod "
        "VoiceFallbackUrl VoiceMethod VoiceUrl EmergencyStatus EmergencyAddressSid TrunkSid IdentitySid "
        "AddressSid VoiceReceiveMode BundleSid PhoneNumber AreaCode"
    ),
    ("POST", "IncomingPhoneNumbers/*"): (
        "AccountSid ApiVersion FriendlyName SmsApplicationSid SmsFallbackMethod SmsFallbackUrl SmsMethod SmsUrl "
        "StatusCallback StatusCallbackMethod VoiceApplicationSid VoiceCallerIdLookup VoiceFallbackMethod "
        "VoiceFallbackUrl VoiceMethod VoiceUrl EmergencyStatus EmergencyAddressSid TrunkSid VoiceReceiveMode "
        "IdentitySid AddressSid BundleSid"
    ),
}
# Those that have no parameters, or only those of every list.
PLAIN: dict[str, str] = {
    "GET": (
        "Calls/* Calls/*/Events Calls/*/Notifications/* Calls/*/Recordings/* Conferences/* "
        "Conferences/*/Participants/* Conferences/*/Recordings/* Queues Queues/* Queues/*/Members Queues/*/Members/* "
        "Notifications/* Applications/* IncomingPhoneNumbers/*"
    ),
    "DELETE": (
        "Calls/* Calls/*/Recordings/* Conferences/*/Participants/* Conferences/*/Recordings/* Queues/* Recordings/* "
        "Applications/* IncomingPhoneNumbers/*"
    ),
}
OPERATIONS = frozenset(KNOWN) | {(method, path) for method, paths in PLAIN.items() for path in paths.split()}
NUMBERED = re.compile(r"Parameter([1-9]|[1-9]\d)\.(Name|Value)")


def operation(method: str, parts: list[str]) -> tuple[str, str]:
    """Places and things take turns in a path: Calls/CA…/Recordings is Calls/*/Recordings."""
    return method, "/".join("*" if place % 2 else part for place, part in enumerate(parts))


def refusal(method: str, parts: list[str]) -> int | None:
    """The code of an operation that there is not: 20004 if it is only the method that is wrong there, else 20404."""
    wanted = operation(method, parts)
    if wanted in OPERATIONS:
        return None
    return 20004 if any(path == wanted[1] for _, path in OPERATIONS) else 20404


def unknown(method: str, parts: list[str], names: list[str]) -> list[str]:
    wanted = operation(method, parts)
    known = {*KNOWN.get(wanted, "").split(), *(OWN_OF_LISTS.split() if method == "GET" else ())}
    numbered = wanted[1] in ("Calls/*/Streams", "Calls/*/Siprec")
    return [name for name in names if name not in known and not (numbered and NUMBERED.fullmatch(name))]
