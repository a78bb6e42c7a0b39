#!/usr/bin/env bash
# One would guess that Dask's setting "distributed.worker.multiprocessing-method: forkserver" leaves the process that
# starts a LocalCluster as it is, and has the fork server import what workers need.
# What happens: before the first worker is started, distributed imports in the starting process itself every optional
# package that it knows of (pandas, pyarrow, …) to see which of them to preload. With "spawn", it imports none.
# It matters to whoever wants a cluster quickly: half a second and more, and all that importing those packages does.
# distributed 2026.8.0, pandas 3.1.1, CPython 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0 pandas==3.1.1
cat >"$folder/script.py" <<'PY'
import sys
import dask
import distributed
from distributed import LocalCluster

if __name__ == "__main__":
    dask.config.set({"distributed.worker.multiprocessing-method": sys.argv[1]})
    before = "pandas" in sys.modules
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None):
        print(sys.argv[1], distributed.__version__, before, "pandas" in sys.modules)
PY
said=$(for method in spawn forkserver; do "$folder/env/bin/python" "$folder/script.py" "$method"; done)
echo "Is pandas imported in the process that starts the cluster: before, and after the first worker?"
echo "$said"
[ "$said" = "spawn 2026.8.0 False False
forkserver 2026.8.0 False True" ]
