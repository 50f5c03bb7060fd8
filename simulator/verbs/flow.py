"""<Redirect>, <Hangup>, <Reject> and <Refer>."""

from ..legs import answer, finish
from ..line import HangUp
from ..stage import Next, Stage, Step
from ..twiml import Verb
from .after import after


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


async def refer(stage: Stage, verb: Verb) -> Step:
    """Sends a SIP caller elsewhere by SIP REFER; a telephone cannot be sent.

    Source: https://www.twilio.com/docs/voice/twiml/refer
    """
    answer(stage.exchange, stage.call)
    target = next((noun.text for noun in verb.nouns if noun.name == "Sip"), "")
    accepted = stage.call.from_.startswith("sip:") and target.startswith("sip:")
    told = [("ReferCallStatus", "in-progress"), ("ReferSipResponseCode", "202"), ("NotifySipResponseCode", "200")]
    refused = [("ReferCallStatus", "failed"), ("ReferSipResponseCode", "405")]
    return after(stage, verb, told if accepted else refused)
