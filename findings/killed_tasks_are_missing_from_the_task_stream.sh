#!/usr/bin/env bash
# One would guess that get_task_stream(), the "Task Stream" page and a performance report show each task that has ended,
# those that failed above all.
# What happens: a task that takes its workers down with it (KilledWorker after "allowed-failures") is in none of them. The
# plugin that collects them expects start and stop times, which only a worker can tell; it fails, and the scheduler goes
# on. The log has it at level INFO, as "Plugin failed with exception" and KeyError: 'startstops'. A task that raises is there.
# It matters to whoever looks into a report for what went wrong: the task that killed the workers is the one that is missing.
# distributed 2026.8.0 (distributed/diagnostics/task_stream.py, TaskStreamPlugin.transition), CPython 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0
cat >"$folder/script.py" <<'PY'
import logging
import sys

import dask
import distributed
from distributed import Client, LocalCluster, get_task_stream


def raises():
    raise ValueError("no")


class Said(logging.Handler):
    def emit(self, record):
        if record.exc_info and "Plugin failed" in record.getMessage():
            print(record.levelname, record.getMessage(), repr(record.exc_info[1]))


if __name__ == "__main__":
    dask.config.set({"distributed.scheduler.allowed-failures": 0})
    logging.disable(logging.DEBUG)
    for name in ("distributed", "distributed.scheduler"):
        logging.getLogger(name).setLevel(logging.INFO)
        logging.getLogger(name).handlers = [Said()] if name == "distributed.scheduler" else []
    options = dict(n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=False)
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        with get_task_stream(client) as stream:
            client.submit(abs, -1, key="fine").result()
            ends = {"raises": client.submit(raises, key="raises")}
            distributed.wait(list(ends.values()))
            ends["leaves"] = client.submit(sys.exit, 4, key="leaves")
            distributed.wait(list(ends.values()))
        print(distributed.__version__, {key: future.status for key, future in ends.items()})
        print("in the task stream:", sorted(task["key"] for task in stream.data))
PY
said=$("$folder/env/bin/python" "$folder/script.py" 2>/dev/null)
echo "$said"
[ "$said" = "INFO Plugin failed with exception KeyError('startstops')
2026.8.0 {'raises': 'error', 'leaves': 'error'}
in the task stream: ['fine', 'raises']" ]
