"""compose.yaml: what it brings, in what order, and that Marquee understands what it is told. A21, B13."""

import re
import stat
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.engine import make_url

from settings import Settings
from tests.deploy.composing import (
    COMPOSE,
    DEPLOY,
    EXAMPLE,
    SETTINGS,
    STRANGERS,
    MissingVariable,
    put_in,
    sections,
    services,
    variables,
)
from web.bounds import Bounds

BIN = Path(sys.executable).parent
PROFILES = ["worker", "nginx", "pgbouncer", "redis", "meilisearch", "minio", "keycloak"]
URLS = ["DATABASE_URL", "DATABASE_DIRECT_URL", "REDIS_URL", "MEILISEARCH_URL", "S3_ENDPOINT_URL", "KEYCLOAK_URL"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An environment file with secrets, as the script makes it."""
    target = tmp_path_factory.mktemp("compose") / "compose.env"
    subprocess.run([DEPLOY / "compose" / "new-env.sh", target], check=True, capture_output=True)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    return target.read_text()


def settings_of(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings(_env_file=None)


@pytest.mark.parametrize("change", [None, ("restart: unless-stopped", "restrat: always")], ids=["ours", "a bad one"])
def test_it_is_a_compose_file(change: tuple[str, str] | None, tmp_path: Path) -> None:
    path = tmp_path / "compose.yaml"
    path.write_text(COMPOSE.read_text().replace(*(change or ("", ""))))
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bool(done.returncode) == bool(change), done.stdout


def test_without_profiles_there_are_a_database_a_migration_and_a_server(written: str) -> None:
    assert services(variables(written)).keys() == {"postgres", "migrate", "server"}


def test_every_profile_brings_a_part_and_says_what_marquee_is_told_of_it(written: str) -> None:
    assert [*sections(written)] == ["", *PROFILES]
    for profile, told in sections(written).items():
        here = services(variables(written, *filter(None, [profile])))
        assert not profile or profile in here
        hosts = {make_url(value).host for name, value in told.items() if name in URLS}
        assert hosts <= here.keys()


@pytest.mark.parametrize(
    "profiles", [[], *[[one] for one in PROFILES], PROFILES], ids=lambda it: "+".join(it) or "none"
)
def test_marquee_understands_what_it_is_told(
    profiles: list[str], written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = services(variables(written, *profiles))
    for name in {"server", "worker", "migrate"} & here.keys():
        environment = here[name]["environment"]
        assert environment.keys() <= SETTINGS | STRANGERS
        settings = settings_of(environment, monkeypatch)
        for url in URLS:
            if environment[url]:
                assert make_url(environment[url]).host in here
        assert settings.environment == "production"
        assert settings.jobs_in_server == ("worker" not in profiles)
        assert settings.database_statement_cache == ("pgbouncer" not in profiles)
        assert bool(settings.s3_bucket_name) == ("minio" in profiles)
        assert [str(network) for network in settings.trusted_proxies] == ["172.28.9.2/32"] * ("nginx" in profiles)
        assert make_url(str(settings.direct_dsn())).host == "postgres"


def test_whoever_waits_for_another_can_see_that_it_is_ready(written: str) -> None:
    everything = services(variables(written, *PROFILES))
    for service in everything.values():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert everything[other]["healthcheck"]["test"]
            else:
                assert how["condition"] == "service_completed_successfully"
                assert everything[other]["restart"] == "no"
            outside = set(everything[other].get("profiles", [])) - set(service.get("profiles", []))
            assert how.get("required", True) == (not outside)
    assert everything["server"]["depends_on"].keys() > {"migrate", "postgres", "redis", "keycloak", "bucket"}


def test_whoever_stays_says_when_it_is_well_and_what_it_may_take(written: str) -> None:
    for name, service in services(variables(written, *PROFILES)).items():
        if service["restart"] == "unless-stopped":
            assert service["healthcheck"]["test"], name
            assert service["deploy"]["resources"]["limits"]["memory"], name
            assert seconds(service["stop_grace_period"]) >= 10, name


def test_marquee_has_time_to_end_and_may_write_nowhere_else(written: str) -> None:
    bounds = Bounds()
    needs = bounds.grace_seconds + bounds.farewell_seconds + bounds.closing_seconds + 1
    here = services(variables(written, "worker"))
    for name in ("server", "worker", "migrate"):
        assert seconds(here[name]["stop_grace_period"]) > needs
        assert (here[name]["read_only"], here[name]["cap_drop"]) == (True, ["ALL"])
        assert here[name]["volumes"] == ["media:/var/lib/marquee"]


def test_nobody_is_given_an_address_that_another_asks_for(written: str) -> None:
    (network,) = yaml.safe_load(COMPOSE.read_text())["networks"]["front"]["ipam"]["config"]
    subnet, given = ip_network(network["subnet"]), ip_network(network["ip_range"])
    assert given.subnet_of(subnet)  # type: ignore[arg-type]
    asked = [ip_address(network["gateway"])]
    for service in services(variables(written, *PROFILES)).values():
        if isinstance(service["networks"], dict):
            asked += [ip_address(how["ipv4_address"]) for how in service["networks"].values()]
    assert len(set(asked)) == len(asked) == 2
    assert all(address in subnet and address not in given for address in asked)


def test_nothing_is_put_into_a_container_that_may_not_be_written_to(written: str) -> None:
    """Compose copies what a config or a secret holds in itself, and refuses to where the root is read-only."""
    composed = yaml.safe_load(COMPOSE.read_text())
    mounted = {
        name
        for kind in ("configs", "secrets")
        for name, how in composed.get(kind, {}).items()
        if "file" in how or how.get("external")
    }
    for service in services(variables(written, *PROFILES)).values():
        used = [*service.get("configs", []), *service.get("secrets", [])]
        names = {one if isinstance(one, str) else one["source"] for one in used}
        assert not service.get("read_only") or names <= mounted


def test_by_itself_every_door_is_for_this_host_alone_and_nobody_is_anybody(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for environment in ("production", "development"):
        here = services(variables(written, *PROFILES) | {"ENVIRONMENT": environment})
        for service in here.values():
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        settings = settings_of(here["server"]["environment"], monkeypatch)
        assert (settings.environment, settings.test_tokens, settings.demonstration) == (environment, False, None)


def seconds(said: str) -> float:
    return float(said.removesuffix("s"))


def mounted(service: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = [volume.split(":") for volume in service.get("volumes", [])]
    return [(pair[0], pair[1]) for pair in pairs]


def test_every_file_that_is_mounted_is_there_and_every_volume_is_named(written: str) -> None:
    everything = services(variables(written, *PROFILES))
    found = [source for service in everything.values() for source, _ in mounted(service)]
    for source in found:
        assert (
            (DEPLOY / source).is_file()
            if source.startswith(".")
            else re.search(rf"\n  {source}:\n", COMPOSE.read_text())
        )
    imports = "/opt/keycloak/data/import/formation-lap-realm.json"
    assert ("./keycloak/formation-lap-realm.json", imports) in mounted(everything["keycloak"])


def test_keycloak_is_the_one_that_is_tested(written: str) -> None:
    (version,) = re.findall(r"KEYCLOAK_VERSION := (\S+)", (DEPLOY.parent / "Makefile").read_text())
    assert services(variables(written, "keycloak"))["keycloak"]["image"].endswith(f":{version}")


def test_secrets_are_made_once_and_what_is_there_stays(written: str, tmp_path: Path) -> None:
    made = [value for name, value in variables(written).items() if re.search(r"_(PASSWORD|SECRET|TOKEN|KEY)$", name)]
    assert len(made) > 8
    assert all(re.fullmatch("[0-9a-f]{48}", value) for value in made)
    assert len(set(made)) == len(made)
    target = tmp_path / "compose.env"
    target.write_text("mine")
    again = subprocess.run([DEPLOY / "compose" / "new-env.sh", target], capture_output=True, text=True, check=False)
    assert (again.returncode, target.read_text()) == (1, "mine")
    assert "there already" in again.stderr


def test_without_secrets_nothing_starts() -> None:
    assert not re.search(r"(PASSWORD|SECRET|TOKEN|KEY)=[^$\n]", EXAMPLE.read_text())
    with pytest.raises(MissingVariable):
        services(variables(EXAMPLE.read_text()))


def test_variables_are_put_in_as_compose_does() -> None:
    assert put_in("${A:-x${B}y} $${C} ${D:-}", {"B": "b"}) == "xby ${C} "
    assert put_in("${A:-x${B}y}", {"A": "a"}) == "a"
    with pytest.raises(MissingVariable):
        put_in("${A:?}", {"A": ""})
