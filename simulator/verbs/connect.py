"""<Connect>: the call is given to a WebSocket of the application's, and goes on when that is over.

Source: https://www.twilio.com/docs/voice/twiml/connect
"""

from ..legs import answer
from ..line import Interrupted, Redirect, Why
from ..relay import Relay, RelayPlan
from ..stage import Next, Stage, Step
from ..streams import Stream, StreamPlan
from ..twiml import Verb
from .after import Params, after, taken_away
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
    except Interrupted as interrupted:
        stream.stop()
        await _given_up(stage, verb, interrupted.why, [])
        raise
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
        await relay.close()
        await _given_up(stage, verb, interrupted.why, relay.params())
        raise
    finally:
        await relay.close()
    return after(stage, verb, relay.params())


async def _given_up(stage: Stage, verb: Verb, why: Why, told: Params) -> None:
    """Whether the action is asked when the leg is redirected is known of <Dial> only, and here a choice."""
    if isinstance(why, Redirect) and not stage.exchange.settings.choices.connect_action_on_redirect:
        return
    await taken_away(stage, verb, why, hung_up=told, redirected=told)
