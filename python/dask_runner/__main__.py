"""Command line of the Python side: ``python -m dask_runner CMD`` or ``python …/__main__.py CMD``.

Only this file and ``check`` are read by an old Python: no syntax newer than 3.6 here.
"""

import os
import sys

# What Python itself puts into ``__main__``, in its order: a forked driver gets the same.
_PRISTINE = tuple(globals())
_PRISTINE_MODULES = tuple(sys.modules)
_HERE = os.path.dirname(os.path.abspath(__file__))

COMMANDS = {
    "cluster": "dask_runner.hosted.command",
    "zygote": "dask_runner.fork.zygote",
    "worker-base": "dask_runner.fork.worker_base",
    "supervise": "dask_runner.run.supervisor",
    "probe": "dask_runner.remote.probe",
    "restart-workers": "dask_runner.remote.probe",
    "fetch-logs": "dask_runner.remote.probe",
    "run": "dask_runner.library.function",
}
USAGE = "usage: python -m dask_runner {check," + ",".join(sorted(COMMANDS)) + "} …\n"


def _put_package_on_path() -> None:
    """Make ``dask_runner`` importable when this file was started by its path."""
    if sys.path and os.path.abspath(sys.path[0] or ".") == _HERE:
        # Our own folder must not be a place for imports: its modules would hide others.
        del sys.path[0]
    parent = os.path.dirname(_HERE)
    if parent not in sys.path:
        sys.path.append(parent)


def main(arguments: "list[str]") -> int:
    """Run one command and return its exit code."""
    if not __package__:
        _put_package_on_path()
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stderr.write(USAGE)
        return 0 if arguments else 2
    command = arguments[0]
    if command == "check":
        from dask_runner.check import main as check

        return check()
    if command not in COMMANDS:
        sys.stderr.write("dask_runner: no such command: " + command + "\n" + USAGE)
        return 2
    if sys.version_info < (3, 10):
        sys.stderr.write(
            "Dask runs need Python 3.10 or newer. This is Python {}.{} ({}). "
            "Choose another interpreter.\n".format(
                sys.version_info[0], sys.version_info[1], sys.executable
            )
        )
        return 3
    import importlib

    return int(importlib.import_module(COMMANDS[command]).main(command, arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
