"""What tasks do when their turn comes."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from tests.integrations.meilisearch.errors import Refusal, index_not_found
from tests.integrations.meilisearch.filters import Filter
from tests.integrations.meilisearch.indexes import Index
from tests.integrations.meilisearch.settings import DEFAULTS, merged
from tests.integrations.meilisearch.tasks import Task

Indexes = dict[str, Index]
Document = dict[str, Any]

_ID = re.compile(r"[A-Za-z0-9_-]{1,511}", re.ASCII)


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode()


def existing(indexes: Indexes, uid: str) -> Index:
    if uid not in indexes:
        raise index_not_found(uid)
    return indexes[uid]


def document_id(document: Mapping[str, Any], primary_key: str) -> str:
    """The document's own id, as text."""
    value: Any = document
    for name in [primary_key] if primary_key in document else primary_key.split("."):
        if not isinstance(value, dict) or name not in value:
            said = f"Document doesn't have a `{primary_key}` attribute: `{_shown(document)}`."
            raise Refusal("missing_document_id", said)
        value = value[name]
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise Refusal(
            "invalid_document_id",
            f"Document identifier `{_shown(value)}` is invalid. A document identifier can be of type integer or"
            " string, only composed of alphanumeric characters (a-z A-Z 0-9), hyphens (-) and underscores (_), and can"
            " not be more than 511 bytes.",
        )
    return text


def _guessed_key(documents: list[Document]) -> str:
    """The only field of the first document whose name ends with id."""
    names = sorted(name for name in documents[0] if name.lower().endswith("id"))
    how = "Please specify the primary key manually using the `primaryKey` query parameter."
    if not names:
        said = "The primary key inference failed as the engine did not find any field ending with `id` in its name."
        raise Refusal("index_primary_key_no_candidate_found", f"{said} {how}")
    if len(names) > 1:
        said = f"The primary key inference failed as the engine found {len(names)} fields ending with `id` in their"
        said += f" names: '{names[0]}' and '{names[1]}'."
        raise Refusal("index_primary_key_multiple_candidates_found", f"{said} {how}")
    return names[0]


def _primary_key(index: Index, asked: str | None, documents: list[Document]) -> str | None:
    if index.primary_key and asked not in (None, index.primary_key):
        said = f"Index already has a primary key: `{index.primary_key}`."
        raise Refusal("index_primary_key_already_exists", said)
    if index.primary_key or asked or not documents:
        return index.primary_key or asked
    return _guessed_key(documents)


def _add(indexes: Indexes, task: Task, poison: set[Any]) -> None:
    uid, payload = str(task.index_uid), task.payload
    index = indexes.setdefault(uid, Index(uid))
    documents: list[Document] = payload["documents"]
    try:
        key = _primary_key(index, payload["primaryKey"], documents)
        stored = dict(index.documents)
        for document in documents:
            name = document_id(document, str(key))
            if name in {str(one) for one in poison}:
                raise Refusal("max_fields_limit_exceeded", "A document cannot contain more than 65,535 fields.")
            known = stored.get(name, {}) if payload["update"] else {}
            stored[name] = known | document
    except Refusal as refusal:
        raise refusal.within(uid) from None
    index.documents, index.primary_key = stored, key
    index.changed()
    task.details["indexedDocuments"] = len(documents)


def _delete(index: Index, task: Task, keys: list[str]) -> None:
    gone = [key for key in dict.fromkeys(keys) if index.documents.pop(key, None) is not None]
    index.changed()
    task.details["deletedDocuments"] = len(gone)


def _delete_ids(indexes: Indexes, task: Task, _: set[Any]) -> None:
    _delete(existing(indexes, str(task.index_uid)), task, task.payload["ids"])


def _delete_all(indexes: Indexes, task: Task, _: set[Any]) -> None:
    index = existing(indexes, str(task.index_uid))
    _delete(index, task, list(index.documents))


