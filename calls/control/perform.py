"""A wish becomes an action, is sent once, and its outcome is written down. No lock is held while Twilio is asked."""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import SystemRandom
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from calls.control import dialling, policy
from calls.control.asking import TOO_MANY, Verb, ask, looked_beside, looked_up, take_in
from calls.control.plan import INVALID, Plan, Refusal
from calls.control.proof import Verdict
from calls.failpoints import crash
from calls.live import hint
from calls.models import GRACE, OPEN_STATES, Action, Call, Leg, Rights, append_audit, name_of, publish, rights_of
from calls.twilio import gateway

LEASE = timedelta(seconds=30)
THROTTLED = (0.2, 0.6, 1.5)  # seconds before the next try: what Twilio answers 429 was not looked at
State = Action.State
CHANCE = SystemRandom()  # those who were sent away together do not come back together
MOVED = "state code message step seen attempt lease_until due_at sent_at accepted_at settled_at looked_at".split()
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What the supervisor is told: an HTTP status and a sentence. `code`: the refusal's or Twilio's, for the page."""

    status: int
    state: str
    message: str
    action: UUID | None = None
    effects: Sequence[Mapping[str, str]] = ()
    code: str = ""
    replayed: bool = False

    def as_json(self) -> dict[str, Any]:
        action = str(self.action) if self.action else None
        effects = list(self.effects)
        return {"action": action, "state": self.state, "code": self.code, "effects": effects, "message": self.message}


def preview(call: Call, verb: Verb, fields: Mapping[str, str], rights: Rights) -> tuple[Plan, str]:
    """The plan as it is now, and the shape that says so."""
    plan = verb.plan(call, legs_of(call), fields, rights)
    return plan, f"{call.shape}-{plan.digest}"


def legs_of(call: Call) -> list[Leg]:
    return list(call.legs.select_related("agent", "person").order_by("started_at", "sid"))


def why_not(call: Call, name: str, plan: Plan, rights: Rights, *, owed: bool = False) -> tuple[int, Refusal] | None:
    """What forbids this wish to this person now, with the HTTP status that says so. `owed`: an earlier wish of theirs
    said that this would follow, so nobody asks again whether they may."""
    for codename in () if owed else (policy.PERMISSION[name], *plan.needs):
        if (lacking := policy.lacking(rights, codename, call)) is not None:
            return 403, lacking
    # Where somebody waits, and what they hear there, is ours: without Twilio's API as well.
    asks = (plan.sends or plan.refusals) and name not in policy.TRIED_ANYHOW
    if asks and (away := policy.provider_refusal()) is not None:
        return 409, away
    for refusal in plan.refusals:
        return (422 if refusal.code in INVALID else 409), refusal
    return None


def wish(
    call_id: UUID,
    by: User,
    name: str,
    verb: Verb,
    fields: Mapping[str, str],
    *,
    key: UUID,
    shape: str,
    stepped_up: bool = False,
    owed: bool = False,
) -> Answer:
    """One press of a button: recorded, sent, and answered with what is known then.

    `shape` as the page or the plan gave it, "" for "as it is now"; `stepped_up`: the password was typed within the last
    15 minutes; `owed`: nobody pressed, an earlier wish of `by` has said that this would follow. The caller has checked
    that `by` may see the call.
    """
    action, answer = request(call_id, by, name, verb, fields, key=key, shape=shape, stepped_up=stepped_up, owed=owed)
    crash("action.after_requested")
    if action is None or answer is not None:
        return answer or Answer(404, State.REFUSED, "There is no such call.")
    how = getattr(verb, "pursue", None) or pursue
    how(action, verb, until=time.monotonic() + gateway.DEADLINE)
    return told(Action.objects.get(pk=action.pk), action.plan["effects"])


def pursue(
    action: Action,
    verb: Verb,
    *,
    until: float,
    from_states: Sequence[str] = (State.REQUESTED,),
    lease: timedelta = LEASE,
) -> None:
    """Claim it, ask Twilio, write down what became of it; again only if Twilio did not look at it (429).

    Claimed from any other state than `requested` it was sent before: whatever is said now, that may have done it.
    """
    earlier = State.REQUESTED not in from_states
    for pause in (*THROTTLED, None):
        # Whoever wished the opposite while it was being sent could not withdraw it; from here on they can.
        if action.attempt and (why := not_any_more(verb, action)):
            withdraw(action, why)
        if not claim(action, from_states, lease):
            return
        crash("action.after_sending")
        if (write := getattr(verb, "write", None)) is not None:
            write_down(action, write)
            return
        outcome, code, message, answers = ask(verb, action, until)
        crash("action.after_twilio")
        stale = code in ("call_ended", "conflict")
        throttled = code == str(TOO_MANY)
        again = throttled and not earlier and pause is not None and time.monotonic() + 2 * pause < until
        if earlier and outcome == State.FAILED:
            # What is looked up below, or later, says whether.
            outcome, code, message = State.UNKNOWN, "unknown", f"It was asked for again. {message}"
        code = "20429" if code == str(TOO_MANY) else code
        conclude(action, State.REQUESTED if again else outcome, code, message)
        crash("action.after_outcome")
        if stale:
            answers += looked_up(action, until)
        take_in([*answers, *looked_beside(action, until)])
        if not again or pause is None:
            return
        time.sleep(pause * CHANCE.uniform(0.7, 1.3))
        from_states = (State.REQUESTED,)


def not_any_more(verb: Verb, action: Action) -> str:
    """Why it is not sent again; "" if it is. (Most verbs have nothing to say of it.)"""
    asked = getattr(verb, "not_any_more", None)
    return asked(action) if asked is not None else ""


def withdraw(action: Action, why: str) -> None:
    def overtaken(current: Action) -> dict[str, Any]:
        return current.become(State.OVERTAKEN, at=timezone.now(), message=why)

    move(action, from_states=(State.REQUESTED,), attempt=action.attempt, change=overtaken)


def write_down(action: Action, write: Callable[[Action, datetime], Verdict]) -> None:
    """What the wish is about is a row of ours: it is written, and the wish settled, in one transaction. Whoever dies
    before that has done nothing."""

    def written(current: Action) -> dict[str, Any]:
        now = timezone.now()
        found = write(current, now)
        return current.learn(found.state, at=now, code=found.code, message=found.message)

    move(action, from_states=(State.SENDING,), attempt=action.attempt, change=written)


def request(
    call_id: UUID,
    by: User,
    name: str,
    verb: Verb,
    fields: Mapping[str, str],
    *,
    key: UUID,
    shape: str,
    stepped_up: bool,
    owed: bool = False,
) -> tuple[Action | None, Answer | None]:
    """The wish in the ledger, or the answer that there is none to send: refused, busy, changed, or known already."""
    fingerprint = hashlib.sha256(json.dumps([str(call_id), name, sorted(fields.items())]).encode()).hexdigest()
    now = timezone.now()
    try:
        with transaction.atomic():
            call = Call.objects.select_for_update(of=("self",)).select_related("team", "line").get(pk=call_id)
            # Behind the lock: of two clicks at once the second has waited there for the first to be written down.
            known = Action.objects.filter(by=by, key=key).first()
            if known is not None and known.fingerprint != fingerprint:
                return known, refuse(422, OTHER_WISH, call_id, by, name, now)
            if known is not None:
                return known, replayed(known)
            rights = rights_of(by)
            plan, shape_now = preview(call, verb, fields, rights)
            if (forbidden := why_not(call, name, plan, rights, owed=owed)) is not None:
                return None, refuse(*forbidden, call_id, by, name, now)
            exclusive = verb.EXCLUSIVE or "lift" in plan.facts  # nobody else moves those two meanwhile
            whole = ends_it_all(name, plan)
            others = open_wishes(call) if exclusive else []  # a pause must not wait until somebody's transfer is over
            if (busy := in_the_way(verb, others, now, whole=whole)) is not None:
                return None, refuse(409, Refusal("busy", occupied(busy, now)), call_id, by, name, now)
            if changed(shape, call, shape_now) and not whole:
                return None, refuse(412, CHANGED, call_id, by, name, now)
            if plan.dials:
                capped = dialling.cap_refusal(by, call, plan.dials, stepped_up=stepped_up, now=now)
                if capped is not None:
                    return None, refuse(403 if capped.code == "step_up" else 409, capped, call_id, by, name, now)
            over = f"Overtaken: {by} ended the call." if whole else f"Overtaken: {by} canceled it."
            entries = overtake(others, over, now)
            entries += overtake(opposites(call, plan), f"Overtaken: {by} wished the opposite.", now)
            action = Action(
                call=call, by=by, verb=name, target=plan.target, params=dict(fields), plan=plan.as_json(), key=key,
                fingerprint=fingerprint, shape=shape, exclusive=exclusive, requested_at=now, dials=plan.dials,
            )  # fmt: skip
            entries.append(action.become(State.REQUESTED, at=now))
            action.save(force_insert=True)
            entries += dialling.alarms(by, call, now) if plan.dials else []
            append_audit(entries, at=now)
            hint.publish_on_commit(publish([call.pk], shape=[call.pk] if exclusive else []))
            return action, None
    except (IntegrityError, OperationalError):
        # The same key, or two wishes, in the same moment: the other one was first. (PostgreSQL ends one of two that
        # wait for each other; if it is away altogether, the next line says so.)
        known = Action.objects.filter(by=by, key=key).first()
        if known is not None and known.fingerprint == fingerprint:
            return known, replayed(known)
        with transaction.atomic():
            if known is not None:
                return known, refuse(422, OTHER_WISH, call_id, by, name, now)
            return None, refuse(409, FASTER, call_id, by, name, now)


def ends_it_all(name: str, of: Plan | Action) -> bool:
    """The end of a whole call goes before everything else, whatever the call has become meanwhile."""
    return name == "end" and of.target == "call"


def open_wishes(call: Call) -> list[Action]:
    """Those that move somebody, locked."""
    found = Action.objects.select_for_update(of=("self",)).filter(call=call, exclusive=True, state__in=OPEN_STATES)
    return list(found.select_related("by").order_by("pk"))


def opposites(call: Call, plan: Plan) -> list[Action]:
    """Open wishes that this one takes back, locked; of some kinds only as long as they were not sent."""
    withdrawn = Q(verb__in=plan.withdraws, state=State.REQUESTED)
    taken_back = Q(verb__in=plan.overtakes, state__in=OPEN_STATES) | withdrawn
    return list(Action.objects.select_for_update(of=("self",)).filter(taken_back, call=call).order_by("pk"))


def in_the_way(verb: Verb, others: Sequence[Action], now: datetime, *, whole: bool) -> Action | None:
    """The first of these wishes that neither ends for the end of the whole call nor gives way to this verb."""
    for busy in others:
        ending = ends_it_all(busy.verb, busy) and not stuck(busy, now)
        if ending or not whole and not gives_way(verb, busy):
            return busy
    return None


def overtake(stale: Sequence[Action], message: str, now: datetime) -> list[dict[str, Any]]:
    """These wishes are over; returns what the audit is to say of it."""
    entries = []
    for action in stale:
        entries.append(action.become(State.OVERTAKEN, at=now, message=message))
        action.save(update_fields=["state", "settled_at", "code", "message"])
    return entries


def gives_way(verb: Verb, busy: Action) -> bool:
    """Does an open wish end because this one is made? (Most verbs have nothing to say of it.)"""
    asked = getattr(verb, "gives_way", None)
    return asked is not None and bool(asked(busy))


OTHER_WISH = Refusal("key", "This key was used for another wish. Open the dialog again.")
FASTER = Refusal("busy", "Somebody else was a moment faster. Look again.")


def replayed(known: Action) -> Answer:
    return replace(told(known, known.plan.get("effects", [])), status=200, replayed=True)


def claim(action: Action, from_states: Sequence[str] = (State.REQUESTED,), lease: timedelta = LEASE) -> bool:
    """From here on we cannot say that nothing was sent: a crash leaves `sending`, with a lease that runs out."""
    now = timezone.now()

    def sending(current: Action) -> dict[str, Any]:
        current.attempt += 1
        current.lease_until = now + lease
        # A second try does not move it: whoever waits, waits since the first.
        current.due_at = current.due_at or now + timedelta(seconds=current.part.get("seconds", 0)) + GRACE
        return current.become(State.SENDING, at=now)

    claimed = move(action, from_states=from_states, attempt=action.attempt, change=sending)
    if claimed is not None:
        action.attempt, action.sent_at = claimed.attempt, claimed.sent_at
    return claimed is not None


def conclude(action: Action, state: str, code: str, message: str) -> None:
    """Write the outcome, unless a report was faster: confirmed stays confirmed."""

    def concluded(current: Action) -> dict[str, Any]:
        on = current.learn if state == State.FAILED else current.become
        return on(state, at=timezone.now(), code=code, message=message)

    move(action, from_states=(State.SENDING,), attempt=action.attempt, change=concluded)


def move(
    action: Action,
    *,
    from_states: Sequence[str],
    change: Callable[[Action], dict[str, Any]],
    attempt: int | None = None,
) -> Action | None:
    """One guarded step of an action's life, under the call's lock; None if it has moved on without us."""
    with transaction.atomic():
        call = Call.objects.select_for_update().get(pk=action.call_id)
        current = Action.objects.select_for_update().get(pk=action.pk)
        same = current.step == action.step and attempt in (None, current.attempt)
        if current.state not in from_states or not same:
            return None
        entry = change(current)
        current.save(update_fields=MOVED)
        append_audit([entry], at=timezone.now())
        hint.publish_on_commit(publish([call.pk], shape=[] if current.open else [call.pk]))
    return current


def changed(shape: str, call: Call, shape_now: str) -> bool:
    """The number may have risen as long as the effects are those that were agreed to."""
    if not shape or shape == str(call.shape):
        return False
    return shape.partition("-")[2] != shape_now.partition("-")[2]


def occupied(busy: Action, now: datetime) -> str:
    who = name_of(busy.by)
    return f"{who} is already on it ({busy.verb}, {max(0, round((now - busy.requested_at).total_seconds()))} s ago)."


def stuck(end: Action, now: datetime) -> bool:
    """An end that shows no effect may be asked for again: it does no harm twice."""
    if end.state == State.UNKNOWN:
        return True
    since = end.accepted_at or end.sent_at or end.requested_at
    return now - since > (GRACE if end.state == State.ACCEPTED else LEASE)


CHANGED = Refusal("changed", "The call has changed meanwhile. Look again, then decide.")


def refuse(status: int, why: Refusal, call: UUID, by: User, name: str, now: datetime) -> Answer:
    """Written down like every wish that was granted."""
    facts = {"verb": name, "code": why.code}
    append_audit([{"what": "action.refused", "user_id": by.pk, "call_id": call, "facts": facts}], at=now)
    return Answer(status, State.REFUSED, why.message, code=why.code)


SENTENCES = {
    State.REQUESTED: "Recorded. About to be sent.",
    State.SENDING: "Being sent.",
    State.CONFIRMED: "Done: the effect was reported.",
    State.OVERTAKEN: "Overtaken by the end of the call.",
}


def told(action: Action, effects: Sequence[Mapping[str, str]]) -> Answer:
    status = {State.FAILED: 409, State.REFUSED: 403}.get(State(action.state), 202)
    if action.state == State.CONFIRMED:
        status = 200
    message = action.message or SENTENCES.get(State(action.state), "")
    return Answer(status, action.state, message, action.pk, effects, action.code)
