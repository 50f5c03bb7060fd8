from tests.control.desks import desk, desks, floor  # noqa: F401
