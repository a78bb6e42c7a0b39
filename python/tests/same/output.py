"""What scripts and tasks print, log and warn."""

from __future__ import annotations

from same.cases import ON_THIS_MACHINE, case

case(
    "prints_in_tasks",
    """
import logging, sys, warnings
from dask.distributed import Client
def task(i):
    print("printed", i)
    print("error", i, file=sys.stderr)
    logging.getLogger("mine").warning("logged %d", i)
    warnings.warn(f"warned {i}")
    return i
if __name__ == "__main__":
    client = Client()
    print(client.gather(client.map(task, range(2))))
    client.close()
""",
    unordered=True,
)
case(
    "print_of_dask",
    """
from dask.distributed import Client, print, warn
def task(i):
    print("forwarded", i, sep="=")
    warn(f"careful {i}")
    return i
if __name__ == "__main__":
    client = Client()
    print(client.gather(client.map(task, range(2))))
    client.close()
""",
    unordered=True,
)
case(
    "logging_at_top_level",
    """
import logging
from dask.distributed import Client
logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
logger = logging.getLogger("mine")
logging.getLogger("distributed").propagate = False
def task():
    logger.info("in the task")
if __name__ == "__main__":
    logger.info("before")
    client = Client()
    client.submit(task).result()
    client.close()
    logger.info("after")
""",
    unordered=True,
)
case(
    "logging_in_guard",
    """
import logging
from dask.distributed import Client
logger = logging.getLogger("mine")
def task():
    logger.info("not seen")
    logger.warning("in the task")
if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    client = Client()
    client.submit(task).result()
    client.close()
    logger.info("after")
""",
    unordered=True,
)
case(
    "logging_to_file",
    """
import logging
from dask.distributed import Client
logger = logging.getLogger("mine")
def task():
    logging.basicConfig(filename="tasks.log", level=logging.INFO, format="%(message)s")
    logger.info("in the task")
if __name__ == "__main__":
    client = Client()
    client.submit(task).result()
    client.close()
    print(open("tasks.log").read().splitlines()[-1])
    open("tasks.log", "w").close()
""",
    differs="In containers each worker has a folder of its own: its files come back with the run.",
    differs_in=("yarn",),
)
case(
    "logs_forwarded",
    """
import logging
from dask.distributed import Client
def task():
    logging.getLogger("mine").error("forwarded error")
if __name__ == "__main__":
    logging.basicConfig(format="driver: %(message)s")
    client = Client()
    client.forward_logging("mine")
    client.submit(task).result()
    client.unforward_logging("mine")
    client.close()
""",
    unordered=True,
)
case(
    "dask_logs_of_errors_only",
    """
import logging, sys
import dask
if __name__ == "__main__":
    print([name in sys.modules for name in ("distributed", "dask.distributed")])
    print(hasattr(dask, "distributed"))
dask.config.set({"logging": {"distributed": "error"}})
from dask.distributed import Client
def log():
    logger = logging.getLogger("distributed.worker")
    logger.warning("first line\\nof a warning")
    logger.error("first line\\nof an error")
if __name__ == "__main__":
    client = Client()
    print(logging.getLogger("distributed").getEffectiveLevel())
    print(logging.getLogger("distributed.worker").getEffectiveLevel())
    client.submit(log, key="log").result()
""",
)
case(
    "warning_of_driver",
    """
import warnings
from dask.distributed import Client
if __name__ == "__main__":
    warnings.warn("at the start")
    client = Client()
    print(client.submit(abs, -1).result())
    warnings.warn("deprecated", FutureWarning)
""",
)
case(
    "warnings_as_errors",
    """
import warnings
from dask.distributed import Client
warnings.simplefilter("error", FutureWarning)
def task():
    warnings.warn("in the task", FutureWarning)
    return "no error"
if __name__ == "__main__":
    client = Client()
    try:
        print(client.submit(task, key="task").result())
    except FutureWarning as error:
        print("raised:", error)
""",
    unordered=True,
)
case(
    "large_graph_warning",
    """
import numpy as np
import dask
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    data = np.zeros(3_000_000)
    print(client.submit(np.sum, data).result())
""",
)
case(
    "without_newline",
    """
import sys
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    for i in range(3):
        print(client.submit(abs, -i).result(), end=" ")
    sys.stderr.write("to stderr ")
    print("end", end="")
""",
)
case(
    "stdout_and_stderr_in_order",
    """
import os, sys
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    for i in range(5):
        print("out", i)
        print("err", i, file=sys.stderr)
        os.write(1, b"raw\\n")
""",
)
case(
    "large_output",
    """
from dask.distributed import Client
def task(i):
    print("".join(f"{i}-{line}\\n" for line in range(2000)), end="")
if __name__ == "__main__":
    client = Client()
    client.gather(client.map(task, range(3)))
    client.close()
    print("x" * 300_000)
""",
    unordered=True,
)
case(
    "unicode_output",
    """
import sys
from dask.distributed import Client
def task():
    print("Grüße aus Zürich: 東京 🎉")
    return "naïve café"
if __name__ == "__main__":
    client = Client()
    print(client.submit(task).result(), sys.stdout.encoding)
    client.close()
    sys.stdout.buffer.write(b"\\xff\\xfe raw\\n")
""",
    unordered=True,
)
case(
    "output_of_subprocess",
    """
import subprocess, sys
from dask.distributed import Client
def task():
    subprocess.run([sys.executable, "-c", "print('child of task')"], check=True)
    return subprocess.check_output(["echo", "captured"], text=True).strip()
if __name__ == "__main__":
    subprocess.run(["echo", "child of driver"], check=True)
    client = Client()
    print(client.submit(task).result())
    client.close()
""",
    unordered=True,
)
case(
    "output_redirected",
    """
import contextlib, io
from dask.distributed import Client
def task():
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        print("kept")
    return text.getvalue()
if __name__ == "__main__":
    client = Client()
    print(repr(client.submit(task).result()))
""",
)
case(
    "streams_are_no_terminals",
    """
import os, sys
from dask.distributed import Client
def streams():
    return [one.isatty() for one in (sys.stdout, sys.stderr)], sys.stdout.encoding
if __name__ == "__main__":
    client = Client()
    print(streams(), client.submit(streams).result())
    print(sys.stdin.read() == "")
""",
)
case(
    "line_by_line_in_tasks",
    """
import sys
from dask.distributed import Client
def task():
    sys.stdout.write("half ")
    sys.stdout.write("whole\\n")
    sys.stdout.flush()
if __name__ == "__main__":
    client = Client()
    client.submit(task).result()
    client.close()
    print("after")
""",
    unordered=True,
)
case(
    "progress_bar_of_dask",
    """
import io
import dask
from dask.diagnostics import ProgressBar
@dask.delayed
def inc(x):
    return x + 1
if __name__ == "__main__":
    text = io.StringIO()
    with ProgressBar(out=text, dt=10):
        print(dask.delayed(sum)([inc(i) for i in range(4)]).compute())
    print("[########################################] | 100% Completed" in text.getvalue())
""",
)
case(
    "progress_of_distributed",
    """
import contextlib, io
from dask.distributed import Client, progress
if __name__ == "__main__":
    client = Client()
    futures = client.map(abs, range(-4, 0))
    client.gather(futures)
    with contextlib.redirect_stdout(io.StringIO()) as text:
        progress(futures, notebook=False)
    print("100% Completed" in text.getvalue(), client.gather(futures))
""",
)
case(
    "carriage_returns",
    """
import sys, time
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    for i in range(5):
        sys.stderr.write(f"\\rstep {client.submit(abs, -i).result()}")
        sys.stderr.flush()
    sys.stderr.write("\\n")
""",
)
case(
    "rich_traceback",
    """
from rich.traceback import install
from dask.distributed import Client
install(show_locals=True, width=90)
def load(column):
    rows = list(range(40))
    raise ValueError("bad column")
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -1).result())
    load("a")
""",
    # They hold the path of the script.
    only=ON_THIS_MACHINE,
)
case(
    "hook_for_exceptions",
    """
import sys
from dask.distributed import Client
def hook(kind, error, trace):
    print("hooked", kind.__name__, error)
sys.excepthook = hook
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -1).result())
    raise LookupError("gone")
""",
)
case(
    "script_without_dask",
    """
import argparse
if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1)
    print("hi from a script without Dask", parser.parse_args().rows)
""",
    args=["--rows", "5"],
)
case(
    "usage_of_arguments",
    """
import argparse
from dask.distributed import Client
if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    options = parser.parse_args()
    client = Client()
""",
)
case(
    "name_of_standard_module_without_dask",
    """
import secrets
if __name__ == "__main__":
    print(secrets.MINE)
""",
    files={"secrets.py": "MINE = 1\n"},
)
