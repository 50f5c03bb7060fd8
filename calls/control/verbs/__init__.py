"""One module a verb, or a close family: how its plan is made of rows, and what it asks of Twilio.

Each has `EXCLUSIVE`, `ABSOLUTE` (may be asked for again without harm), `plan(call, legs, fields, rights)`,
`choices(call, legs, rights)`, `send(action, wish, until)`, and, if a leg gets documents,
`document(action, leg, report)`. One whose effect is a row of ours has `write(action, now)` in place of requests.
"""

from typing import Any

from calls.control.verbs import announce, consult, ears, end, lift, queues, redirect, seats, taking, tapes, transfer

VERBS: dict[str, Any] = {
    "transfer": transfer, "announce": announce, "end": end, "redirect": redirect, **seats.VERBS,
    **consult.VERBS,
    **queues.VERBS,
    **ears.VERBS,
    **taking.VERBS,
    **tapes.VERBS,
}  # fmt: skip
# Two who are connected by <Dial> are moved into a room for these.
IN_A_ROOM = (
    "hold", "mute", "transfer", "announce", "add", "monitor", "whisper", "barge", "take_over",
)  # fmt: skip
VERBS |= {name: lift.Lifting(VERBS[name]) for name in IN_A_ROOM}
