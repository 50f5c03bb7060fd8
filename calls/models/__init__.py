from calls.models.action import GRACE, OPEN_STATES, Action, Audit, AuditHead, append_audit
from calls.models.alarm import OF_QUEUES, OUT_OF_THE_BOX, UNITS, Alarm, Kind, Notice, Threshold
from calls.models.board import Board, Position, publish
from calls.models.bulk import Bulk
from calls.models.call import Call, Leg, Presence, Room
from calls.models.drill import FORGOTTEN_AFTER, Drill, looked_at, simulated
from calls.models.floor import Agent, Line, Membership, Phone, Team, Visit, phone_of
from calls.models.healing import Import, Pulse, Sweep, pulse, twilio_down
from calls.models.help import HelpRequest
from calls.models.library import Announcement, Destination, agents_for
from calls.models.note import LONGEST_NOTE, LONGEST_TAG, MOST_TAGS, Note, Tag
from calls.models.preferences import Preferences
from calls.models.queue import Queue, Waiting
from calls.models.report import Report
from calls.models.rights import Rights, in_teams, name_of, read_rights, rights_of
from calls.models.tap import StreamTarget, Tap
from calls.models.view import SavedView
from calls.models.wallboard import WallboardLink

__all__ = [
    "FORGOTTEN_AFTER",
    "GRACE",
    "LONGEST_NOTE",
    "LONGEST_TAG",
    "MOST_TAGS",
    "OF_QUEUES",
    "OPEN_STATES",
    "OUT_OF_THE_BOX",
    "UNITS",
    "Action",
    "Agent",
    "Alarm",
    "Announcement",
    "Audit",
    "AuditHead",
    "Board",
    "Bulk",
    "Call",
    "Destination",
    "Drill",
    "HelpRequest",
    "Import",
    "Kind",
    "Leg",
    "Line",
    "Membership",
    "Note",
    "Notice",
    "Phone",
    "Position",
    "Preferences",
    "Presence",
    "Pulse",
    "Queue",
    "Report",
    "Rights",
    "Room",
    "SavedView",
    "StreamTarget",
    "Sweep",
    "Tag",
    "Tap",
    "Team",
    "Threshold",
    "Visit",
    "Waiting",
    "WallboardLink",
    "agents_for",
    "append_audit",
    "in_teams",
    "looked_at",
    "name_of",
    "phone_of",
    "publish",
    "pulse",
    "read_rights",
    "rights_of",
    "simulated",
    "twilio_down",
]
