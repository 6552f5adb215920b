"""The command line: `python server.py` serves, `--help` lists the rest. What it serves is made in composition/."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

import schema
from composition import Marquee
from composition.importing import Importing
from composition.working import work
from domain.errors import CodedError
from domain.importing import Trust, Unreadable
from domain.instagram_tokens import Resealed
from domain.outbox import SEARCH
from integrations.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError
from jobs.demonstration import PASSWORD
from settings import Settings
from web.bounds import Bounds, Configuration, take_all_files_allowed
from web.log import configure_log
from web.serving import Server, configuration

T = TypeVar("T")

HERE = Path(__file__).resolve().parent
SCHEMA_FILE = HERE / "schema" / "schema.graphql"


async def watch_over(embedded: EmbeddedPostgres) -> None:
    """Takes the embedded database over when the process that had it is gone, and starts it again when it fell."""
    while True:
        await asyncio.sleep(1)
        try:
            embedded.ensure(patient=False)
        except EmbeddedPostgresError as error:
            structlog.get_logger("embedded_postgres").error("not_running", reason=str(error))


class Announcing(Server):
    """Says where to go as soon as there is something to go to."""

    def __init__(self, config: Configuration, marquee: Marquee) -> None:
        super().__init__(config)
        self._marquee = marquee

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            typer.echo(greeting(self._marquee, f"http://{shown}:{port}"))


def greeting(marquee: Marquee, address: str) -> str:
    lines = [f"{marquee.settings.app_name} is at {address}"]
    if marquee.settings.development:
        lines.append(f"What it is for, to try: {address}/")
        lines.append(f"GraphiQL, with the story in its tabs: {address}/graphql")
        lines.append(f"Every way to sign in, to try: {address}/sign-in")
    if marquee.demonstrating.is_wanted:
        lines.append(f"Sign in as {', '.join(marquee.demonstrating.demonstration.emails)}, password {PASSWORD}")
    return "\n".join(["", *(f"  {line}" for line in lines), ""])


cli = typer.Typer(help=__doc__, add_completion=False, pretty_exceptions_enable=False)


def read_settings() -> Settings:
    try:
        settings = Settings()
    except SettingsError as error:
        raise SystemExit(f"The settings cannot be used: {error}. Lists are written as JSON.") from None
    except ValidationError as error:
        problems = "\n".join(f"  {' '.join([*map(str, e['loc'])]).upper()} {e['msg']}" for e in error.errors())
        raise SystemExit(f"The settings cannot be used:\n{problems}") from None
    configure_log(debug=settings.debug, for_people=sys.stderr.isatty())
    return settings


def migrated(dsn: str) -> None:
    """By a process of its own, so that what migrations need does not stay in the memory of one that serves."""
    command = [sys.executable, "-m", "persistence.migrate"]
    done = subprocess.run(command, cwd=HERE, env={**os.environ, "DATABASE_URL": dsn}, check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit("The tables could not be brought to their newest form; what is above says why.")


@contextlib.contextmanager
def database_of(settings: Settings) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    """The address of a database with the newest tables: the one of the settings, or the embedded one."""
    if dsn := settings.dsn():
        migrated(settings.direct_dsn() or dsn)
        yield dsn, None
        return
    embedded = EmbeddedPostgres(settings.marquee_home / "postgres")
    try:
        embedded.ensure()
        migrated(embedded.dsn)
        yield embedded.dsn, embedded
    except EmbeddedPostgresError as error:
        raise SystemExit(f"The embedded PostgreSQL does not start. {error}") from None
    finally:
        embedded.stop()


@cli.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        serve()


def end_once(*_: Any) -> None:
    """uvicorn raises the signal that stopped it once more. It must not end us before the database is put away, and
    another one must not disturb that.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(0)


@cli.command()
def serve() -> None:
    """Serve, with everything that settings leave out embedded."""
    settings = read_settings()
    signal.signal(signal.SIGTERM, end_once)
    take_all_files_allowed()
    with database_of(settings) as (dsn, embedded), suppress(KeyboardInterrupt):
        marquee = Marquee(settings, dsn)
        beside = [watch_over(embedded)] if embedded else []
        bounds = Bounds(proxies=tuple(settings.trusted_proxies))
        config = configuration(marquee.application(*beside), host=settings.host, port=settings.port, bounds=bounds)
        Announcing(config, marquee).run()


@cli.command()
def worker() -> None:
    """Run the jobs alone, beside servers that have JOBS_IN_SERVER off."""
    settings = read_settings()
    # It ends alike by both; as the first process of a container it would not hear of the one that nobody handles.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with database_of(settings) as (dsn, _), suppress(KeyboardInterrupt):
        asyncio.run(work(Marquee(settings, dsn)))


@cli.command()
def migrate() -> None:
    """Bring the database to the newest tables."""
    with database_of(read_settings()):
        typer.echo("The tables are the newest.")


