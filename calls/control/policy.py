"""Who may do what where; every answer is a sentence."""

from django.contrib.auth.models import Permission
from django.utils import timezone

from calls.control.plan import Refusal
from calls.models import Call, Rights, twilio_down

# One permission a verb. The docs have the same table, and a test compares them.
PERMISSION = {
    "transfer": "transfer_call",
    "announce": "announce_call",
    "end": "end_call",
    "redirect": "redirect_call",
    "hold": "hold_call",
    "resume": "hold_call",
    "mute": "mute_call",
    "unmute": "mute_call",
    "kick": "kick_call",
    "complete": "transfer_call",
    "cancel": "transfer_call",
    "swap": "transfer_call",
    "add": "add_party_call",
    "pull": "pull_call",
    "move": "pull_call",
    "front": "pull_call",
    "monitor": "monitor_call",
    "leave": "monitor_call",
    "whisper": "whisper_call",
    "barge": "barge_call",
    "take_over": "take_over_call",
    "hand_back": "take_over_call",
    "record": "record_call",
    "stop_recording": "record_call",
    "pause": "record_call",
    "resume_recording": "record_call",
    "privacy": "record_call",
    "end_privacy": "record_call",
    "transcribe": "transcribe_call",
    "stop_transcript": "transcribe_call",
    "stream": "stream_call",
    "stop_stream": "stream_call",
    "limit": "end_call",
}


def refusal(rights: Rights, verb: str, call: Call) -> Refusal | None:
    """None: allowed. Otherwise the permission that is missing, in words, and where this person does hold it."""
    return lacking(rights, PERMISSION[verb], call)


def lacking(rights: Rights, codename: str, call: Call) -> Refusal | None:
    """The same for one permission: what a plan needs beyond that of its verb."""
    if rights.may(codename, call.team_id):
        return None
    held = sorted(rights.team_names[team] for team in rights.watched if team and rights.may(codename, team))
    where = call.team.name if call.team else "calls without a team"
    message = f"You need the permission “{words_of(codename)}” on {where}."
    if held:
        message += f" You have it on {', '.join(held)}."
    return Refusal("forbidden", message)


# While cards are read aloud a try that fails is better than none: it may get through, and it says what to do.
TRIED_ANYHOW = {"pause", "privacy"}


def provider_refusal() -> Refusal | None:
    """While Twilio's API does not answer, a wish could only end as unknown: it is refused, and nothing is sent."""
    since = twilio_down()
    if since is None:
        return None
    at = timezone.localtime(since)
    return Refusal("twilio_down", f"Twilio's API has not answered since {at:%H:%M:%S}: nothing can be sent.")


def words_of(codename: str) -> str:
    return Permission.objects.get(content_type__app_label="calls", codename=codename).name
