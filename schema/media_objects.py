"""Video files of the object store."""

from datetime import datetime

from domain import media, media_objects
from resolvers import media_objects as resolve
from schema.present import URL, present, shown, worked
from schema.shared import PageInfo


@present(media.StoredObject, description="A video file in the object store, which a content can be given.")
class MediaObject:
    key: str = shown("Its key.")
    size_bytes: float = shown("Its size in bytes.")
    content_type: str | None = shown("Its media type.")
    last_modified: datetime = shown("When it was stored.")
    url = worked(resolve.url, URL, "Where it can be read: at the CDN, where there is one.")


@present(media_objects.MediaPage, description="A page of video files.")
class MediaObjectConnection:
    nodes: list[MediaObject] = shown("The files, by key.")
    page_info: PageInfo = shown("Where this page stands in the list.")
