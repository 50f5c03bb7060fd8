"""How long is too long for a call, for the list to say so: by the same thresholds as alarms (floor/alarms.py)."""

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from calls.desk.views import SignedIn
from calls.floor.alarms import Place, Rules
from calls.models import Kind, rights_of

OF_A_CALL = (Kind.WAIT, Kind.HOLD, Kind.TALK, Kind.UNVERIFIED)


@require_GET
def limits(request: SignedIn) -> HttpResponse:
    """Seconds, [amber, red] by kind: of the queues of the teams that one watches, by name, and of their other calls."""
    watched, rules = rights_of(request.user).watched, Rules()
    queues = {name: rules.marks(OF_A_CALL, place) for name, place in rules.by_name.items() if place.team in watched}
    teams = {"null" if team is None else str(team): rules.marks(OF_A_CALL, Place(team)) for team in watched}
    return JsonResponse({"queues": queues, "teams": teams})
