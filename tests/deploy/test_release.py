"""A release to Kubernetes: in which order, and what it says and leaves alone when the migration fails."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.kustomizing import KUBERNETES

OVERLAY = str(KUBERNETES / "overlays" / "production")
APPLIED = [
    "apply -k O -l app.kubernetes.io/component notin (server, worker, migrate)",
    "delete job marquee-migrate -n marquee --ignore-not-found --wait",
    "apply -k O -l app.kubernetes.io/component=migrate",
]
LOOK = 'get job marquee-migrate -n marquee -o jsonpath={.status.conditions[?(@.status=="True")].type}'
SERVED = [
    "apply -k O",
    "rollout status deployment/marquee-server -n marquee --timeout=15m",
    "rollout status deployment/marquee-worker -n marquee --timeout=15m",
]
LOGS = "logs -n marquee -l batch.kubernetes.io/job-name=marquee-migrate --prefix --tail=100"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Where kubectl writes down what it is told. The job has no state at the first look, and $STATE at the second."""
    log = tmp_path / "log"
    state = f'case $(grep -c ^get {log}) in 1) ;; 450) echo Complete ;; *) echo "$STATE" ;; esac'
    programs = {
        "kubectl": f'echo "$@" >>{log}\ncase "$1" in get) {state} ;; logs) echo why; exit "$NO_LOGS" ;; esac\n',
        "sleep": f'echo "sleep $@" >>{log}\n',
    }
    for name, text in programs.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def released(machine: Path, state: str, no_logs: str = "0") -> tuple[int, list[str], str]:
    """Its status, what kubectl was told, and what was said to people."""
    given = {"PATH": f"{machine}:/usr/bin:/bin", "STATE": state, "NO_LOGS": no_logs}
    done = subprocess.run([KUBERNETES / "release.sh", OVERLAY], env=given, check=False, capture_output=True, text=True)
    lines = (machine / "log").read_text().splitlines()
    return done.returncode, [line.replace(OVERLAY, "O") for line in lines], done.stderr


def test_a_release_migrates_before_anybody_serves(machine: Path) -> None:
    status, told, _ = released(machine, "SuccessCriteriaMet Complete")
    assert (status, told) == (0, [*APPLIED, LOOK, "sleep 2", LOOK, *SERVED])


@pytest.mark.parametrize(("no_logs", "says"), [("0", "why"), ("1", "Its logs cannot be read.")])
def test_where_the_migration_fails_it_says_why_at_once_and_nothing_else_changes(
    no_logs: str, says: str, machine: Path
) -> None:
    status, told, said = released(machine, "FailureTarget Failed", no_logs)
    assert (status, told) == (1, [*APPLIED, LOOK, "sleep 2", LOOK, LOGS])
    assert says in said
    assert said.endswith("The migration failed: no server and no worker was changed.\n")
