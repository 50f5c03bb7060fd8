"""What wishes ask of Twilio about rooms and who is in them: one kind of request after the other, as the plan has them.

A plan's `sends` are data, and name what they are:
`{"seat": sid, "room": CF…, "set": {"Muted": "true"}}` · `{"kick": sid, "room"}` · `{"add": contact, "room", "role",
"muted", "coach", "start", "end_on_exit"}` · `{"say": "room", "room"}` or `{"say": sid, "room"}` · `{"over": CF…}` ·
`{"sid", "step"}` (a document of ours) · `{"sid", "status"}` (end).
With `must`, nothing is asked for after it if it is refused; `else` are asked for if its leg is gone.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from calls.control.plan import RING_SECONDS
from calls.control.verbs import redirecting
from calls.models import Action, Room
from calls.twilio import gateway, twiml

Resource = dict[str, Any]


def send(action: Action, wish: Mapping[str, Any], until: float) -> list[Resource]:
    """Ask for one of them; returns Twilio's answers."""
    wish = {**wish, "room": live_room(wish["room"])} if "room" in wish else wish
    if "set" in wish:
        values = {name: filled(action, value) for name, value in wish["set"].items()}
        return [gateway.update_participant(wish["room"], wish["seat"], values, until=until)]
    if "kick" in wish:
        gateway.remove_participant(wish["room"], wish["kick"], until=until)
        return []
    if "add" in wish:
        return [add(action, wish, until)]
    if "say" in wish:
        heard = {"AnnounceUrl": sound(action, "say"), "AnnounceMethod": "POST"}
        if wish["say"] == "room":
            return [gateway.update_room(wish["room"], heard, until=until)]
        return [gateway.update_participant(wish["room"], wish["say"], heard, until=until)]
    if "over" in wish:
        return [gateway.update_room(wish["over"], {"Status": "completed"}, until=until)]
    if "status" in wish:
        return [gateway.end_leg(wish["sid"], wish["status"], until=until)]
    return redirecting.send(action, wish, until)


def live_room(room: str) -> str:
    """Its SID. A plan that leads into a room knows only the name of it."""
    if not room.startswith("call-"):
        return room
    found = Room.objects.filter(name=room).exclude(status="completed").order_by("-pk").values_list("sid", flat=True)
    # Of two one is over, and its last callback was lost: nobody is in it.
    return found.filter(presences__present=True).first() or found.first() or room


def filled(action: Action, value: str) -> str:
    """An address that is made for this very wish is known only now: `sound:music` stands for it."""
    return sound(action, value.removeprefix("sound:")) if value.startswith("sound:") else value


def sound(action: Action, step: str) -> str:
    """Where Twilio gets what is played into a room."""
    return redirecting.address(action, step, door="twilio-sound")


def add(action: Action, wish: Mapping[str, Any], until: float) -> Resource:
    """Call somebody into the room. Their callbacks name the wish, and so prove it."""
    role = wish["role"]
    room = twiml.absolute(settings.PUBLIC_URL, reverse("twilio-conference"), call=action.call_id)
    return gateway.add_participant(
        wish["room"],
        from_=wish["from"],
        to=wish["add"],
        label=f"{role}-{action.pk}",
        status_callback=redirecting.reports_of(action, role),
        conference_callback=room,
        timeout=wish.get("timeout", RING_SECONDS),
        muted=wish.get("muted", False),
        coach=wish.get("coach", ""),
        start=wish.get("start", True),
        end_on_exit=wish.get("end_on_exit", False),
        until=until,
    )
