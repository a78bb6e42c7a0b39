#!/usr/bin/env bash
# One would guess that fire_and_forget(future) lets go of a task once it has run, and at once where it has run already: its
# documentation says that it is for tasks whose results nobody waits for.
# What happens: the scheduler lets go when the task ends after the call. Where it had ended before (a short task, or one
# that the client waited for), nothing ends any more, and the scheduler holds the result as long as it lives, although
# every future and every client is gone. When the worker with that result ends, the task is run again, with all that it does.
# It matters for tasks that write, send or book something: they do it twice, perhaps long after the script has ended; and
# each such result stays in the memory of a worker.
# distributed 2026.8.0 (distributed/scheduler.py: the client "fire-and-forget" releases a key in the transition to memory), CPython 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet dask==2026.8.0 distributed==2026.8.0
cat >"$folder/script.py" <<'PY'
import contextlib
import os
import signal
import time

import distributed
from distributed import Client, LocalCluster, fire_and_forget, wait


def note(path, word):
    time.sleep(0.5)
    with open(path, "a") as file:
        file.write(word + "\n")


def held(dask_scheduler):
    return sorted(dask_scheduler.tasks)


def leave():
    # The nanny starts another worker.
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        with Client(cluster) as client:
            fire_and_forget(client.submit(note, "notes", "forgotten first", key="forgotten first"))
            done = client.submit(note, "notes", "done first", key="done first")
            wait(done)
            fire_and_forget(done)
            del done
        with Client(cluster) as client:
            time.sleep(2)
            print(distributed.__version__, "held:", client.run_on_scheduler(held))
            with contextlib.suppress(OSError):
                client.run(leave)
            while open("notes").read().count("\n") < 3:
                time.sleep(0.1)
    print(open("notes").read().split("\n")[:-1])
PY
cd "$folder"
said=$(timeout 60 "$folder/env/bin/python" "$folder/script.py" 2>/dev/null)
echo "$said"
[ "$said" = "2026.8.0 held: ['done first']
['forgotten first', 'done first', 'done first']" ]
