"""What a job reads and writes in a bucket, through failures of the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dask_runner.cloud.storage import PAUSES, Storage, StorageError

from .conftest import Emulator

pytestmark = pytest.mark.xdist_group("emulator")
URI = "gs://code/some folder/a+b.txt"


@pytest.fixture
def storage(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Storage:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", emulator.url)
    monkeypatch.delenv("GCE_METADATA_HOST", raising=False)
    return Storage(pause=lambda _seconds: None)


@pytest.mark.parametrize(
    "fault",
    [
        {"error": {"status": "UNAVAILABLE"}},
        {"error": {"status": "RESOURCE_EXHAUSTED"}},
        {"lose": "request"},
        {"lose": "response"},
    ],
)
def test_objects_come_through_failures_of_the_service(
    storage: Storage, faults: Callable[..., None], tmp_path: Path, fault: dict[str, object]
) -> None:
    faults(rules=[{"method": "storage.objects.*", "times": 2, **fault}])
    storage.write(URI, b"one", "text/plain")
    faults(rules=[{"method": "storage.objects.*", "times": 2, **fault}])
    storage.download(URI, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"one"
    assert storage.read(URI) == b"one"


def test_it_gives_up_with_what_the_service_says(
    storage: Storage, faults: Callable[..., None]
) -> None:
    with pytest.raises(StorageError, match="No such object") as missing:
        storage.read("gs://code/nothing")
    assert missing.value.status == 404
    for uri in ("code/nothing", "gs://code", "gs://code/"):
        with pytest.raises(StorageError, match="no address"):
            storage.read(uri)
    error = {"status": "UNAVAILABLE", "message": "try later"}
    faults(rules=[{"method": "storage.objects.*", "times": len(PAUSES) + 1, "error": error}])
    with pytest.raises(StorageError, match="try later") as gone:
        storage.read(URI)
    assert gone.value.status == 503


def test_without_a_service_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:9")
    with pytest.raises(StorageError, match=r"gs://code/x: .*refused"):
        Storage(pause=lambda _seconds: None).read("gs://code/x")
