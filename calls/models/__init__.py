from calls.models.action import OPEN_STATES, Action, Audit, AuditHead, append_audit
from calls.models.board import Board, Position, publish
from calls.models.call import Call, Leg, Presence, Room
from calls.models.floor import Agent, Line, Membership, Team, Visit
from calls.models.report import Report
from calls.models.rights import Rights, read_rights, rights_of

__all__ = [
    "OPEN_STATES",
    "Action",
    "Agent",
    "Audit",
    "AuditHead",
    "Board",
    "Call",
    "Leg",
    "Line",
    "Membership",
    "Position",
    "Presence",
    "Report",
    "Rights",
    "Room",
    "Team",
    "Visit",
    "append_audit",
    "publish",
    "read_rights",
    "rights_of",
]
