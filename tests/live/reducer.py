"""The browser's board in Python: the rules that `static/desk/board.js` has to follow, and nothing else.

A frame says "from A to B". On a board at M it is applied if A ≤ M < B, it is old news if B ≤ M, and if M < A something
is missing: the board stays as it is and asks. Bodies are whole calls; one that is older than the call held is skipped,
one that has ended takes its call off the board, and an id in `gone` that is not held means nothing. A board that has
no picture yet (`start` is null in the vectors) has no position: every frame is one that it cannot apply.

Bodies come lean: what is usual is left out, and a time is milliseconds after the call began.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from calls.live.lean import ACTION, CALL, LEG


@dataclass
class Board:
    epoch: str = ""
    revision: int | None = None
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: bool = False  # a frame told of a gap: time to `sync`

    def start(self, snapshot: dict[str, Any]) -> None:
        self.epoch, self.revision, self.missing = snapshot["epoch"], snapshot["revision"], False
        self.calls = {call["id"]: whole(call) for call in snapshot["calls"]}

    def hear(self, message: dict[str, Any]) -> None:
        if message["op"] != "frame":
            return
        if self.revision is None or message["from"] > self.revision:
            self.missing = True
            return
        if message["to"] <= self.revision:
            return
        for call in map(whole, message["calls"]):
            held = self.calls.get(call["id"])
            if held is not None and call["revision"] < held["revision"]:
                continue
            if call["ended_at"]:
                self.calls.pop(call["id"], None)
            else:
                self.calls[call["id"]] = call
        for pk in message["gone"]:
            self.calls.pop(pk, None)
        self.revision, self.missing = message["to"], False


def whole(lean: dict[str, Any]) -> dict[str, Any]:
    """A call with all that was left out."""
    call = {**CALL, "legs": [], **lean}
    began = call["started_at"] and datetime.fromisoformat(call["started_at"])
    usual = {"caller": {"number": call["caller"]}, "agent": {"name": call["agent"]}}
    call["legs"] = [timed({**LEG, **usual.get(leg.get("role"), {}), **leg}, began) for leg in call["legs"]]
    if call["hears"] is not None:
        sids = [leg.get("sid") for leg in call["legs"]]
        call["hears"] = [[sids[one] if isinstance(one, int) else one for one in pair] for pair in call["hears"]]
    call["actions"] = [timed({**ACTION, **action}, began) for action in call["actions"]]
    return timed(call, began)


def timed(told: dict[str, Any], began: datetime | None) -> dict[str, Any]:
    for name, value in told.items():
        if (name == "since" or name.endswith(("_at", "_since"))) and isinstance(value, int):
            assert began is not None, f"{name} is counted from nothing"
            at = began + timedelta(milliseconds=value)
            told[name] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return told
