"""As whom a program runs that refuses root, or should not have root's rights."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Debian's package makes the first; the second is everywhere.
_NAMES = ("postgres", "nobody")


class CannotRunError(Exception):
    """Something that a person must see to before this can run here; the sentence says what."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user. `others` is True where we are root and they are not."""

    name: str
    uid: int
    gid: int
    others: bool

    @property
    def popen(self) -> dict[str, Any]:
        """What makes a process of subprocess's theirs."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.others else {}

    def own(self, path: Path, mode: int) -> None:
        """Gives it to them, and closes it to the rest as `mode` says."""
        path.chmod(mode)
        if self.others:
            os.chown(path, self.uid, self.gid)

    def check_reach(self, folder: Path) -> None:
        """Raises CannotRunError where some folder on the way is closed to them. Changes no rights."""
        for step in (*reversed(folder.parents), folder):
            look = ["/usr/bin/test", "-x", str(step)]
            if subprocess.run(look, check=False, cwd="/", **self.popen).returncode:
                raise CannotRunError(
                    f"PostgreSQL, PgBouncer and Redis run as {self.name}, for whom {step} is closed: "
                    "open it (chmod o+x), or name a MARQUEE_HOME that others may pass through."
                )


def ourselves() -> Account:
    entry = pwd.getpwuid(os.geteuid())
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, others=False)


def unprivileged() -> Account:
    """We ourselves, but where we are root, who has no rights."""
    if os.geteuid():
        return ourselves()
    entry = next(entry for name in _NAMES for entry in pwd.getpwall() if entry.pw_name == name)
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, others=True)
