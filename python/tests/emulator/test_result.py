"""A job's result in a bucket that lets nobody write an object again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dask_runner.cloud.result import Result
from dask_runner.cloud.storage import StorageError


class Retained:
    """A bucket with a retention policy: Cloud Storage answers 403 where an object is there."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.down = False

    def write(self, uri: str, data: bytes, kind: str) -> None:
        if self.down:
            raise StorageError("503: try later")
        if uri in self.objects:
            raise StorageError("403: retentionPolicyNotMet")
        self.objects[uri] = data


def test_the_whole_result_is_there_beside_the_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = Retained()
    result = Result(bucket, "gs://b/jobs/1", "1")  # type: ignore[arg-type]
    result.note(exitCode=3)
    assert result.write()
    report = tmp_path / "performance-report.html"
    report.write_text("<html>")
    assert result.add_report(report) and result.write()
    assert sorted(name.rpartition("/")[2] for name in bucket.objects) == [
        "performance-report.html",
        "released.json",
        "result.json",
    ]
    first = json.loads(bucket.objects["gs://b/jobs/1/result.json"])
    last = json.loads(bucket.objects["gs://b/jobs/1/released.json"])
    assert (first["exitCode"], first["report"]) == (3, None)
    assert last == {**first, "report": "performance-report.html"}
    assert capsys.readouterr().err == ""


def test_what_could_not_be_written_first_is_written_under_that_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bucket = Retained()
    result = Result(bucket, "gs://b/jobs/1", "1")  # type: ignore[arg-type]
    bucket.down = True
    assert not result.write()
    assert "result.json cannot be written to the bucket: 503" in capsys.readouterr().err
    bucket.down = False
    assert result.write()
    assert list(bucket.objects) == ["gs://b/jobs/1/result.json"]
