"""Objects in a bucket of S3, MinIO, R2, or whatever else speaks its interface."""

import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from domain.media import PATIENCE_SECONDS, STREAM_PATIENCE_SECONDS, SignedUpload, StoredObject, is_safe_key
from domain.validation import has_control_characters
from integrations.content_types import content_type
from integrations.object_failures import unavailable
from integrations.s3_client import S3Client, asking, said, status

_PIECE = 256 * 1024
_CHECK_SECONDS = 2.0
_MOST_LISTED = 1000
_MOST_DELETED = 1000
_HALF_DAY_SECONDS = 12 * 3600
_MOST_LASTING = 4096  # a megabyte or four
_SAYS_NOTHING = {"", "binary/octet-stream", "application/octet-stream"}


class S3Store:
    """Speaks domain.media.ObjectStore over one bucket. It is used while `running` is entered, and only then."""

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
        stream_patience_seconds: float = STREAM_PATIENCE_SECONDS,
    ) -> None:
        self._client, self._bucket = client, bucket
        self._patience, self._stream_patience = patience_seconds, stream_patience_seconds
        self._lasting: OrderedDict[str, str] = OrderedDict()
        self._lasting_since: tuple[int, str] = (0, "")

    def running(self) -> AbstractAsyncContextManager[None]:
        return self._client.running()

    async def head(self, key: str, *, to_stream: bool = False) -> StoredObject | None:
        if not is_safe_key(key):
            return None
        async with asking(self._stream_patience if to_stream else self._patience):
            try:
                answer = await (await self._client.get()).head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if status(error) == 404:
                    return None
                raise
            named = answer.get("ContentType", "")
            stored_type = content_type(key) if named in _SAYS_NOTHING else named
            return _stored(key, answer["ContentLength"], stored_type, answer)

    async def read(self, stored: StoredObject, start: int, length: int) -> AsyncGenerator[bytes, None]:
        key = _checked(stored.key)
        if length <= 0:
            return
        body = await self._body(key, stored.etag, f"bytes {start}-{start + length - 1}")
        try:
            while length > 0:
                async with asking(self._stream_patience):
                    piece = await body.read(min(_PIECE, length))
                if not piece:
                    raise unavailable("sent less than it said")
                length -= len(piece)
                yield piece
        finally:
            body.close()  # of a body that was not read to its end, it closes the connection

    async def put(self, key: str, data: bytes) -> None:
        asked = {"Bucket": self._bucket, "Key": _checked(key), "Body": data, "ContentType": content_type(key)}
        async with asking(self._patience):
            await (await self._client.get()).put_object(**asked)

    async def copy(self, stored: StoredObject, key: str) -> None:
        source = {"Bucket": self._bucket, "Key": _checked(stored.key)}
        asked = {"Bucket": self._bucket, "Key": _checked(key), "CopySource": source, "CopySourceIfMatch": stored.etag}
        async with asking(self._patience):
            await (await self._client.get()).copy_object(**asked)

    async def delete(self, keys: Sequence[str]) -> Mapping[str, str]:
        """Raises Unavailable where it keeps all of them, which it then does not for what they are."""
        named = [{"Key": _checked(key)} for key in keys]
        kept: dict[str, str] = {}
        for first in range(0, len(named), _MOST_DELETED):
            batch = {"Objects": named[first : first + _MOST_DELETED], "Quiet": True}
            async with asking(self._patience):
                answer = await (await self._client.get()).delete_objects(Bucket=self._bucket, Delete=batch)
                kept |= {error["Key"]: said(error.get("Code")) for error in answer.get("Errors", [])}
        kept = {key: why for key, why in kept.items() if why != "NoSuchKey"}
        if kept and len(kept) == len(named):
            raise unavailable(f"did not delete {len(kept)} objects ({next(iter(kept.values()))})")
        return kept

    async def list(self, prefix: str, after: str, most: int) -> Sequence[StoredObject]:
        """Objects that were put there by other means, under keys that are not safe, are not in it."""
        most = min(most, _MOST_LISTED)
        found: list[StoredObject] = []
        if most <= 0 or has_control_characters(prefix + after):
            return found
        asked: dict[str, Any] | None = {"MaxKeys": most, **({"StartAfter": after} if after else {})}
        async with asking(self._patience):
            while asked is not None and len(found) < most:
                page = await (await self._client.get()).list_objects_v2(Bucket=self._bucket, Prefix=prefix, **asked)
                found += [_listed(entry) for entry in page.get("Contents", []) if _is_one(entry["Key"], prefix, after)]
                more = {"MaxKeys": _MOST_LISTED, "ContinuationToken": page.get("NextContinuationToken")}
                asked = more if page.get("IsTruncated") else None
        return found[:most]

    async def upload(self, key: str, content_type: str, size_bytes: int, seconds: int) -> SignedUpload:
        """The size is signed too; the header that says it is every client's own."""
        expires_at = datetime.now(UTC) + timedelta(seconds=seconds)
        bound = {"ContentType": content_type, "ContentLength": size_bytes}
        url = await self._signed("put_object", _checked(key), seconds, bound)
        return SignedUpload(url, "PUT", {"Content-Type": content_type}, expires_at)

    async def address(
        self, key: str, seconds: int, *, content_type: str | None = None, disposition: str | None = None
    ) -> str:
        given = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
        said_then = {name: value for name, value in given.items() if value is not None}
        return await self._signed("get_object", _checked(key), seconds, said_then)

    async def lasting_address(self, key: str) -> str:
        """Where credentials are temporary, it changes and ends with them."""
        async with asking(self._patience):
            signer = await self._client.signs_as()
        now = int(time.time())
        half_day = now // _HALF_DAY_SECONDS
        if self._lasting_since != (half_day, signer):
            self._lasting_since, self._lasting = (half_day, signer), OrderedDict()
        kept = self._lasting
        if key not in kept:
            kept[key] = await self.address(key, (half_day + 2) * _HALF_DAY_SECONDS - now)
        kept.move_to_end(key)
        address = kept[key]
        if len(kept) > _MOST_LASTING:
            kept.popitem(last=False)
        return address

    async def check(self) -> None:
        async with asking(min(_CHECK_SECONDS, self._patience)):
            await (await self._client.get()).head_bucket(Bucket=self._bucket)

    async def _body(self, key: str, etag: str, part: str) -> Any:
        """What is read of this part of this version, and closed. A store that knows no conditions, or no parts, would
        send something else than was asked for; what it says it sends is therefore looked at.
        """
        asked = {"Bucket": self._bucket, "Key": key, "Range": part.replace(" ", "=", 1), "IfMatch": etag}
        async with asking(self._stream_patience):
            answer = await (await self._client.get()).get_object(**asked)
        if str(answer.get("ContentRange", "")).startswith(f"{part}/") and _etag(answer) == etag:
            return answer["Body"]
        answer["Body"].close()
        raise unavailable("sends something else than was asked for")

    async def _signed(self, operation: str, key: str, seconds: int, bound: Mapping[str, object]) -> str:
        """Nobody is asked, unless credentials have to be renewed."""
        asked = {"Bucket": self._bucket, "Key": key, **bound}
        async with asking(self._patience):
            client = await self._client.signing()
            return str(await client.generate_presigned_url(operation, Params=asked, ExpiresIn=seconds))


def _checked(key: str) -> str:
    if not is_safe_key(key):
        raise ValueError("not a key of this store")
    return key


def _is_one(key: str, prefix: str, after: str) -> bool:
    """Not every make of S3 keeps to what it is asked: to some, `/` is the beginning of every key."""
    return is_safe_key(key) and key.startswith(prefix) and key.encode() > after.encode()


def _listed(entry: Mapping[str, Any]) -> StoredObject:
    return _stored(entry["Key"], entry["Size"], content_type(entry["Key"]), entry)


def _stored(key: str, size_bytes: int, stored_type: str, answer: Mapping[str, Any]) -> StoredObject:
    modified: datetime = answer["LastModified"]
    return StoredObject(key, size_bytes, stored_type, modified.astimezone(UTC).replace(microsecond=0), _etag(answer))


def _etag(answer: Mapping[str, Any]) -> str:
    """Strong and quoted, which not every server writes in lists."""
    return '"' + str(answer["ETag"]).strip('"') + '"'
