#!/usr/bin/env bash
# One would guess that a client whose preload (distributed.client.preload) fails to set up fails itself, as a worker
# does whose start fails.
# What happens: Dask logs what the preload's dask_setup raises, and Client() returns as if all were well. An error of
# the preload's own import, on the other hand, is raised by Client().
# It matters to whoever prepares a cluster in a preload: the script goes on with a cluster that is not prepared.
# distributed 2026.8.0, CPython 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0
echo 'def dask_setup(client): raise ValueError("not prepared")' >"$folder/bad_setup.py"
echo 'raise ValueError("not importable")' >"$folder/bad_import.py"
cat >"$folder/script.py" <<'PY'
import sys
import dask
import distributed
from distributed import Client

if __name__ == "__main__":
    dask.config.set({"distributed.client.preload": [sys.argv[1]]})
    try:
        with Client(n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
            print(distributed.__version__, sys.argv[1], "goes on:", client.submit(sum, [1, 2]).result())
    except ValueError as error:
        print(distributed.__version__, sys.argv[1], "raises:", error)
PY
cd "$folder"
said=$(for name in bad_setup bad_import; do PYTHONPATH=$folder env/bin/python script.py "$name" 2>/dev/null; done)
echo "$said"
[ "$said" = "2026.8.0 bad_setup goes on: 3
2026.8.0 bad_import raises: not importable" ]
