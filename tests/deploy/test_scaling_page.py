"""What docs/scaling.md says of the tables is said of those that there are."""

import re
from pathlib import Path

from persistence.tables import metadata
from tests.deploy.test_kubernetes import named, told

# What PostgreSQL keeps for its superuser, by itself.
KEPT = 3
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "scaling.md").read_text()


def test_every_table_is_in_one_of_the_lists() -> None:
    """The lists are those of the chapter on Citus, before its table."""
    chapter = PAGE.partition("## Citus")[2].partition("\n| What ")[0]
    items = re.findall(r"^- .*(?:\n  .*)*", chapter, re.M)
    named = [name for item in items for name in re.findall(r"`(\w+)`", item)]
    assert sorted(named) == sorted(metadata.tables)


def test_what_spreads_has_the_column_that_it_is_spread_by() -> None:
    (line,) = re.findall(r"^- as they are: (.*(?:\n  .*)*)", PAGE, re.M)
    for names, column in re.findall(r"((?:`\w+`,?\s*)+)\((\w+)\)", line):
        for name in re.findall(r"`(\w+)`", names):
            assert not metadata.tables[name].columns[column].nullable, name


def test_as_many_servers_as_the_autoscaler_may_make_have_connections_enough() -> None:
    """While a release rolls, with one server that comes and one that goes."""
    server, worker = (named("production", "Deployment", f"marquee-{name}")["spec"] for name in ("server", "worker"))
    surges = [spec["strategy"]["rollingUpdate"]["maxSurge"] for spec in (server, worker)]
    most = named("production", "HorizontalPodAutoscaler", "marquee-server")["spec"]["maxReplicas"]
    processes = most + worker["replicas"] + sum(surges) + 1
    connections = processes * (int(told("production")["DATABASE_POOL_SIZE"]) + 1)
    (allowed,) = re.findall(r"ten processes for (\d+)", PAGE)
    assert connections <= int(allowed) - KEPT
    assert f"{processes} × 17\n= {connections}" in PAGE
