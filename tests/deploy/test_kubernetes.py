"""The manifests: of the right form, and of one mind about names, ports, seconds and who is who. A19, A21."""

import base64
import json
import re
import shutil
import subprocess
import warnings
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from settings import Settings
from tests.deploy.composing import SETTINGS
from tests.deploy.kustomizing import KUBERNETES, Manifest, built, containers, manifests, pod
from web.bounds import Bounds

OVERLAYS = ["production", "development"]
# The oldest that knows all that is used (a pod's `sleep`), and the newest that the schemas are known of.
VERSIONS = ["1.30", "1.37"]
NAMES = {
    *("APP_NAME", "APP_VERSION", "DEBUG", "ENVIRONMENT", "HOST", "PORT", "JWT_ALGORITHM"),
    *("KEYCLOAK_URL", "KEYCLOAK_REALM", "KEYCLOAK_CLIENT_ID", "KEYCLOAK_CLIENT_SECRET"),
    *("KEYCLOAK_ADMIN_USERNAME", "KEYCLOAK_ADMIN_PASSWORD"),
    *("MEILISEARCH_URL", "MEILISEARCH_API_KEY", "DATABASE_URL", "DB_PORT", "DB_NAME"),
    *("S3_BUCKET_NAME", "S3_REGION", "CLOUDFRONT_DOMAIN"),
}
MADE = {name: built(KUBERNETES / "overlays" / name) for name in OVERLAYS}
(SECRET,) = manifests(KUBERNETES / "secret.example.yaml")
overlays = pytest.mark.parametrize("overlay", OVERLAYS)


