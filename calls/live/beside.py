"""What a desk says of a call's recordings, transcriptions and streams, of its privacy and of its time limit. Pure.

Never "paused" unless Twilio has said so since anybody last wished that it goes on; as long as that is not certain it
is taken for recording.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from calls.intake.taps import PAUSES, private_since, trusted_from
from calls.live.frames import moment

if TYPE_CHECKING:
    from calls.models import Action, Tap


def beside(taps: Sequence["Tap"], actions: Sequence["Action"]) -> dict[str, Any]:
    """`taps`: those that run; `actions`: all of the call, the newest first. Only what there is to say."""
    told = {**of_tapes(taps, actions), **of_privacy(actions), **of_limit(actions)}
    kinds = {tap.kind for tap in taps}
    return told | {name: True for kind, name in FORKS.items() if kind in kinds}


FORKS = {"transcription": "transcribed", "stream": "streamed"}


def of_tapes(taps: Sequence["Tap"], actions: Sequence["Action"]) -> dict[str, Any]:
    """`recording`: recording, pausing (and still recording), paused; that was confirmed at `paused_at`."""
    tapes, trusted = [tap for tap in taps if tap.kind == "recording"], trusted_from(actions)
    if not tapes:
        return {}
    if all(tap.surely_paused(trusted) for tap in tapes):
        return {"recording": "paused", "paused_at": moment(max(tap.looked_at for tap in tapes if tap.looked_at))}
    pausing = any(action.open and action.verb in PAUSES for action in actions)
    return {"recording": "pausing" if pausing else "recording"}


def of_privacy(actions: Sequence["Action"]) -> dict[str, Any]:
    """Since when the privacy switch is on, and when the desk reminds of it."""
    since = private_since(actions)
    if since is None:
        return {}
    minutes = since.plan.get("facts", {}).get("minutes", 0)
    ends = since.requested_at + timedelta(minutes=minutes)
    return {"private_since": moment(since.requested_at), "remind_at": moment(ends)}


def of_limit(actions: Sequence["Action"]) -> dict[str, Any]:
    """When Twilio ends the call by itself."""
    last = next((one for one in actions if one.verb == "limit" and one.state == "confirmed"), None)
    until = last.plan.get("facts", {}).get("until", "") if last else ""
    return {"limit_at": until} if until else {}
