"""GraphQL Code Generator makes types of the committed schema, and the compiler holds a program to them."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.examples import node
from tests.examples.conftest import CLIENTS

pytestmark = pytest.mark.xdist_group("heavy")
_SCHEMA = CLIENTS.parent.parent / "schema" / "schema.graphql"
_WRONG = """
import { CatalogueDocument, type CatalogueQuery, type CatalogueQueryVariables } from "./generated/graphql";
export const title = (answer: CatalogueQuery): string => answer.contents.nodes[0].title;
export const likes = (answer: CatalogueQuery): number => answer.contents.likeCount;
export const variables: CatalogueQueryVariables = { first: "ten" };
void CatalogueDocument;
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the folder, as far from the schema as it is in the house."""
    node.node()
    house = tmp_path_factory.mktemp("codegen")
    folder = house / CLIENTS.relative_to(CLIENTS.parent.parent) / "codegen"
    shutil.copytree(CLIENTS / "codegen", folder, ignore=shutil.ignore_patterns("node_modules", "generated"))
    folder.joinpath("node_modules").symlink_to(node.installed(CLIENTS / "codegen"))
    house.joinpath("schema").mkdir()
    shutil.copy(_SCHEMA, house / "schema")
    return folder


async def run(project: Path, script: str) -> tuple[int, str]:
    """What `npm run …` ends with, and says."""
    process = await asyncio.create_subprocess_exec(
        *("npm", "run", "--silent", script),
        cwd=project,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(120):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_what_is_generated_types_answers_variables_and_refusals(project: Path) -> None:
    code, said = await run(project, "generate")
    assert code == 0, said
    generated = project.joinpath("generated", "graphql.ts").read_text()
    assert "CatalogueDocument" in generated
    assert "WatchDocument" in generated
    assert "any }" not in generated.partition("export type")[2], "every scalar has a type"
    assert await run(project, "check") == (0, "")

    project.joinpath("wrong.ts").write_text(_WRONG)
    code, said = await run(project, "check")
    assert code != 0
    for complaint in ("possibly 'undefined'", "'likeCount' does not exist", "'string' is not assignable"):
        assert complaint in said
