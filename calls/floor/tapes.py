"""Recordings that are paused are looked at again and again: a wish that was given up, or somebody else, may have let
one go on, and no callback would tell. And what was just being begun when privacy was switched on is paused or stopped
as soon as Twilio tells of it."""

import contextlib
import logging
import time
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from django.utils import timezone

from calls.control import asking, perform
from calls.control.verbs import VERBS
from calls.intake.taps import private_since
from calls.models import OPEN_STATES, Action, Tap, twilio_down
from calls.twilio import gateway

EVERY = timedelta(seconds=10)
PATIENCE = 2.0  # seconds for one look
LOOKS = 4  # a round, those first that nobody has looked at for the longest
TRIES = 3  # to pause or stop what began meanwhile; each insists by itself
log = logging.getLogger(__name__)


def watch_pauses() -> None:
    """One round. What Twilio says goes through `record`, as always; as long as it cannot be asked, nothing is."""
    if twilio_down() is not None:
        return
    due = timezone.now() - EVERY
    paused = Tap.objects.filter(kind=Tap.Kind.RECORDING, status="paused", ended_at=None, looked_at__lt=due)
    for sid, leg in paused.order_by("looked_at").values_list("sid", "leg_id")[:LOOKS]:
        asked_at = timezone.now()
        with contextlib.suppress(gateway.Refused, gateway.Unreachable):
            found = gateway.fetch_beside(leg, "Recordings", sid, until=time.monotonic() + PATIENCE)
            asking.take_in([asking.Told(found | {"call_sid": leg}, asked_at, looked=True)])


def keep_private() -> None:
    """One round; in as many processes as like (one key, one action). Privacy that is open still waits for what was
    being begun: what is known of that by now is not told of it by anybody else."""
    for action in Action.objects.filter(verb="privacy", state__in=OPEN_STATES).select_related("by"):
        coming = action.plan["facts"].get("coming", ())
        began = Tap.objects.filter(action__in=coming, ended_at=None).exclude(status="paused") if coming else ()
        for tap in began:
            try:
                silence(tap, action, timezone.now())
            except Exception:
                log.exception("What began while privacy was switched on could not be ended: %s.", tap)


def silence(tap: Tap, private: Action, now: datetime) -> None:
    """By an action of its own, for the supervisor who switched privacy on. The reminder comes when it would have."""
    wishes = list(Action.objects.filter(call=private.call_id).order_by("-requested_at"))
    if (since := private_since(wishes)) is None:
        return
    tried = [one for one in wishes if one.verb == "privacy" and is_about(one, tap)]
    if len(tried) < TRIES and not any(one.open for one in tried):
        ends = since.requested_at + timedelta(minutes=since.plan["facts"]["minutes"])
        minutes = max(1, round((ends - now) / timedelta(minutes=1)))
        key = uuid5(NAMESPACE_OID, f"{private.pk} {tap.sid} {len(tried)}")
        fields = {"minutes": str(minutes)}
        perform.wish(private.call_id, private.by, "privacy", VERBS["privacy"], fields, key=key, shape="", owed=True)


def is_about(action: Action, tap: Tap) -> bool:
    return any(sent.get("its") == tap.sid for sent in action.plan["sends"])
