"""Do the tests bite? Defects that others have shipped, each as a small patch of our code which a test must notice.

`make mutants` tries them one after the other. A patch whose text is not found any more fails `test_table.py`.
"""

from tests.mutants.actions import ACTIONS
from tests.mutants.doors import DOORS
from tests.mutants.floor import FLOOR
from tests.mutants.intake import INTAKE
from tests.mutants.rooms import ROOMS
from tests.mutants.stream import STREAM

MUTANTS = (*ACTIONS, *DOORS, *FLOOR, *INTAKE, *ROOMS, *STREAM)
