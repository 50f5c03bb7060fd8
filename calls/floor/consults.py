"""What a caller is owed: nobody stays on hold for a consultation that is over, whoever hung up in the middle of it.

The plan of the warm transfer has said so. It is done by an action of its own, for the supervisor who began: seen in the
ledger and the audit, and followed up like any other.
"""

import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from calls.control import perform
from calls.control.bystanders import LEFT_ALONE
from calls.control.cast import NOT_YET_ANSWERED
from calls.control.perform import legs_of
from calls.control.plans.consult import consultation
from calls.control.verbs import VERBS
from calls.control.verbs.cast import cast_of, consulted
from calls.control.verbs.consult import UNHEARD
from calls.floor.routing import is_cared_for
from calls.models import OPEN_STATES, Action, Call, Leg, Presence, twilio_down
from calls.twilio import gateway

TRIES = 5
WAITS, LONGEST = 5.0, 60.0  # seconds after the first try; twice as long after each that follows
NOT_ASKED = ("unreachable", "credentials", "20429", "not_sent")  # Twilio has not looked at it: no try was spent
AGAIN = timedelta(seconds=5)  # until a room is asked once more to end
PATIENCE = 5.0  # seconds for that
LONG_AGO = datetime.min.replace(tzinfo=UTC)
asked: dict[str, datetime] = {}  # rooms and legs, and when
log = logging.getLogger(__name__)


def put_right() -> None:
    """One round; in as many processes as like: one key, one action, and a room that is over is over."""
    off_hold()
    let_out(timezone.now())
    send_home(timezone.now())


def let_out(now: datetime) -> None:
    """Who is alone in a room, and came there by no queue, goes on behind it: they hear nothing there, or the music of
    a hold that nobody ends."""
    for place in alone():
        sid, leg = place.room_id, place.leg
        if is_cared_for(leg.call, leg.role) or now - asked.get(sid, LONG_AGO) < AGAIN:
            continue
        asked[sid] = now
        try:
            gateway.update_room(sid, {"Status": "completed"}, until=time.monotonic() + PATIENCE)
        except (gateway.Refused, gateway.Unreachable) as error:
            log.info("Whoever is alone could not be let out: %s", error)
    for sid in [sid for sid, at in asked.items() if now - at > AGAIN]:
        del asked[sid]


def alone() -> "QuerySet[Presence]":
    """Callers as their call's status says; who is on hold, a customer who was called, or who was consulted, if of all
    who might talk to them nobody is left, whether in the room or not, and the conversation had begun."""
    live = Leg.objects.filter(call=OuterRef("leg__call"), ended_at=None, unverified=False)
    others = live.exclude(pk=OuterRef("leg")).exclude(role=Leg.Role.SUPERVISOR)
    callers = Q(leg__role=Leg.Role.CALLER, leg__call__status=Call.Status.WAITING)
    left = Q(held=True) | Q(leg__role__in=LEFT_ALONE)
    called = left & Q(leg__role__in=(Leg.Role.CALLER, *LEFT_ALONE), room__status="in-progress") & ~Exists(others)
    there = Presence.objects.filter(present=True, leg__ended_at=None, room__name__startswith="call-")
    there = there.filter(leg__call__ended_at=None, leg__call__waiting=None)
    return there.filter(callers | called).select_related("leg__call")


def send_home(now: datetime) -> None:
    """Whom a wish or the queue has called in, and with whom nobody is left to talk: they stop ringing, or leave."""
    for leg in in_vain(now):
        if now - asked.get(leg.sid, LONG_AGO) < AGAIN:
            continue
        asked[leg.sid] = now
        try:
            status = "canceled" if leg.status in NOT_YET_ANSWERED else "completed"
            gateway.end_leg(leg.sid, status, until=time.monotonic() + PATIENCE)
        except (gateway.Refused, gateway.Unreachable) as error:
            log.info("The leg %s, of a call that is over, could not be ended: %s", leg.sid, error)


def in_vain(now: datetime) -> "QuerySet[Leg]":
    """The caller has gone, a moment ago at least: as a rule Twilio then ends the others by itself."""
    talks = Leg.objects.filter(call=OuterRef("call"), ended_at=None, unverified=False, status="in-progress")
    others = talks.exclude(pk=OuterRef("pk")).exclude(role=Leg.Role.SUPERVISOR)
    called_in = Leg.objects.filter(ended_at=None, unverified=False, role_signed=True, parent=None)
    over = Q(call__ended_at__lt=now - AGAIN)
    ending = Q(call__ended_at=None, call__status=Call.Status.ENDING, call__status_since__lt=now - AGAIN)
    return called_in.filter(over | ending, direction__startswith="outbound").exclude(Exists(others))


def off_hold() -> None:
    """All calls with somebody on hold."""
    for call in Call.objects.filter(ended_at=None, status=Call.Status.HELD):
        try:
            if (began := consulted(call)) is not None:
                settle(call, began, timezone.now())
        except Exception:
            log.exception("Who is on hold in %s could not be taken off it.", call)


def settle(call: Call, began: Action, now: datetime) -> None:
    if not over(began, now):
        return
    verb = what_is_owed(call)
    if (
        not verb
        or twilio_down()
        or Action.objects.filter(call=call, exclusive=True, state__in=OPEN_STATES).exclude(pk=began.pk).exists()
    ):
        return
    tries = list(call.actions.filter(verb=verb, requested_at__gt=began.requested_at).order_by("requested_at"))
    if is_due(tries, now):
        key = uuid5(NAMESPACE_OID, f"{began.pk} {verb} {len(tries)}")
        perform.wish(call.pk, began.by, verb, VERBS[verb], {}, key=key, shape="", owed=True)


def is_due(tries: Sequence[Action], now: datetime) -> bool:
    """An hour without Twilio costs no try, and five are not spent in five seconds."""
    if not tries:
        return True
    wait = timedelta(seconds=min(LONGEST, WAITS * 2 ** min(len(tries) - 1, 8)))
    looked_at = [one for one in tries if one.code not in NOT_ASKED]
    return len(looked_at) < TRIES and now - tries[-1].requested_at >= wait


def over(began: Action, now: datetime) -> bool:
    """Its own parts put right what they can: it is looked after here when they are done, or nobody knows of them."""
    lost = began.state == Action.State.UNKNOWN and began.sent_at is not None and now - began.sent_at > UNHEARD
    return not began.open or lost


def what_is_owed(call: Call) -> str:
    """cancel: whom we consulted is gone, and the caller comes off hold. complete: the agent is gone, and the two are
    joined. "": nothing, or not yet."""
    cast = cast_of(call, legs_of(call))
    now = consultation(cast, begun=True)
    if now is None or now.third is not None and now.rings:
        return ""
    if now.third is None:
        return "cancel" if cast.rooms[now.caller.sid].held else ""
    return "complete" if now.agent is None else ""
