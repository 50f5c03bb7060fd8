"""The browser's board in Python: the rules that `static/desk/board.js` has to follow, and nothing else.

A frame says "from A to B". On a board at M it is applied if A ≤ M < B, it is old news if B ≤ M, and if M < A something
is missing: the board stays as it is and asks. Bodies are whole calls; one that is older than the call held is skipped,
one that has ended takes its call off the board, and an id in `gone` that is not held means nothing. A board that has
no picture yet (`start` is null in the vectors) has no position: every frame is one that it cannot apply.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Board:
    epoch: str = ""
    revision: int | None = None
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    missing: bool = False  # a frame told of a gap: time to `sync`

    def start(self, snapshot: dict[str, Any]) -> None:
        self.epoch, self.revision, self.missing = snapshot["epoch"], snapshot["revision"], False
        self.calls = {call["id"]: call for call in snapshot["calls"]}

    def hear(self, message: dict[str, Any]) -> None:
        if message["op"] != "frame":
            return
        if self.revision is None or message["from"] > self.revision:
            self.missing = True
            return
        if message["to"] <= self.revision:
            return
        for call in message["calls"]:
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
