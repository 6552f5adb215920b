"""What a group is for: one worker runs its tests, one after the other."""

import pytest

from tests.conftest import GROUPS, HERE


@pytest.mark.xdist_group("together")
@pytest.mark.parametrize("_number", range(2))
def test_a_group_reaches_the_workers(request: pytest.FixtureRequest, _number: int) -> None:
    """xdist 3.8 says it in the name that it shares tests out by; with pytest 9.2 it says nothing (its issue 1386)."""
    _skip_where_nothing_is_shared_out(request.config)
    assert request.node.nodeid.endswith("@together")


@pytest.mark.parametrize("folder", GROUPS)
def test_the_tests_of_a_folder_are_in_its_group_and_no_other(request: pytest.FixtureRequest, folder: str) -> None:
    assert list((HERE / folder).glob("test_*.py"))
    _skip_where_nothing_is_shared_out(request.config)
    names = [item.nodeid for item in request.session.items if item.path.is_relative_to(HERE / folder)]
    assert [name for name in names if not name.endswith(f"@{GROUPS[folder]}")] == []


def _skip_where_nothing_is_shared_out(config: pytest.Config) -> None:
    if not getattr(config.option, "loadgroup", False):
        pytest.skip("one process runs all tests")
