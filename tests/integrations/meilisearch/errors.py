"""Refusals with Meilisearch's codes: the same status, type and link for each."""

from typing import Any

# What is neither 400 nor `invalid_request`; every other code is both.
_UNLIKE: dict[str, tuple[int, str]] = {
    "document_not_found": (404, "invalid_request"),
    "index_already_exists": (409, "invalid_request"),
    "index_not_found": (404, "invalid_request"),
    "internal": (500, "internal"),
    "invalid_api_key": (403, "auth"),
    "invalid_content_type": (415, "invalid_request"),
    "missing_authorization_header": (401, "auth"),
    "missing_content_type": (415, "invalid_request"),
    "no_space_left_on_device": (422, "system"),
    "payload_too_large": (413, "invalid_request"),
    "task_not_found": (404, "invalid_request"),
}


class Refusal(Exception):
    """What the engine refuses: a request, or a task when it runs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.status, self.type = _UNLIKE.get(code, (400, "invalid_request"))

    def body(self) -> dict[str, Any]:
        link = f"https://docs.meilisearch.com/errors#{self.code}"
        return {"message": self.message, "code": self.code, "type": self.type, "link": link}

    def within(self, uid: str) -> "Refusal":
        """The same, naming the index it was found in, as errors from deep inside do."""
        return Refusal(self.code, f"Index `{uid}`: {self.message}")


def index_not_found(uid: str) -> Refusal:
    return Refusal("index_not_found", f"Index `{uid}` not found.")


def out_of_space() -> Refusal:
    message = "There is no more space left on the device. Consider increasing the size of the disk/partition."
    return Refusal("no_space_left_on_device", message)
