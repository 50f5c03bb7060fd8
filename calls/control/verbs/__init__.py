"""One module a verb, or a close family: how its plan is made of rows, and what it asks of Twilio.

Each has `EXCLUSIVE`, `ABSOLUTE` (may be asked for again without harm), `plan(call, legs, fields, rights)`,
`choices(call, legs, rights)`, `send(action, wish, until)`, and, if a leg gets documents,
`document(action, leg, report)`.
"""

from calls.control.verbs import announce, end, redirect, transfer

VERBS = {"transfer": transfer, "announce": announce, "end": end, "redirect": redirect}
