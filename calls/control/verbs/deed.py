"""What a verb is, for those that share a file with their family."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calls.control.perform import pursue
from calls.control.plan import Plan
from calls.control.proof import Verdict
from calls.control.verbs import requests
from calls.models import Action, Call, Leg, Rights
from calls.twilio.reports import Report


def no_document(action: Action, leg: Leg, report: Report) -> str:
    raise AssertionError("no leg gets a document of this verb")


def nothing_to_choose(call: Call, legs: Sequence[Leg], rights: Rights) -> dict[str, Any]:
    return {}


def nothing_gives_way(action: Action) -> bool:
    return False


def still_wanted(action: Action) -> str:
    return ""


@dataclass(frozen=True)
class Deed:
    """The same names as a module of this folder has (`calls.control.verbs`)."""

    plan: Callable[[Call, Sequence[Leg], Mapping[str, str], Rights], Plan]
    choices: Callable[[Call, Sequence[Leg], Rights], dict[str, Any]] = nothing_to_choose
    EXCLUSIVE: bool = True
    ABSOLUTE: bool = True
    pursue: Callable[..., None] = pursue  # how it is sent, and sent again
    send: Callable[[Action, Mapping[str, Any], float], list[dict[str, Any]]] = requests.send
    document: Callable[[Action, Leg, Report], str] = no_document
    gives_way: Callable[[Action], bool] = nothing_gives_way  # whether an open wish of somebody is ended by this one
    not_any_more: Callable[[Action], str] = still_wanted  # why Twilio is not asked once more (429), or ""
    write: Callable[[Action, datetime], Verdict] | None = None  # of a wish whose effect is a row of ours
