"""How many random histories a property is tried with: some on each run, very many in a soak."""

import os

import pytest
from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("HISTORIES", "1"))

many_in_a_soak = pytest.mark.histories
"""Marks a property of random histories: `make soak` tries it with ten times as many."""


def tries(usual: int) -> settings:
    """Settings for so many histories, however long each takes."""
    return settings(
        max_examples=usual * _TIMES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
