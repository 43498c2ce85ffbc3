from __future__ import annotations

import pytest
from continuing_tasks import AccessControl, Ring


@pytest.fixture
def ring():
    return Ring


@pytest.fixture
def access_control():
    return AccessControl