def _delete_filtered(indexes: Indexes, task: Task, _: set[Any]) -> None:
    index = existing(indexes, str(task.index_uid))
    sieve = Filter(task.payload["filter"], "invalid_document_filter")
    if refusal := sieve.refusal(index.settings):
        raise refusal.within(index.uid)
    _delete(index, task, [key for key, document in index.documents.items() if sieve.lets_through(document)])


def _settings(indexes: Indexes, task: Task, _: set[Any]) -> None:
    uid = str(task.index_uid)
    index = existing(indexes, uid) if task.payload["reset"] else indexes.setdefault(uid, Index(uid))
    said = dict.fromkeys(DEFAULTS) if task.payload["reset"] else task.payload["settings"]
    said = {name: value for name, value in said.items() if name in DEFAULTS}
    settings = merged(index.settings, said)
    sizes = settings["typoTolerance"]["minWordSizeForTypos"]
    if sizes["oneTypo"] > sizes["twoTypos"]:
        said_sizes = f"`oneTypo: {sizes['oneTypo']}` and twoTypos: {sizes['twoTypos']}`"
        rule = "`oneTypo` and `twoTypos` fields should be between `0` and `255`, and `twoTypos` should be greater or"
        wrong = f"`minWordSizeForTypos` setting is invalid. {rule} equals to `oneTypo` but found {said_sizes}."
        raise Refusal("invalid_settings_typo_tolerance", wrong).within(uid)
    index.settings = settings
    index.changed(settings=True)


def _create(indexes: Indexes, task: Task, _: set[Any]) -> None:
    uid = str(task.index_uid)
    if uid in indexes:
        raise Refusal("index_already_exists", f"Index `{uid}` already exists.")
    indexes[uid] = Index(uid, task.payload["primaryKey"])


def _update(indexes: Indexes, task: Task, _: set[Any]) -> None:
    index = existing(indexes, str(task.index_uid))
    new, key = task.payload["uid"], task.payload["primaryKey"]
    if new not in (None, index.uid) and new in indexes:
        raise Refusal("index_already_exists", f"Index `{new}` already exists.")
    if key is not None and index.documents and key != index.primary_key:
        said = f"Index already has a primary key: `{index.primary_key}`."
        raise Refusal("index_primary_key_already_exists", said).within(index.uid)
    index.primary_key = key or index.primary_key
    index.changed()
    if new is not None:
        indexes[new] = indexes.pop(index.uid)
        indexes[new].uid = new


def _remove(indexes: Indexes, task: Task, _: set[Any]) -> None:
    index = existing(indexes, str(task.index_uid))
    del indexes[index.uid]
    task.details["deletedDocuments"] = len(index.documents)


def _swap(indexes: Indexes, task: Task, _: set[Any]) -> None:
    """All pairs or none."""
    swaps = task.payload["swaps"]
    needed = {uid for swap in swaps for uid in swap["indexes"][: 1 if swap["rename"] else 2]}
    missing = sorted(needed - indexes.keys())
    if len(missing) == 1:
        raise index_not_found(missing[0])
    if missing:
        raise Refusal("index_not_found", f"Indexes {', '.join(f'`{uid}`' for uid in missing)} not found.")
    for one, other in (swap["indexes"] for swap in swaps if swap["rename"]):
        if other in indexes:
            said = f"Cannot rename `{one}` to `{other}` as the index already exists."
            hint = f"Hint: You can remove `{other}` first and then do your remove."
            raise Refusal("index_already_exists", f"{said} {hint}")
    for one, other in (swap["indexes"] for swap in swaps):
        pair = {uid: indexes.pop(uid) for uid in (one, other) if uid in indexes}
        for uid, index in pair.items():
            index.uid = other if uid == one else one
            indexes[index.uid] = index


OPERATIONS: dict[str, Callable[[Indexes, Task, set[Any]], None]] = {
    "add": _add,
    "delete ids": _delete_ids,
    "delete all": _delete_all,
    "delete filtered": _delete_filtered,
    "settings": _settings,
    "create": _create,
    "update": _update,
    "remove": _remove,
    "swap": _swap,
}
