"""Submitting jobs of a cloud as the extension does it."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import urllib.error
import uuid
import zipfile
from typing import Any

from conftest import PACKAGE
from emulator.conftest import Emulator

from yarn.conftest import Master


class Job:
    """One job, submitted as the extension does it."""

    def __init__(
        self,
        bucket: Emulator,
        master: Master,
        files: dict[str, str],
        import_folders: list[str] | None = None,
        **changes: Any,
    ) -> None:
        self.id = f"job-{uuid.uuid4().hex[:10]}"
        self.bucket = bucket
        self.folder = f"dask-runner/jobs/{self.id}"
        archive = packed(files)
        digest = hashlib.sha256(archive).hexdigest()
        self.code = f"dask-runner/code/{digest}.zip"
        self.put(self.code, archive)
        orders = {
            "version": 1,
            "id": self.id,
            "name": "main.py",
            "target": {"kind": "file", "path": "main.py"},
            "args": [],
            "environment": {},
            "code": {
                "uri": f"gs://code/{self.code}",
                "sha256": digest,
                "importFolders": import_folders or ["", "src"],
            },
            "folder": f"gs://code/{self.folder}",
            "report": False,
            **changes,
        }
        self.put(f"{self.folder}/job.json", json.dumps(orders).encode())
        self.master = master

    def put(self, name: str, data: bytes) -> None:
        self.bucket.request(
            "POST", f"/upload/storage/v1/b/code/o?uploadType=media&name={name}", data
        )

    def get(self, name: str) -> Any:
        path = f"{self.folder}/{name}".replace("/", "%2F")
        try:
            return self.bucket.request("GET", f"/storage/v1/b/code/o/{path}?alt=media")
        except urllib.error.HTTPError:
            return None

    def start(self, uri: str | None = None) -> Job:
        orders = uri or f"gs://code/{self.folder}/job.json"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dask_runner.cloud.job", orders],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **self.master.environment,
                "PYTHONPATH": str(PACKAGE.parent),
                "STORAGE_EMULATOR_HOST": self.bucket.url,
            },
        )
        return self

    def wait(self, seconds: float = 120) -> int:
        output, _ = self.process.communicate(timeout=seconds)
        # As it is: with its carriage returns, and bytes that are no text.
        self.output = output.decode(errors="surrogateescape")
        return self.process.returncode

    def run(self, seconds: float = 120) -> int:
        return self.start().wait(seconds)

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("released.json") or self.get("result.json") or {}
        return found


def packed(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()
