"""One module a verb, or a close family: how its plan is made of rows, and what it asks of Twilio."""

from calls.control.verbs import end

VERBS = {"end": end}
