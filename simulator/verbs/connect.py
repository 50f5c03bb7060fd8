"""<Connect>: the call is given to a WebSocket of the application's, and goes on when that is over.

Source: https://www.twilio.com/docs/voice/twiml/connect
"""

from ..legs import answer
from ..line import HangUp, Interrupted
from ..relay import Relay, RelayPlan
from ..stage import Next, Stage, Step
from ..streams import Stream, StreamPlan
from ..twiml import Verb
from .after import after, taken_away
from .start import parameters, stream_plan


async def connect(stage: Stage, verb: Verb) -> Step:
    answer(stage.exchange, stage.call)
    noun = next((noun for noun in verb.nouns if noun.name in ("Stream", "ConversationRelay")), None)
    if noun is None:
        stage.note(12200, "<Connect> without a <Stream> or <ConversationRelay> was skipped")
        return Next.VERB
    return await (_stream if noun.name == "Stream" else _relay)(stage, verb, noun)


async def _stream(stage: Stage, verb: Verb, noun: Verb) -> Step:
    plan: StreamPlan = stream_plan(stage, noun, bidirectional=True)
    stream = Stream(stage.exchange, stage.call, plan)
    try:
        await stage.call.line.hold(stream.done.wait())
    finally:
        stream.stop()
    return after(stage, verb, [])


async def _relay(stage: Stage, verb: Verb, noun: Verb) -> Step:
    plan = RelayPlan(
        noun.get("url"),
        noun.get("welcomeGreeting"),
        noun.get("language", "en-US"),
        noun.flag("partialPrompts"),
        noun.flag("dtmfDetection"),
        noun.get("interruptible", "any") not in ("false", "none"),
        parameters(noun),
    )
    relay = Relay(stage.exchange, stage.call, plan)
    try:
        await stage.call.line.hold(stage.exchange.spawn(relay.run()))
    except Interrupted as interrupted:
        if isinstance(interrupted.why, HangUp):
            relay.status = "completed"
        told = relay.params()
        await taken_away(stage, verb, interrupted.why, hung_up=told, redirected=told)
        raise
    finally:
        await relay.close()
    return after(stage, verb, relay.params())
