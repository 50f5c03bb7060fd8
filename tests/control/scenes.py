"""Calls in all the shapes that a supervisor may find them in, made by people and by another application."""

from dataclasses import dataclass

from calls.models import Call, Presence
from tests.control.floor import EVENTS, LONG, Desk, Floor, until


@dataclass
class Scene:
    """A call as it is when the supervisor looks. `first`: whom a wish moves if nobody is named; `other`: the other."""

    desk: Desk
    call: Call
    first: str
    other: str = ""
    wishes: int = 0  # that were made to get here

    @property
    def legs(self) -> list[str]:
        return [sid for sid in (self.first, self.other) if sid]


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


def bridged_by_another_application(desk: Desk) -> Scene:
    ana = desk.agents["Ana"].contact
    noun = f"<Client {reporting(desk.floor)}>{ana.removeprefix('client:')}</Client>"
    desk.floor.says(f"/voice/{desk.number}/", f"<Dial>{noun}</Dial>")
    caller = desk.ring(desk.foreign)
    child = desk.rung(ana)
    until(lambda: desk.truth(caller)["connected"], "the caller talks to Ana")
    return Scene(desk, desk.sees(caller), caller, child.sid)


def click_to_call(desk: Desk) -> Scene:
    noun = f"<Number {reporting(desk.floor)}>{desk.customer}</Number>"
    desk.floor.says(f"/click/{desk.number}/", f'<Dial callerId="{desk.foreign}">{noun}</Dial>')
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
    until(lambda: desk.truth(caller)["connected"], "the caller talks to Ana")
    return Scene(desk, desk.sees(ana), caller, ana)


def ended(desk: Desk) -> Scene:
    scene = talking(desk)
    desk.floor.twilio.hang_up(scene.first)
    until(lambda: Call.objects.filter(pk=scene.call.pk).exclude(ended_at=None).exists(), "the call has ended")
    return scene


def reporting(floor: Floor) -> str:
    return f'statusCallback="{floor.status}" statusCallbackEvent="{EVENTS}"'
