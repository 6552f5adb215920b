"""What a group is for: one worker runs its tests, one after the other."""

import os

import pytest

from tests.conftest import GROUPS, HERE


@pytest.mark.xdist_group("together")
@pytest.mark.parametrize("_number", range(2))
def test_a_group_reaches_the_workers(request: pytest.FixtureRequest, _number: int) -> None:
    """xdist 3.8 says it in the name that it shares tests out by; with pytest 9.2 it says nothing (its issue 1386)."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        pytest.skip("one process runs all tests")
    assert request.node.nodeid.endswith("@together")


@pytest.mark.parametrize("folder", GROUPS)
def test_the_folders_of_a_group_are_there(folder: str) -> None:
    assert list((HERE / folder).glob("test_*.py"))
