"""Whom and what the admin's tests are about: the same people and calls as the desk's."""

from tests.control.conftest import rest
from tests.desk.conftest import disabled, nobody_has_tried_yet, olga, sale, stan, world

__all__ = ["disabled", "nobody_has_tried_yet", "olga", "rest", "sale", "stan", "world"]
