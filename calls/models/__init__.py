from calls.models.action import OPEN_STATES, Action, Audit, AuditHead, append_audit
from calls.models.board import Board, Position, publish
from calls.models.call import Call, Leg, Presence, Room
from calls.models.floor import Agent, Line, Membership, Team, Visit
from calls.models.healing import Import, Pulse, Sweep, pulse, twilio_down
from calls.models.library import Announcement, Destination, agents_for
from calls.models.report import Report
from calls.models.rights import Rights, read_rights, rights_of

__all__ = [
    "OPEN_STATES",
    "Action",
    "Agent",
    "Announcement",
    "Audit",
    "AuditHead",
    "Board",
    "Call",
    "Destination",
    "Import",
    "Leg",
    "Line",
    "Membership",
    "Position",
    "Presence",
    "Pulse",
    "Report",
    "Rights",
    "Room",
    "Sweep",
    "Team",
    "Visit",
    "agents_for",
    "append_audit",
    "publish",
    "pulse",
    "read_rights",
    "rights_of",
    "twilio_down",
]