def named(overlay: str, kind: str, name: str) -> Manifest:
    (found,) = (one for one in MADE[overlay] if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return found


def ours(overlay: str) -> list[Manifest]:
    """Servers, workers and the migration."""
    return [one for one in MADE[overlay] if one["metadata"]["name"].startswith("marquee") and pod(one)]


def told(overlay: str) -> dict[str, str]:
    """What a server finds in its environment; of production's secret, what must be filled in."""
    data: dict[str, str] = dict(named(overlay, "ConfigMap", "marquee-config")["data"])
    if overlay == "development":
        secret = named(overlay, "Secret", "marquee-secrets")["data"]
        return data | {name: base64.b64decode(value).decode() for name, value in secret.items()}
    filled = {"SESSION_SECRET": "s" * 40, "METRICS_TOKEN": "m" * 40, "DATABASE_URL": "postgresql://marquee@rds/marquee"}
    return {**data, **SECRET["stringData"], **filled}


@overlays
@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_what_the_cluster_knows(overlay: str, version: str) -> None:
    for manifest in [*MADE[overlay], SECRET]:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_misspelt_manifest_is_found() -> None:
    wrong = named("production", "Service", "marquee") | {"spec": {"prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


@overlays
def test_marquee_understands_what_it_is_told(overlay: str, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = told(overlay)
    assert environment.keys() <= SETTINGS
    assert environment.keys() >= NAMES
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings(_env_file=None)
    assert settings.environment == overlay
    assert settings.keycloak_url
    assert settings.meilisearch_url
    assert settings.search_fallback
    assert settings.jobs_in_server == (named(overlay, "Deployment", "marquee-worker")["spec"]["replicas"] == 0)
    (port,) = named(overlay, "Deployment", "marquee-server")["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert (port["containerPort"], settings.host) == (settings.port, "0.0.0.0")  # noqa: S104


def test_no_secret_is_in_the_example_and_none_in_a_config_map() -> None:
    assert set(SECRET["stringData"].values()) == {""}
    secret = re.compile(r"(SECRET|PASSWORD|TOKEN|KEY|DATABASE\w*URL|REDIS_URL)$")
    for overlay in OVERLAYS:
        data = named(overlay, "ConfigMap", "marquee-config")["data"]
        assert not [name for name in data if secret.search(name)]
        assert data.keys().isdisjoint(SECRET["stringData"])


@overlays
def test_whatever_is_named_is_there(overlay: str) -> None:
    there = {(one["kind"], one["metadata"]["name"]) for one in [*MADE[overlay], SECRET]}
    for manifest in MADE[overlay]:
        for node in nodes(manifest):
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret"), ("secretKeyRef", "Secret")):
                assert key not in node or (kind, node[key]["name"]) in there
            if "persistentVolumeClaim" in node:
                assert ("PersistentVolumeClaim", node["persistentVolumeClaim"]["claimName"]) in there
            if "scaleTargetRef" in node:
                assert (node["scaleTargetRef"]["kind"], node["scaleTargetRef"]["name"]) in there
            if "serviceAccountName" in node:
                assert ("ServiceAccount", node["serviceAccountName"]) in there
        made = pod(manifest)
        volumes = {volume["name"] for volume in (made or {}).get("volumes", [])}
        volumes |= {claim["metadata"]["name"] for claim in manifest.get("spec", {}).get("volumeClaimTemplates", [])}
        for container in containers(manifest):
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes


def nodes(tree: Any) -> Iterable[Manifest]:
    if isinstance(tree, dict):
        yield tree
        for below in tree.values():
            yield from nodes(below)
    elif isinstance(tree, list):
        for below in tree:
            yield from nodes(below)


@overlays
def test_whoever_is_chosen_by_labels_is_there(overlay: str) -> None:
    pods = [one["spec"]["template"]["metadata"]["labels"] for one in MADE[overlay] if pod(one)]
    for manifest in MADE[overlay]:
        spec = manifest.get("spec", {})
        for selector in (spec.get("selector"), spec.get("podSelector")):
            if selector:
                wanted = selector.get("matchLabels", selector)
                assert any(wanted.items() <= labels.items() for labels in pods), manifest["metadata"]["name"]
        if manifest["kind"] in {"Deployment", "StatefulSet"}:
            assert spec["selector"]["matchLabels"].items() <= spec["template"]["metadata"]["labels"].items()


@overlays
def test_a_server_is_reached_at_8000_and_asked_how_it_is_at_its_own_doors(overlay: str) -> None:
    (port,) = named(overlay, "Service", "marquee")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (8000, "http")
    (server,) = containers(named(overlay, "Deployment", "marquee-server"))
    asked = {kind: server[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    # A part that is away is away for all: at /ready, it would empty the service.
    assert {where["path"] for where in asked.values()} == {"/health"}
    assert {where["port"] for where in asked.values()} == {server["ports"][0]["name"]}
    (worker,) = containers(named(overlay, "Deployment", "marquee-worker"))
    composed = yaml.safe_load((KUBERNETES.parent / "compose.yaml").read_text())
    assert worker["livenessProbe"]["exec"]["command"] == composed["services"]["worker"]["healthcheck"]["test"][1:]
    assert worker["env"] == [{"name": "WORKER_METRICS_PORT", "value": str(worker["ports"][0]["containerPort"])}]


@overlays
def test_an_update_drops_nothing(overlay: str) -> None:
    bounds = Bounds()
    ending = bounds.grace_seconds + bounds.farewell_seconds + bounds.closing_seconds + 1
    for name in ("marquee-server", "marquee-worker"):
        spec = named(overlay, "Deployment", name)["spec"]
        assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        (container,) = spec["template"]["spec"]["containers"]
        before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert before >= (5 if name == "marquee-server" else 0)
        assert spec["template"]["spec"]["terminationGracePeriodSeconds"] > before + ending


@overlays
def test_sockets_may_be_silent_for_longer_than_servers_are(overlay: str) -> None:
    annotations = named(overlay, "Ingress", "marquee")["metadata"]["annotations"]
    for name in ("proxy-read-timeout", "proxy-send-timeout"):
        said = {annotations[f"nginx.ingress.kubernetes.io/{name}"], annotations[f"nginx.org/{name}"].removesuffix("s")}
        assert len(said) == 1
        assert float(said.pop()) > 3 * Bounds().ping_seconds
    assert annotations["nginx.org/websocket-services"] == "marquee"


@overlays
def test_nobody_may_more_than_is_needed(overlay: str) -> None:
    for manifest in MADE[overlay]:
        made = pod(manifest)
        if made is None:
            continue
        assert made["automountServiceAccountToken"] is False
        assert made["securityContext"]["runAsNonRoot"]
        assert made["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in made["containers"]:
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    for manifest in ours(overlay):
        made = pod(manifest)
        assert made
        assert made["enableServiceLinks"] is False
        assert made["securityContext"]["runAsUser"] == 10001
        assert all(container["securityContext"]["readOnlyRootFilesystem"] for container in made["containers"])
        assert len({container["image"] for container in made["containers"]}) == 1


def test_production_has_a_role_many_servers_and_no_parts() -> None:
    account = named("production", "ServiceAccount", "marquee")
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"].startswith("arn:aws:iam::")
    assert account["automountServiceAccountToken"] is False
    scaler = named("production", "HorizontalPodAutoscaler", "marquee-server")["spec"]
    assert 2 <= scaler["minReplicas"] < scaler["maxReplicas"]
    assert "replicas" not in named("production", "Deployment", "marquee-server")["spec"]
    assert named("production", "PodDisruptionBudget", "marquee-server")["spec"]["maxUnavailable"] == 1
    assert not [one for one in MADE["production"] if one["kind"] == "StatefulSet"]


@overlays
def test_parts_are_reached_at_every_port_that_addresses_name(overlay: str) -> None:
    _, rule = named(overlay, "NetworkPolicy", "marquee")["spec"]["egress"]
    ports = {port["port"] for port in rule["ports"]}
    assert {443, 5432, 6432, 6379, 7700, 8080, 9000, 4318} == ports
    clients = {"BACKEND_URL", "FRONTEND_URL"}
    urls = [urlsplit(value) for name, value in told(overlay).items() if name.endswith("_URL") and name not in clients]
    assert {url.port for url in urls if url.port} <= ports


def test_uploads_of_any_size_come_in_where_there_is_no_bucket() -> None:
    for overlay, most in (("production", "2m"), ("development", "0")):
        assert bool(told(overlay)["S3_BUCKET_NAME"]) == (most != "0")
        annotations = named(overlay, "Ingress", "marquee")["metadata"]["annotations"]
        assert annotations["nginx.ingress.kubernetes.io/proxy-body-size"] == most
        assert annotations["nginx.org/client-max-body-size"] == most
    assert (told("development")["BACKEND_URL"], told("development")["DEMONSTRATION"]) == ("", "true")


def test_development_has_the_parts_and_the_realm() -> None:
    parts = {one["metadata"]["name"] for one in MADE["development"] if one["kind"] == "StatefulSet"}
    assert parts == {"postgres", "redis", "meilisearch", "keycloak"}
    assert named("development", "Service", "meilisearch")["spec"]["ports"][0]["port"] == 7700
    realm = named("development", "ConfigMap", "keycloak-realm")["data"]["formation-lap-realm.json"]
    assert json.loads(realm)["realm"] == told("development")["KEYCLOAK_REALM"]
    composed = yaml.safe_load((KUBERNETES.parent / "compose.yaml").read_text())["services"]
    for part in parts:
        (container,) = containers(named("development", "StatefulSet", part))
        assert container["image"] == composed[part]["image"]


@overlays
def test_kubectl_builds_the_same(overlay: str) -> None:
    if not shutil.which("kubectl"):
        warnings.warn("there is no kubectl here", pytest.PytestWarning, stacklevel=1)
        pytest.skip("there is no kubectl here to compare with")
    command = ["kubectl", "kustomize", str(KUBERNETES / "overlays" / overlay)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    generated = [one["metadata"]["name"] for one in MADE[overlay] if one["kind"] in {"ConfigMap", "Secret"}]
    plain = re.sub(rf"\b({'|'.join(generated)})-[a-z0-9]{{10}}\b", r"\1", said)
    theirs = list(yaml.safe_load_all(plain))
    for secret in theirs:
        if secret["kind"] == "Secret":  # long values are laid out in lines
            secret["data"] = {name: "".join(value.split()) for name, value in secret["data"].items()}
    assert by_name(theirs) == by_name(MADE[overlay])


def by_name(found: list[Manifest]) -> dict[str, Manifest]:
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}
