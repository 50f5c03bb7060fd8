"""What becomes of whom a wish is not about: who goes along, who is left behind, who remains in a room. Pure."""

from collections.abc import Sequence

from calls.control.cast import NOT_YET_ANSWERED, Cast, Effect, LegView


def moved(cast: Cast, leg: LegView, then: str, fate: str = "moves") -> tuple[Effect, ...]:
    """What happens around a leg whose document is replaced (twilio.com/en-us/changelog, 2021-05-24): its children
    end; its parent's <Dial> is over."""
    effects = [cast.effect(leg, then, fate), *(cast.hung_up(child) for child in cast.children(leg.sid))]
    if (parent := cast.parent(leg)) is not None:
        effects.append(left_behind(cast, parent, leg))
    return (*effects, *others(cast, effects))


def left_behind(cast: Cast, parent: LegView, child: LegView) -> Effect:
    """Whose <Dial> is over because its child is gone."""
    if "/twiml/" in parent.resume_url:
        return cast.effect(parent, "goes back to where it was transferred from", "stays")
    if parent.resume_url and child.role == "agent":
        return cast.effect(parent, "is put through to the next free agent", "stays")
    if parent.resume_url:
        return cast.effect(parent, "goes on where it was", "stays")
    return cast.effect(parent, "goes on as the application says that dialled for it, or is hung up", "unsure")


def others(cast: Cast, effects: Sequence[Effect]) -> list[Effect]:
    """What becomes of whom the wish is not about, if these are what it is about."""
    told = {effect.leg for effect in effects}
    leaving = {effect.leg for effect in effects if effect.fate in ("goes", "moves")}
    return [remains(cast, leg, leaving) for leg in cast.live if leg.sid not in told]


def remains(cast: Cast, leg: LegView, leaving: set[str]) -> Effect:
    """Of a room that ends with its caller nobody remains; nobody remains there alone and in silence."""
    seat = cast.rooms.get(leg.sid)
    if (
        seat is None
        and is_called_in(cast, leg)
        and any(cast.rooms[sid].end_on_exit for sid in leaving & cast.rooms.keys())
    ):
        return cast.hung_up(leg)
    if seat is None or not leaving:
        return stays(cast, leg)
    mates = [other for other in cast.seated(seat.room) if other.sid in leaving]
    if any(cast.rooms[other.sid].end_on_exit for other in mates):
        return cast.hung_up(leg)
    if mates and seat.name.startswith("call-") and seat.started and is_silent(cast, seat.room, leaving):
        # Who only listens stays behind in a room that is over when the caller leaves it.
        waits = leg.role == "caller" and "step=queue." in leg.resume_url
        return cast.effect(leg, NEXT_AGENT, "stays") if waits else cast.hung_up(leg)
    return stays(cast, leg)


# Of whom one, without anybody else on the call, is let out of a room (floor.consults): an agent hangs up by themselves.
LEFT_ALONE = ("external", "consult")


def is_silent(cast: Cast, room: str, leaving: set[str]) -> bool:
    """Nobody is left there to whom anybody could talk."""
    speak = [one for one in cast.seated(room) if one.sid not in leaving and cast.speaks(one)]
    if len(speak) == 1 and speak[0].role in LEFT_ALONE:
        return all(one in speak or one.sid in leaving or one.role == "supervisor" for one in cast.live)
    return all(one.role == "caller" for one in speak)


def is_called_in(cast: Cast, leg: LegView) -> bool:
    """An agent who is rung for who waits in a room, and stops being so with the caller."""
    return leg.role == "agent" and not leg.parent_id and leg.status in NOT_YET_ANSWERED


NEXT_AGENT = "waits for the next agent, at the front of the queue"


def stays(cast: Cast, leg: LegView) -> Effect:
    return cast.effect(leg, "is in the room as before" if leg.sid in cast.rooms else "is not touched", "stays")


def ends_the_call(effects: Sequence[Effect], cast: Cast) -> tuple[str, ...]:
    gone = {effect.leg for effect in effects if effect.fate == "goes"}
    return ("Nobody is left: the call ends.",) if all(leg.sid in gone for leg in cast.live) else ()
