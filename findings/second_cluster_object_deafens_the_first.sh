#!/usr/bin/env bash
# One would guess that two of Dask's Cluster objects may look at one scheduler, as two clients may.
# What happens: each subscribes to the scheduler's news of workers by a plugin of the same name, "worker-status". The
# second one takes the place of the first, which from then on hears of no worker that comes or goes: its scheduler_info,
# and what is scaled by it, stay as they were. There is a warning on the scheduler, and none where the object is.
# It matters to whoever wraps a running cluster in a Cluster object of his own.
# distributed 2026.8.0, CPython 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0
cat >"$folder/script.py" <<'PY'
import time
import distributed
from distributed import Client, LocalCluster
from distributed.core import rpc
from distributed.deploy.cluster import Cluster

def seen(cluster, wanted):
    deadline = time.monotonic() + 5
    while len(cluster.scheduler_info["workers"]) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return len(cluster.scheduler_info["workers"])

if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as first:
        with Client(first) as client:
            first.scale(2)
            client.wait_for_workers(2)
            print(distributed.__version__, "alone, the first sees", seen(first, 2))
            second = Cluster(loop=first.loop, quiet=True)
            second.scheduler_comm = rpc(first.scheduler_address)
            second.sync(second._start)
            first.scale(3)
            while len(client.nthreads()) < 3:  # the scheduler itself knows all three
                time.sleep(0.05)
            print("beside a second, the first sees", seen(first, 3), "and the second", seen(second, 3))
            second.sync(second._close)
PY
said=$("$folder/env/bin/python" "$folder/script.py" 2>/dev/null)
echo "$said"
[ "$said" = "2026.8.0 alone, the first sees 2
beside a second, the first sees 2 and the second 3" ]
