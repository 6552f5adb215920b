"""The Dockerfile, read, and its steps done in a folder instead of an image: there need be no engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[2]
# What in an image is at the top, and here is in the folder that stands for it.
_PLACES = ("/venv", "/installer", "/srv/marquee", "/build", "/var/lib/marquee")
_ACCOUNTS = re.compile(r"(groupadd|useradd)\b")
_OWNERS = re.compile(r" -[og] \d+")


@dataclass
class Stage:
    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def words(self, instruction: str) -> str:
        """What stands behind the last such instruction."""
        return [said for kind, said in self.steps if kind == instruction][-1]

    def listed(self, instruction: str) -> list[str]:
        """The same in exec form, which starts no shell."""
        found: list[str] = json.loads(self.words(instruction))
        return found

    @property
    def health_command(self) -> list[str]:
        _, _, words = self.words("HEALTHCHECK").partition("CMD ")
        found: list[str] = json.loads(words)
        return found

    @property
    def environment(self) -> dict[str, str]:
        pairs = [pair for kind, said in self.steps if kind == "ENV" for pair in said.split()]
        return dict(pair.split("=", 1) for pair in pairs)


def stages(text: str) -> list[Stage]:
    found: list[Stage] = []
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in filter(None, re.sub(r"\\\n", " ", lines).splitlines()):
        instruction, said = line.split(maxsplit=1)
        if instruction == "FROM":
            base, _, name = said.partition(" AS ")
            found.append(Stage(base, name))
        elif found:
            found[-1].steps.append((instruction, said))
    return found


def _patterns(text: str) -> list[tuple[bool, re.Pattern[str]]]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    # Of `**/x`, also the x at the top.
    made = [(line.startswith("!"), line.lstrip("!")) for line in lines]
    return [(back, re.compile(translate(shape))) for back, line in made for shape in {line, line.removeprefix("**/")}]


def context(root: Path = ROOT) -> Iterator[Path]:
    """The files that an engine would be sent, from the root: what is tracked or new, less what .dockerignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    patterns = _patterns((root / ".dockerignore").read_text())
    for name in filter(None, listed.stdout.split("\0")):
        path = Path(name)
        within = [str(part) for part in (path, *path.parents)][:-1]
        if not _is_left_out(within, patterns) and (root / path).is_file():
            yield path


def _is_left_out(within: list[str], patterns: list[tuple[bool, re.Pattern[str]]]) -> bool:
    """The last pattern that fits a path, or a folder that it is in, decides."""
    out = False
    for back, pattern in patterns:
        if any(pattern.fullmatch(one) for one in within):
            out = not back
    return out


class Sandbox:
    """A folder that stands for the file system of an image; all stages share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for place in (*_PLACES, "/tmp"):  # noqa: S108
            self.place(place).mkdir(parents=True, exist_ok=True)

    def place(self, inside: str) -> Path:
        return self.folder / inside.lstrip("/")

    def here(self, command: str) -> str:
        """With the paths of this folder for those of the image."""
        shape = "|".join(map(re.escape, _PLACES))
        return re.sub(rf"(?<![\w/.-])({shape})(?![\w-])", lambda found: str(self.place(found[1])), command)

    def build(self, made: list[Stage]) -> None:
        for stage in made:
            where = self.folder
            for instruction, said in stage.steps:
                if instruction == "WORKDIR":
                    where = self.place(said)
                elif instruction == "COPY":
                    self._copy(said, where)
                elif instruction == "RUN":
                    self._run(said, where)

    def _copy(self, said: str, where: Path) -> None:
        if said.startswith("--from="):
            return  # it is there already
        *sources, target = said.split()
        assert target in {".", "./"}, "a target of its own is not known here"
        for path in context():
            if sources == ["."] or str(path) in sources:
                (where / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / path, where / path)

    def _run(self, said: str, where: Path) -> None:
        """But that no accounts are made, and nothing is given to them."""
        parts = re.sub(r"--mount=\S+", "", said).split(" && ")
        wanted = [_OWNERS.sub("", part) for part in parts if not _ACCOUNTS.match(part.strip())]
        done = subprocess.run(
            ["sh", "-euc", self.here(" && ".join(wanted))],
            cwd=where,
            env=self.environment({"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}),
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        if done.returncode:
            raise BuildError(f"{said}\n{done.stdout}{done.stderr}")

    def environment(self, given: dict[str, str]) -> dict[str, str]:
        """Of this machine only what finds an index of packages."""
        index = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
        said = {name: self.here(Template(value).safe_substitute(os.environ)) for name, value in given.items()}
        return {**index, "HOME": os.environ.get("HOME", "/"), "TMPDIR": str(self.place("/tmp")), **said}  # noqa: S108


class BuildError(Exception):
    """A step of the image failed; the text says which, and what it said."""
