"""The dashboard, the alerts and the page of operations speak of what /metrics really tells, and of nothing else."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from composition import Marquee
from domain.metering import Meter
from tests.api.conftest import home, marquee  # noqa: F401
from tests.api.issuer import application, settings_like
from tests.web.test_metrics import LIST, NOBODY, scraped

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "grafana"
DASHBOARD = json.loads((FOLDER / "marquee.json").read_text())
ALERTS = yaml.safe_load((FOLDER / "alerts.yaml").read_text())
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
SCRAPING = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ROWS = ["Requests", "Operations", "Database", "Jobs and outbox", "Strangers", "Sockets and events", "Process"]
# What Prometheus itself says of whom it asks.
OF_PROMETHEUS = {"instance"}
# Of no Marquee: PromQL's own words, and the metric of Prometheus on each scrape.
NO_SERIES = {"up"}
Series = dict[str, set[str]]


@pytest.fixture(scope="module")
async def told(marquee: Marquee) -> AsyncIterator[Series]:  # noqa: F811
    """Every series that a server tells of, with its labels, when everything that is counted has happened once."""
    async with application(settings_like(marquee)) as (made, asked):
        await asked.data(LIST)
        await asked.ask(NOBODY)
        metrics = made.observing.metrics
        assert metrics
        own = Meter("one", made.observing.observers, job="a job")
        own.note_refusal("NOT_FOUND")
        metrics.request_ended(own, 0.1)
        metrics.job_ended(own, 0.1, failed=False)
        metrics.statement_ended(own, "select", 0.1, OSError())
        metrics.stranger_asked(own, "Somebody", 0.1, "answered")
        metrics.opened("socket")
        found: Series = {}
        for name, labels in await scraped(asked):
            found.setdefault(name, set()).update(label for label, _ in labels)
        yield found


def expressions() -> Iterator[tuple[str, str]]:
    for panel in PANELS:
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])
    yield from ((rule["alert"], rule["expr"]) for rule in RULES)


def selected(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Each series that is asked for, and the labels by which."""
    for name, labels in re.findall(r"\b((?:marquee|process|python)_[a-z_]+|up)\b(?:\{([^}]*)\})?", expression):
        yield name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels))


def grouped(expression: str) -> set[str]:
    return {word for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for word in re.findall(r"\w+", group)}


@pytest.mark.parametrize("expression", [pair[1] for pair in expressions()], ids=[pair[0] for pair in expressions()])
def test_every_series_and_label_is_told(expression: str, told: Series) -> None:
    asked = list(selected(expression))
    assert asked
    everywhere = set(OF_PROMETHEUS)
    for name, labels in asked:
        if name in NO_SERIES:
            assert labels <= {"job"}
            continue
        assert name in told, name
        assert labels <= told[name] | OF_PROMETHEUS, (name, labels - told[name])
        everywhere |= told[name]
    assert grouped(expression) <= everywhere


@pytest.mark.parametrize("panel", PANELS, ids=[panel["title"] for panel in PANELS])
def test_every_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    for target in panel["targets"]:
        assert target["datasource"] == panel["datasource"]
        assert 'instance=~"$instance"' in target["expr"]
        labels = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", target["legendFormat"]))
        assert labels <= grouped(target["expr"]) | OF_PROMETHEUS, "a legend names what is left after the sum"


def test_the_dashboard_can_be_imported() -> None:
    assert DASHBOARD["schemaVersion"] >= 39, "that is Grafana 11"
    assert "id" not in DASHBOARD, "the number of another Grafana would be taken for an update"
    assert [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"] == ROWS
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    used = set(re.findall(r"\$\{?([a-z]\w*)", json.dumps(DASHBOARD)))
    assert used <= variables.keys() | {"__rate_interval"}


def test_no_panel_lies_upon_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_everything_that_is_told_is_shown(told: Series) -> None:
    """A series that nobody looks at is found here, when it is new."""
    shown = {name for _, expression in expressions() for name, _ in selected(expression)}
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in told if name.startswith("marquee_")}
    assert ours <= {re.sub(r"_(bucket|count|sum)$", "", name) for name in shown}


def test_every_alert_says_whom_it_wakes_and_why() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(names) == len(set(names)) >= 7
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"].keys() == {"summary", "description"}


def test_whatever_docs_call_worth_an_alert_has_one() -> None:
    listed = (ROOT / "docs" / "metrics.md").read_text().partition("### Worth an alert\n")[2].partition("\n## ")[0]
    wanted = {name for name, _ in selected(listed)}
    assert len(wanted) >= 8
    assert wanted <= {name for rule in RULES for name, _ in selected(rule["expr"])}


def test_what_prometheus_is_told_keeps_the_names_of_jobs() -> None:
    (asking,) = SCRAPING["scrape_configs"]
    assert asking["honor_labels"] is True, "else the label `job` of ours is called exported_job"
    assert asking["job_name"] in next(rule["expr"] for rule in RULES if rule["alert"] == "MarqueeGone")
    assert [(FOLDER / name).exists() for name in SCRAPING["rule_files"]] == [True]


def test_every_series_of_the_page_of_operations_is_told(told: Series) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    named = list(selected(page))
    assert len(named) > 10
    for name, labels in named:
        if name not in NO_SERIES:
            assert labels <= told[name], name
