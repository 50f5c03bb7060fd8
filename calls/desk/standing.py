"""What can be wished on a call as it is now, and why the rest cannot: what its buttons are drawn from."""

from collections.abc import Sequence
from typing import Any

from calls.control import policy
from calls.control.perform import legs_of
from calls.control.plan import INVALID, Plan, Refusal
from calls.control.verbs import VERBS
from calls.control.verbs.cast import over
from calls.models import Call, Leg, Rights


def standing(call: Call, rights: Rights) -> dict[str, str]:
    """Of each verb that this person may wish on some call: why not on this one now, "" if it can be."""
    legs = legs_of(call)
    known = {name: verb for name, verb in VERBS.items() if ever_may(rights, name)}
    return {name: why_not(call, name, verb, legs, rights) for name, verb in known.items()}


def ever_may(rights: Rights, name: str) -> bool:
    return any(rights.may(policy.PERMISSION[name], team) for team in rights.watched)


def why_not(call: Call, name: str, verb: Any, legs: Sequence[Leg], rights: Rights) -> str:
    if (lacking := policy.refusal(rights, name, call)) is not None:
        return lacking.message
    why = refusal(over(call, name) or verb.plan(call, legs, {}, rights))
    if why is None or call.ended_at is not None:
        return why.message if why else ""
    # Not to whom it is done if nobody is named; to another one, perhaps.
    choices = verb.choices(call, legs, rights)
    named = choices.get("legs", ())
    others = choices.get("destinations", ())[:1]
    if any(leg["may"] for leg in named):
        return ""
    if any(refusal(verb.plan(call, legs, {"destination": each["id"]}, rights)) is None for each in others):
        return ""
    return named[0]["why"] if why.code in WHOM and named else why.message


WHOM = {"leg", "target"}  # there is nobody to whom it is done if nobody is named


def refusal(plan: Plan) -> Refusal | None:
    """What is yet to be chosen is none."""
    return next((each for each in plan.refusals if each.code not in INVALID - WHOM), None)
