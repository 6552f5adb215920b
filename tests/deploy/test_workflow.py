"""The workflow that every push goes through. D11."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

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


def test_it_may_read_and_nothing_else_and_ends() -> None:
    assert SAID["permissions"] == {"contents": "read"}
    assert SAID["concurrency"]["group"]
    for job in SAID["jobs"].values():
        assert job["timeout-minutes"] <= 90
        assert "permissions" not in job
        for step in job["steps"]:
            assert "uses" not in step or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
