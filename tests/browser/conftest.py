"""Everything in this folder is lane C and is shown by the system's Chromium."""

import pytest

from tests import chromium


def pytest_collection_modifyitems(items):
    for item in items:
        if "/tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.lane_c)


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {"executable_path": chromium.path(), "args": chromium.SWITCHES}
