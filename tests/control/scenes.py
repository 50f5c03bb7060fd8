"""Calls in all the shapes that a supervisor may find them in, made by people and by another application."""

from dataclasses import dataclass, replace

from calls.flows.queue import NEXT, PLACE
from calls.models import Call, Presence, Queue, Waiting
from tests.control.floor import EVENTS, LONG, Desk, Floor, until


@dataclass
class Scene:
    """A call as it is when the supervisor looks. `first`: whom a wish moves if nobody is named; `other`: the other."""

    desk: Desk
    call: Call
    first: str
    other: str = ""
    third: str = ""  # who is consulted, or was added
    wishes: int = 0  # that were made to get here
    silent: int = 0  # of them: for which nothing was asked of these legs

    @property
    def legs(self) -> list[str]:
        return [sid for sid in (self.first, self.other, self.third) if sid]

    @property
    def posts(self) -> int:
        """What was asked of Twilio about these legs."""
        return self.wishes - self.silent


def in_the_greeting(desk: Desk) -> Scene:
    caller = desk.ring(desk.slow)
    until(lambda: desk.heard(caller, LONG), "the greeting")
    return Scene(desk, desk.sees(caller), caller)


def agent_rings(desk: Desk) -> Scene:
    ana = desk.agents["Ana"].contact
    desk.floor.behaves(ana, after=1000.0)
    caller = desk.ring(desk.line)
    return Scene(desk, desk.sees(caller), caller, desk.rung(ana, "ringing").sid)


def talking(desk: Desk) -> Scene:
    caller = desk.ring(desk.line)
    ana = desk.rung(desk.agents["Ana"].contact)
    until(lambda: desk.truth(caller)["connected"], "the caller talks to Ana")
    return Scene(desk, desk.sees(caller), caller, ana.sid)


def talking_after_a_transfer(desk: Desk) -> Scene:
    scene = talking(desk)
    desk.does(scene.call, "transfer", destination=f"agent-{desk.agents['Cy'].pk}")
    cy = desk.rung(desk.agents["Cy"].contact)
    until(lambda: desk.truth(scene.first)["connected"], "the caller talks to Cy")
    until(lambda: desk.row(scene.other, "completed"), "Ana is gone")
    return Scene(desk, scene.call, scene.first, cy.sid, wishes=1)


def hears_an_announcement(desk: Desk) -> Scene:
    scene = talking(desk)
    answer = desk.wish(scene.call, "announce", text=LONG)
    assert answer.status_code == 202, answer.text
    until(lambda: desk.heard(scene.first, LONG), "the announcement")
    until(lambda: desk.row(scene.other, "completed"), "Ana is gone")
    return Scene(desk, scene.call, scene.first, wishes=1)


def bridged_by_another_application(desk: Desk, *, action: bool = False) -> Scene:
    """`action`: its <Dial> has one, which leads to us."""
    ana = desk.agents["Ana"].contact
    noun = f"<Client {reporting(desk.floor)}>{ana.removeprefix('client:')}</Client>"
    desk.floor.says(f"/voice/{desk.number}/", f"<Dial{returning(desk.floor) if action else ''}>{noun}</Dial>")
    caller = desk.ring(desk.foreign)
    child = desk.rung(ana)
    until(lambda: desk.truth(caller)["connected"], "the caller talks to Ana")
    return Scene(desk, desk.sees(caller), caller, child.sid)


def click_to_call(desk: Desk, *, action: bool = False) -> Scene:
    noun = f"<Number {reporting(desk.floor)}>{desk.customer}</Number>"
    desk.floor.says(
        f"/click/{desk.number}/",
        f'<Dial callerId="{desk.foreign}"{returning(desk.floor) if action else ""}>{noun}</Dial>',
    )
    ana = desk.floor.places(to=desk.agents["Ana"].contact, from_=desk.foreign, path=f"/click/{desk.number}/")
    customer = desk.rung(desk.customer)
    until(lambda: desk.truth(ana)["connected"], "Ana talks to the customer")
    return Scene(desk, desk.sees(ana), customer.sid, ana)


def outbound_rings(desk: Desk) -> Scene:
    desk.floor.behaves(desk.customer, after=1000.0)
    customer = desk.floor.places(to=desk.customer, from_=desk.foreign, path="/never/", timeout=600)
    desk.rung(desk.customer, "ringing")
    return Scene(desk, desk.sees(customer), customer)


def outbound_alone(desk: Desk) -> Scene:
    desk.floor.says(f"/alone/{desk.number}/", "<Say>Your appointment is tomorrow.</Say><Pause length='3600'/>")
    customer = desk.floor.places(to=desk.customer, from_=desk.foreign, path=f"/alone/{desk.number}/")
    desk.rung(desk.customer)
    until(lambda: desk.heard(customer, "Your appointment"), "the customer hears it")
    return Scene(desk, desk.sees(customer), customer)


def in_a_foreign_conference(desk: Desk) -> Scene:
    events = f'statusCallback="{desk.floor.server.url}/twilio/conference/" statusCallbackEvent="start end join leave"'
    for path in (f"/voice/{desk.number}/", f"/room/{desk.number}/"):
        desk.floor.says(path, f"<Dial><Conference {events}>room {desk.number}</Conference></Dial>")
    caller = desk.ring(desk.foreign)
    ana = desk.floor.places(to=desk.agents["Ana"].contact, from_=desk.foreign, path=f"/room/{desk.number}/")
    there = Presence.objects.filter(leg__in=[caller, ana], present=True)
    until(lambda: there.count() == 2, "both are in the room, by our rows")
    desk.rung(desk.agents["Ana"].contact)  # until then a leg in the room, of whom nobody knows
    until(lambda: desk.truth(caller)["connected"], "the caller talks to Ana")
    return Scene(desk, desk.sees(ana), caller, ana)


