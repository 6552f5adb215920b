"""What `kubectl kustomize` would print, but that generated names carry no hash. It knows no more than our files
use; where there is a kubectl, a test compares the two.
"""

import base64
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]
KUBERNETES = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
_KNOWN = {
    *("apiVersion", "kind", "namespace", "resources", "images", "replicas", "patches"),
    *("configMapGenerator", "secretGenerator"),
}
_OF_NO_NAMESPACE = {"Namespace"}


def manifests(path: Path) -> list[Manifest]:
    return [found for found in yaml.safe_load_all(path.read_text()) if found]


def built(folder: Path) -> list[Manifest]:
    (said,) = manifests(folder / "kustomization.yaml")
    assert said.keys() <= _KNOWN, f"{folder} uses what is not known here"
    found: list[Manifest] = []
    for resource in said.get("resources", []):
        path = (folder / resource).resolve()
        found += built(path) if path.is_dir() else manifests(path)
    for generator, kind in (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")):
        for wanted in said.get(generator, []):
            _generate(found, kind, wanted, folder)
    for patch in said.get("patches", []):
        _patch(found, patch)
    for manifest in found:
        _place(manifest, said)
    return found


def _generate(found: list[Manifest], kind: str, wanted: Manifest, folder: Path) -> None:
    assert wanted.keys() <= {"name", "envs", "files", "behavior"}
    data = {name: (folder / name).read_text() for name in wanted.get("files", [])}
    for name in wanted.get("envs", []):
        lines = (folder / name).read_text().splitlines()
        data |= dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    if kind == "Secret":
        data = {name: base64.b64encode(value.encode()).decode() for name, value in data.items()}
    if wanted.get("behavior") == "merge":
        (before,) = (one for one in found if (one["kind"], one["metadata"]["name"]) == (kind, wanted["name"]))
        before["data"] |= data
        return
    made = {"apiVersion": "v1", "kind": kind, "metadata": {"name": wanted["name"]}, "data": data}
    found.append(made | ({"type": "Opaque"} if kind == "Secret" else {}))


def _patch(found: list[Manifest], patch: Manifest) -> None:
    target, change = patch["target"], yaml.safe_load(patch["patch"])
    (manifest,) = (one for one in found if {"kind": one["kind"], "name": one["metadata"]["name"]} == target)
    if isinstance(change, dict):
        _merge(manifest, change)
        return
    for one in change:
        *way, last = one["path"].strip("/").split("/")
        node: Any = manifest
        for step in way:
            node = node[int(step) if isinstance(node, list) else step]
        key = int(last) if isinstance(node, list) else last
        assert one["op"] == "add" or (one["op"] == "replace" and (isinstance(key, int) or key in node))
        node[key] = one["value"]


def _merge(node: Manifest, change: Manifest) -> None:
    for name, value in change.items():
        assert not isinstance(value, list), "lists are patched by their path"
        if isinstance(value, dict):
            _merge(node.setdefault(name, {}), value)
        else:
            node[name] = value


def _place(manifest: Manifest, said: Manifest) -> None:
    if "namespace" in said and manifest["kind"] not in _OF_NO_NAMESPACE:
        manifest["metadata"]["namespace"] = said["namespace"]
    for container in containers(manifest):
        for image in said.get("images", []):
            if container["image"] == image["name"]:
                container["image"] = f"{image.get('newName', image['name'])}:{image['newTag']}"
    for replicas in said.get("replicas", []):
        if manifest["kind"] in {"Deployment", "StatefulSet"} and manifest["metadata"]["name"] == replicas["name"]:
            manifest["spec"]["replicas"] = replicas["count"]


def pod(manifest: Manifest) -> Manifest | None:
    """The pod's own part of what makes pods."""
    if manifest["kind"] in {"Deployment", "StatefulSet", "Job"}:
        found: Manifest = manifest["spec"]["template"]["spec"]
        return found
    return None


def containers(manifest: Manifest) -> list[Manifest]:
    found = pod(manifest)
    return list(found["containers"]) if found else []