@cli.command()
def seed() -> None:
    """Make the demonstration catalogue; where it is already, nothing changes."""
    settings = read_settings()
    if not settings.development:
        raise SystemExit("The demonstration's passwords are known to everybody, so production does not have them.")

    async def make(marquee: Marquee) -> bool:
        async with marquee.running(listening=False):
            return await marquee.demonstrating.demonstration.make()

    with database_of(settings) as (dsn, _):
        made = asyncio.run(make(Marquee(settings, dsn)))
    typer.echo("The demonstration catalogue is made." if made else "It was there already; nothing has changed.")


@cli.command("import")
def import_files(
    paths: Annotated[list[Path], typer.Argument(help="Folders, or .jsonl and .csv files called as what is in them.")],
    system: Annotated[str, typer.Option("--from", help="Whose ids these are; each system has its own.")] = "old",
    report: Annotated[Path, typer.Option(help="Where refused lines are written to.")] = Path("import-report.jsonl"),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything; only the tables are made.")] = False,
    join_unproven: Annotated[bool, typer.Option("--join-unproven", help="Join by addresses nobody proved.")] = False,
    admins: Annotated[bool, typer.Option("--admins", help="Take people who are ADMIN.")] = False,
) -> None:
    """Import what an older system wrote out: docs/from-the-five-systems.md. The same twice changes nothing."""
    try:
        settings = read_settings()
        importing = Importing(paths, system, report, Trust(join_unproven, admins), is_dry=dry_run)
        files = importing.files()
        with database_of(settings) as (dsn, _):
            size = sum(file.size_bytes for file in files)
            with typer.progressbar(length=size, label="Importing", file=sys.stderr) as bar:
                tally = asyncio.run(importing.work(settings.direct_dsn() or dsn, files, bar.update))
    except (Unreadable, SystemExit) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(importing.summary(tally))
    raise typer.Exit(1 if tally.refused else 0)


@cli.command()
def rotate_keys() -> None:
    """Make a new signing key; tokens signed with the old ones stay good until they expire."""
    settings = read_settings()

    async def rotate(marquee: Marquee) -> None:
        async with marquee.running(listening=False):
            await marquee.signing_keys.rotate()

    with database_of(settings) as (dsn, _):
        asyncio.run(rotate(Marquee(settings, dsn)))
    typer.echo("A new key signs from now on.")


@cli.command()
def rotate_encryption() -> None:
    """Encrypt the tokens of strangers with the first of ENCRYPTION_KEYS, once every process has it."""
    settings = read_settings()

    async def rotate(marquee: Marquee) -> Resealed:
        async with marquee.running(listening=False):
            return await marquee.instagram.tokens.reseal()

    with database_of(settings) as (dsn, _):
        done = asyncio.run(rotate(Marquee(settings, dsn)))
    typer.echo(f"Tokens that were encrypted anew: {done.changed}. That none of our keys opens: {done.closed}.")
    raise typer.Exit(1 if done.closed else 0)


@cli.command()
def reindex() -> None:
    """Build the search index anew, beside the one in use, and put it in its place; writes go on meanwhile."""
    settings = read_settings()

    async def build(marquee: Marquee) -> dict[int, str]:
        refused: dict[int, str] = {}
        searching = marquee.searching
        async with marquee.running(listening=False):
            await searching.forget_unused()
            with typer.progressbar(length=await searching.count(), label=searching.index.name, file=sys.stderr) as bar:
                async for done, some in searching.rebuild()():
                    refused |= some
                    bar.update(done)
        return refused

    with database_of(settings) as (dsn, _):
        refused = asyncio.run(telling(build(Marquee(settings, dsn))))
    for content_id, reason in refused.items():
        typer.echo(f"Content {content_id} was refused: {reason}", err=True)
    typer.echo("The index is new.")


@cli.command()
def search_check() -> None:
    """Count where the search index and the database differ; fail if they do anywhere."""
    settings = read_settings()

    async def compare(marquee: Marquee) -> bool:
        searching = marquee.searching
        async with marquee.running(listening=False):
            found, held = await searching.compare()(), await searching.count()
            state = await searching.outbox.state(SEARCH)
        typer.echo(
            f"{searching.index.name}: of {held} contents {len(found.missing)} are missing and {len(found.outdated)}"
            f" outdated; {len(found.gone)} are there that should be gone."
        )
        typer.echo(
            f"Changes that wait to be told: {state.waiting}. Set aside because they were refused: {state.refused}."
        )
        return not found.ids

    with database_of(settings) as (dsn, _):
        equal = asyncio.run(telling(compare(Marquee(settings, dsn))))
    raise typer.Exit(0 if equal else 1)


async def telling(work: Coroutine[Any, Any, T]) -> T:
    """What a person at the command line is told of a part that cannot be reached."""
    try:
        return await work
    except CodedError as error:
        raise SystemExit(error.message) from None


@cli.command()
def export_schema() -> None:
    """Print the schema into schema/schema.graphql."""
    SCHEMA_FILE.write_text(schema.build().as_str() + "\n")
    typer.echo(f"Written: {SCHEMA_FILE.name}")


if __name__ == "__main__":
    cli()
