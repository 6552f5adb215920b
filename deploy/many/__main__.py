"""`python -m deploy.many` runs everything until Ctrl-C; `python -m deploy.many roll` starts its servers anew."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from deploy.many.account import CannotRunError
from deploy.many.layout import Many, opened, settings_of, unless_set
from deploy.many.supervisor import Supervisor, Taken
from jobs.demonstration import PASSWORD
from settings import Settings

_CATALOGUE = Path(__file__).resolve().parents[2] / "examples" / "demonstration" / "catalogue.json"


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def greeting(many: Many, settings: Settings) -> str:
    address = many.nginx.address
    servers = " and ".join(server.address for server in many.servers)
    lines = [f"{settings.app_name} is at {address}; behind it are {servers}"]
    if settings.development:
        lines.append(f"GraphiQL, with the story in its tabs: {address}/graphql")
        emails = [person["email"] for person in json.loads(_CATALOGUE.read_text())["people"]]
        lines.append(f"Sign in as {', '.join(emails)}, password {PASSWORD}")
    lines.append(f"What each part says is in {many.kept.folder}/log")
    lines.append("`make roll` starts the servers anew, one after the other; Ctrl-C stops everything.")
    return "\n".join(["", *(f"  {line}" for line in lines), ""])


def run(folder: Path) -> None:
    kept = opened(folder)
    Taken(folder).take()
    kept.forget_taken_ports()
    os.environ |= unless_set(kept) | os.environ | settings_of(kept)  # production has no settings without them
    settings = Settings()
    many = Many(kept, f"{settings.host}:{settings.port}", os.environ, linked="--links" in sys.argv)
    asyncio.run(Supervisor(many, say).run(greeting(many, settings)))


def main() -> None:
    folder = Path(os.environ.get("MARQUEE_HOME", ".marquee")) / "many"
    try:
        if "roll" in sys.argv:
            os.kill(Taken(folder).owner(), signal.SIGHUP)
        else:
            run(folder)
    except CannotRunError as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main()
