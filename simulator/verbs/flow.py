"""<Redirect>, <Hangup> and <Reject>."""

from ..legs import finish
from ..line import HangUp
from ..stage import Next, Stage, Step
from ..twiml import Verb


async def redirect(stage: Stage, verb: Verb) -> Step:
    return stage.source(verb.text, verb.get("method"), "redirect")


async def hang_up(stage: Stage, verb: Verb) -> Step:
    return Next.HANG_UP


async def reject(stage: Stage, verb: Verb) -> Step:
    """Only as the very first verb of a call that rings; elsewhere it hangs up.

    Source: https://www.twilio.com/docs/voice/twiml/reject
    """
    if stage.call.answered_at is None and stage.place == 0:
        status = "busy" if verb.get("reason") == "busy" else "no-answer"
        finish(stage.exchange, stage.call, HangUp("twiml", status))
    return Next.HANG_UP
