"""Files that come with a form, and files that are given out: always to be saved, never shown as a page."""

from typing import Any
from urllib.parse import quote

from litestar import Request, Response
from litestar.datastructures import UploadFile
from litestar.exceptions import ClientException

from agent.errors import Problem

_SANDBOX = "default-src 'none'; sandbox"


async def uploaded(request: Request[Any, Any, Any], field: str | None = None) -> list[tuple[str, bytes]]:
    """(name, bytes) of each file of a multipart form, of one field or of all; a field that was left empty is none. Raises too_large."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return []
    try:
        found = [value for name, value in (await request.form()).multi_items() if isinstance(value, UploadFile) and field in (None, name)]
        return [(one.filename or "file", data) for one in found if (data := await one.read()) or one.filename]
    except ClientException as error:
        raise Problem("too_large", "That is more than can be sent at once.", remedy="Send smaller files, or fewer.") from error


def as_download(data: bytes, file_name: str, media_type: str) -> Response[bytes]:
    """Bytes that a browser saves under this name."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in file_name) or "file"
    headers = {
        "content-type": media_type,
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}",
        "content-security-policy": _SANDBOX,
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }
    return Response(data, headers=headers)