def with_a_bot(desk: Desk) -> Scene:
    """The AI agent of a line says nothing, and the caller neither."""
    caller = desk.ring(desk.assisted)
    until(lambda: desk.talks_to_the_bot(caller), "the AI agent meets the caller")
    call = desk.sees(caller)
    assert call.status == Call.Status.WITH_BOT
    return Scene(desk, call, caller)


def with_a_foreign_bot(desk: Desk) -> Scene:
    """Another application's, which calls a customer: we hear of the leg alone."""
    noun = f"<ConversationRelay url='{desk.floor.ears.url}'/>"
    desk.floor.says(f"/bot/{desk.number}/", f"<Connect>{noun}</Connect>")
    customer = desk.floor.places(to=desk.customer, from_=desk.foreign, path=f"/bot/{desk.number}/")
    desk.rung(desk.customer)
    until(lambda: desk.talks_to_the_bot(customer), "the AI agent meets the customer")
    return Scene(desk, desk.sees(customer), customer)


def taken_from_a_bot(desk: Desk) -> Scene:
    """The supervisor talks with whom the AI agent had."""
    scene = with_a_bot(desk)
    desk.does(scene.call, "take_over")
    me = desk.rung(desk.phone)
    until(lambda: desk.truth(scene.first)["connected"], "the caller talks to the supervisor")
    return replace(scene, other=me.sid, wishes=1)


def waiting(desk: Desk) -> Scene:
    """In a queue, alone in the room; nobody has the skill that is asked for."""
    caller = desk.waits()
    until(lambda: desk.heard(caller, NEXT), "the words of who waits")
    return Scene(desk, desk.sees(caller), caller)


def second_in_a_queue(desk: Desk) -> Scene:
    """Somebody else waits before them."""
    desk.waits()
    caller = desk.waits()
    until(lambda: desk.heard(caller, PLACE.format(place=2)), "the words of who is second")
    return Scene(desk, desk.sees(caller), caller)


def agent_rings_in_a_room(desk: Desk) -> Scene:
    """Ana is called into the caller's room, and does not pick up; nobody else is rung meanwhile."""
    ana = desk.agents["Ana"].contact
    Queue.objects.filter(pk=desk.queue.pk).update(ring_seconds=600)
    desk.floor.behaves(ana, after=1000.0)
    caller = desk.waits(skill="")
    return Scene(desk, desk.sees(caller), caller, desk.rung(ana, "ringing").sid)


def two_in_a_room(desk: Desk) -> Scene:
    """The caller and Ana, who came out of the queue."""
    caller = desk.waits(skill="")
    ana = desk.rung(desk.agents["Ana"].contact)
    there = Presence.objects.filter(leg__in=[caller, ana.sid], present=True)
    until(lambda: there.count() == 2, "both are in the room, by our rows")
    until(there.filter(room__status="in-progress").exists, "and it has begun, by our rows")
    until(lambda: desk.truth(caller)["connected"], "the caller talks to Ana")
    until(Waiting.objects.filter(call__legs=caller).exclude(left_at=None).exists, "the caller waits no more")
    return Scene(desk, desk.sees(caller), caller, ana.sid)


def on_hold(desk: Desk) -> Scene:
    scene = two_in_a_room(desk)
    desk.does(scene.call, "hold")
    return replace(scene, wishes=1)


def three_in_a_room(desk: Desk) -> Scene:
    """The caller, Ana, and Bo, whom the supervisor has added."""
    scene = two_in_a_room(desk)
    desk.does(scene.call, "add", destination=desk.bo)
    return replace(scene, third=desk.rung(desk.agents["Bo"].contact).sid, wishes=1, silent=1)


def consulting(desk: Desk) -> Scene:
    """Ana talks with Bo, and the caller waits."""
    scene = two_in_a_room(desk)
    desk.does(scene.call, "transfer", mode="warm", destination=desk.bo)
    return replace(scene, third=desk.rung(desk.agents["Bo"].contact).sid, wishes=1)


def consulted_one_rings(desk: Desk) -> Scene:
    """The caller waits, and Bo does not pick up."""
    scene, bo = two_in_a_room(desk), desk.agents["Bo"].contact
    desk.floor.behaves(bo, after=1000.0)
    answer = desk.wish(scene.call, "transfer", mode="warm", destination=desk.bo)
    assert answer.status_code == 202, answer.text
    return replace(scene, third=desk.rung(bo, "ringing").sid, wishes=1)


def ended(desk: Desk) -> Scene:
    scene = talking(desk)
    desk.floor.twilio.hang_up(scene.first)
    until(lambda: Call.objects.filter(pk=scene.call.pk).exclude(ended_at=None).exists(), "the call has ended")
    return scene


def returning(floor: Floor) -> str:
    return f' action="{floor.server.url}/twilio/dial/"'


def reporting(floor: Floor) -> str:
    return f'statusCallback="{floor.status}" statusCallbackEvent="{EVENTS}"'
