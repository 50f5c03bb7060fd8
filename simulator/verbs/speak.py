"""<Say>, <Play> and <Pause>."""

from ..legs import answer
from ..speech import hear, seconds_of
from ..stage import Next, Stage, Step
from ..twiml import Verb


async def speak(stage: Stage, verb: Verb) -> Step:
    # A pause as the first thing lets the caller hear it ring on.
    if verb.name != "Pause":
        answer(stage.exchange, stage.call)
    hear(stage.exchange, stage.call, verb)
    await stage.call.line.hold(seconds=seconds_of(stage.exchange, verb))
    return Next.VERB
