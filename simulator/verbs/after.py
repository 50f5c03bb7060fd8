"""What follows a verb that has an `action`: the document it names, or a request in vain if the leg was taken away.

Source: https://www.twilio.com/en-us/changelog (2021-05-24, "Redirecting a call during Dial").
"""

from ..documents import fetch_and_ignore
from ..legs import finish
from ..line import HangUp, Redirect, Source, Why
from ..stage import Next, Stage, Step
from ..twiml import Verb

Params = list[tuple[str, str]]


def action_of(stage: Stage, verb: Verb, params: Params) -> Source | None:
    if "action" not in verb.attributes:
        return None
    return stage.source(verb.get("action"), verb.get("method"), f"{verb.name.lower()}-action", tuple(params))


def after(stage: Stage, verb: Verb, params: Params) -> Step:
    return action_of(stage, verb, params) or Next.VERB


async def ask_in_vain(stage: Stage, verb: Verb, params: Params) -> None:
    """A Dial cut short still asks its action, or fetches a Redirect right behind it, and ignores the answer."""
    source = action_of(stage, verb, params)
    following = stage.following
    if source is None and following is not None and following.name == "Redirect":
        source = stage.source(following.text, following.get("method"), "redirect")
    if source is not None:
        await fetch_and_ignore(stage.exchange, stage.call, source)


async def taken_away(stage: Stage, verb: Verb, why: Why, *, hung_up: Params, redirected: Params) -> None:
    """The leg was hung up or redirected in the middle of the verb: the action is asked, with what fits, in vain."""
    exchange = stage.exchange
    timing, choices = exchange.settings.timing, exchange.settings.choices
    if isinstance(why, HangUp):
        finish(exchange, stage.call, why)
        if choices.action_after_hang_up:
            await ask_in_vain(stage, verb, hung_up)
    elif isinstance(why, Redirect):
        await exchange.clock.sleep(timing.action_after)
        await ask_in_vain(stage, verb, redirected)
        await exchange.clock.sleep(timing.document_after)
