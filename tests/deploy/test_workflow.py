"""The workflow that every push goes through. D11."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.deploy.composing import sections

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yaml"
BIN = Path(sys.executable).parent
SAID = yaml.safe_load(WORKFLOW.read_text())
LINTERS = {
    "schema": ["check-jsonschema", "--builtin-schema", "vendor.github-workflows"],
    "zizmor": ["zizmor", "--offline", "--no-progress"],
}
WRONG = {
    "schema": ("runs-on:", "run-on:"),
    "zizmor": ('echo "::notice::', 'echo "${{ github.head_ref }}::notice::'),
}


@pytest.mark.parametrize("linter", LINTERS)
@pytest.mark.parametrize("ours", [True, False], ids=["ours", "a bad one"])
def test_linters_find_nothing_in_ours(linter: str, ours: bool, tmp_path: Path) -> None:
    path, (right, wrong) = tmp_path / ".github" / "workflows" / "ci.yaml", WRONG[linter]
    path.parent.mkdir(parents=True)
    assert right in WORKFLOW.read_text()
    path.write_text(WORKFLOW.read_text() if ours else WORKFLOW.read_text().replace(right, wrong))
    name, *words = LINTERS[linter]
    done = subprocess.run([str(BIN / name), *words, str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == ours, done.stdout + done.stderr


def test_it_runs_the_tests_on_every_python_that_is_allowed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = SAID["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == f">={versions[0]}"
    assert any(step.get("run") == "make test" for step in SAID["jobs"]["test"]["steps"])
    assert any(step.get("run") == "make test-many" for step in SAID["jobs"]["several"]["steps"])


def test_every_make_target_and_file_that_it_names_is_there() -> None:
    run = "\n".join(step["run"] for job in SAID["jobs"].values() for step in job["steps"] if "run" in step)
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"\bmake ([a-z-]+)", run)) <= targets
    for path in re.findall(r"\b(?:deploy|schema)/[\w./-]+", run):
        assert path == "deploy/compose.env" or (ROOT / path).is_file(), path
    assert "docker build" in run
    assert "deploy.breaking" in run


def run_of(job: str, name: str) -> str:
    (found,) = [step["run"] for step in SAID["jobs"][job]["steps"] if step.get("name") == name]
    return str(found)


def test_the_second_time_the_parts_of_its_profiles_are_there_and_told(tmp_path: Path) -> None:
    (tmp_path / "deploy").mkdir()
    path = tmp_path / "deploy" / "compose.env"
    subprocess.run([ROOT / "deploy" / "compose" / "new-env.sh", path], check=True, capture_output=True)
    before = path.read_text()
    change = run_of("image", "up with profiles").partition("MARQUEE_TAG")[0]
    subprocess.run(["sh", "-euc", change], cwd=tmp_path, check=True)
    profiles = ["worker", "nginx", "pgbouncer", "redis"]
    in_force = dict(line.split("=", 1) for line in path.read_text().splitlines() if re.match("[A-Z]", line))
    wanted = {name: value for profile in ["", *profiles] for name, value in sections(before)[profile].items()}
    assert {name: value.strip("'") for name, value in in_force.items()} == wanted | {
        "COMPOSE_PROFILES": ",".join(profiles)
    }


def test_a_release_is_compared_with_the_one_before_and_what_comes_after_with_it(tmp_path: Path) -> None:
    """So what is accepted stays for the release, and goes with the first change after it."""
    for name in ("make", ".venv/bin/python"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "schema").mkdir()
    given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    named = ["-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "init.defaultBranch=main"]

    def git(*words: str) -> None:
        subprocess.run(["git", *named, *words], cwd=tmp_path, env=given, check=True, capture_output=True)

    def beside() -> str | None:
        (tmp_path / "last.graphql").unlink(missing_ok=True)
        command = ["sh", "-euc", run_of("schema", "beside the last release")]
        subprocess.run(command, cwd=tmp_path, env=given, check=True, capture_output=True)
        return (tmp_path / "last.graphql").read_text() if (tmp_path / "last.graphql").exists() else None

    git("init")
    found = []
    for schema, tag in (("one", "v1.0.0"), ("two", ""), ("three", "v2.0.0"), ("four", "")):
        (tmp_path / "schema" / "schema.graphql").write_text(schema)
        git("add", "schema")
        git("commit", "-m", schema)
        if tag:
            git("tag", tag)
        found.append(beside())
    assert found == [None, "one", "one", "three"]


def test_it_may_read_and_nothing_else_and_ends() -> None:
    assert SAID["permissions"] == {"contents": "read"}
    assert SAID["concurrency"]["group"]
    for job in SAID["jobs"].values():
        assert job["timeout-minutes"] <= 90
        assert "permissions" not in job
        for step in job["steps"]:
            assert "uses" not in step or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
