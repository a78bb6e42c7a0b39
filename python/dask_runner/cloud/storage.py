"""Cloud Storage over its JSON API, with the identity of the machine."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

GOOGLE = "https://storage.googleapis.com"
METADATA = "metadata.google.internal"
TOKEN = "/computeMetadata/v1/instance/service-accounts/default/token"
#: Answers that another try may better, as Google says; and the pauses between tries.
AGAIN = (408, 429, 500, 502, 503, 504)
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
TIMEOUT_SECONDS = 60.0
METADATA_SECONDS = 5.0
PART_BYTES = 2**20

Result = TypeVar("Result")


class StorageError(Exception):
    """An object cannot be read or written; the text is for people.

    Parameters
    ----------
    message
        What the service said.
    status
        Of its answer; None where there was none.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Storage:
    """Reads and writes objects by their ``gs://`` addresses.

    Parameters
    ----------
    pause
        Waits for so many seconds.
    """

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        self._pause = pause
        emulator = os.environ.get("STORAGE_EMULATOR_HOST")
        if emulator and "://" not in emulator:
            emulator = f"http://{emulator}"
        self._base = (emulator or GOOGLE).rstrip("/")
        # An emulator may be somewhere where there are no machines of Google's.
        self._anonymous = bool(emulator) and not os.environ.get("GCE_METADATA_HOST")
        self._token: str | None = None
        self._token_until = 0.0

    def read(self, uri: str) -> bytes:
        """Return an object's content.

        Raises
        ------
        StorageError
            When it is not there, or cannot be had.
        """

        def act() -> bytes:
            with self._call("GET", self._object(uri)) as answer:
                return bytes(answer.read())

        return self._again(uri, act)

    def download(self, uri: str, path: Path) -> None:
        """Write an object's content to a file.

        Raises
        ------
        StorageError
            When it is not there, or cannot be had.
        OSError
            When the file cannot be written.
        """

        def act() -> None:
            with self._call("GET", self._object(uri)) as answer, path.open("wb") as file:
                while part := answer.read(PART_BYTES):
                    file.write(part)
                if answer.length:
                    raise http.client.IncompleteRead(b"", answer.length)

        self._again(uri, act)

    def write(self, uri: str, data: bytes, kind: str) -> None:
        """Make an object, or replace it.

        Parameters
        ----------
        uri
            Its address.
        data
            Its content.
        kind
            Its content type.

        Raises
        ------
        StorageError
            When it cannot be written.
        """
        bucket, name = split(uri)
        query = urllib.parse.urlencode({"uploadType": "media", "name": name})
        url = f"{self._base}/upload/storage/v1/b/{bucket}/o?{query}"
        self._again(uri, lambda: self._call("POST", url, data, kind).read())

    def _object(self, uri: str) -> str:
        bucket, name = split(uri)
        return f"{self._base}/storage/v1/b/{bucket}/o/{urllib.parse.quote(name, safe='')}?alt=media"

    def _call(self, method: str, url: str, data: bytes | None = None, kind: str = "") -> Any:
        headers = {"User-Agent": "dask-runner"}
        if not self._anonymous:
            headers["Authorization"] = f"Bearer {self._current_token()}"
        if kind:
            headers["Content-Type"] = kind
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        return urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS)

    def _again(self, uri: str, act: Callable[[], Result]) -> Result:
        renewed = False
        for seconds in (*PAUSES, None):
            try:
                return act()
            except urllib.error.HTTPError as error:
                with error:
                    message = _message(error)
                if error.code == 401 and not renewed:
                    # It was taken back before its time.
                    renewed, self._token = True, None
                elif error.code not in AGAIN or seconds is None:
                    raise StorageError(f"{uri}: {message}", error.code) from error
            except (
                urllib.error.URLError,
                http.client.HTTPException,
                ConnectionError,
                ssl.SSLError,
            ) as error:
                if seconds is None:
                    raise StorageError(
                        f"{uri}: {getattr(error, 'reason', error) or type(error).__name__}"
                    ) from error
            except TimeoutError as error:
                if seconds is None:
                    raise StorageError(f"{uri}: no answer in time") from error
            self._pause((seconds or 0) * random.uniform(0.5, 1))
        raise AssertionError("unreachable")

    def _current_token(self) -> str:
        if self._token is None or time.monotonic() > self._token_until:
            host = os.environ.get("GCE_METADATA_HOST") or METADATA
            request = urllib.request.Request(
                f"http://{host}{TOKEN}", headers={"Metadata-Flavor": "Google"}
            )
            # It is on this machine: no proxy is on the way.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            try:
                with opener.open(request, timeout=METADATA_SECONDS) as answer:
                    value = json.loads(answer.read())
            except urllib.error.HTTPError as error:
                if error.code in AGAIN:
                    raise
                raise StorageError(
                    f"this machine has no service account to ask as: {_message(error)}"
                ) from error
            self._token = str(value["access_token"])
            self._token_until = time.monotonic() + max(0, int(value.get("expires_in", 0)) - 60)
        return self._token


def split(uri: str) -> tuple[str, str]:
    """Return bucket and name of an address.

    Raises
    ------
    StorageError
        When it is none.
    """
    bucket, separator, name = uri.removeprefix("gs://").partition("/")
    if not uri.startswith("gs://") or not separator or not bucket or not name:
        raise StorageError(f"{uri} is no address of an object: gs://BUCKET/NAME")
    return bucket, name


def _message(error: urllib.error.HTTPError) -> str:
    text = ""
    with contextlib.suppress(OSError, http.client.HTTPException):
        text = error.read(64 * 1024).decode("utf-8", "replace").strip()
    with contextlib.suppress(ValueError, KeyError, TypeError):
        text = str(json.loads(text)["error"]["message"])
    return f"{text or error.reason} ({error.code})"
