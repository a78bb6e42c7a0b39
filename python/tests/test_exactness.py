"""A forked driver behaves as ``python file.py`` does: byte for byte."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ENVIRONMENT, Cluster

from dask_runner.run.order import Order

pytestmark = [
    pytest.mark.skipif(
        sys.platform != "linux" or not (3, 10) <= sys.version_info[:2] <= (3, 13),
        reason="drivers are forked on Linux with Python 3.10 to 3.13",
    ),
    pytest.mark.xdist_group("exactness"),  # one cluster for all
]

SCRIPTS = {
    "arguments": "import sys; print(sys.argv, sys.orig_argv, sys.executable, sys.flags)",
    "directory": "import os; print(os.getcwd(), __file__, os.path.abspath('.'))",
    "globals": "print(dict(globals()).keys(), __name__, __doc__, __package__, __spec__,"
    " type(__loader__), __loader__.path, __loader__.name, __cached__, __builtins__)",
    "docstring": '"""Words."""\nprint(__doc__)\nx: int = 3\nprint(__annotations__)',
    "path": "import sys; print('\\n'.join(sys.path)); print(sys.path_hooks, sys.prefix)",
    "environment": "import os\nprint(sorted(os.environ.items()))\n"
    "import subprocess; print(subprocess.run(['env'], capture_output=True).stdout.count(b'\\n'))",
    "environment_order": "import os; print(list(os.environ))",
    "c_environment": "import ctypes; g=ctypes.CDLL(None).getenv; g.restype=ctypes.c_char_p\n"
    "print(g(b'ADDED'), g(b'DASK_SCHEDULER_ADDRESS'), g(b'PYTHONPATH'), g(b'DASKRUNNER_LOGS'))",
    "streams": "import sys\nfor s in (sys.stdin, sys.stdout, sys.stderr):\n"
    "  print(s, s.name, s.mode, s.encoding, s.errors, s.newlines, s.line_buffering,"
    " s.write_through, s.isatty(), type(s.buffer), s.fileno(), s.buffer)\n"
    "print(sys.stdout is sys.__stdout__, sys.stdin.read())",
    "order_of_streams": "import sys, os\nprint('a'); print('b', file=sys.stderr)\n"
    "sys.stdout.write('c'); sys.stderr.write('d'); os.write(1, b'e'); print('f', end='')",
    "surrogates": "import sys; sys.stderr.write('\\udcff\\n'); print('\\udcff')",
    "warnings": "import warnings\nprint(warnings.filters)\nwarnings.warn('one')\n"
    "warnings.warn('two', DeprecationWarning)\nwarnings.warn('three', stacklevel=2)\n"
    "def f(): warnings.warn('four', stacklevel=3)\nf()",
    "numpy_warnings": "import warnings, numpy\nprint(warnings.filters)",
    "raises": "def f(x):\n    return 1 / x\n\nprint('before')\nf(0)\n",
    "raises_chained": "try:\n    {}['k']\nexcept KeyError as error:\n"
    "    raise ValueError('no') from error\n",
    "raises_in_context": "try:\n    {}['k']\nfinally:\n    int('x')\n",
    "raises_group": "raise ExceptionGroup('many', [ValueError(1), KeyError('k')])",
    "raises_own": "class Odd(Exception):\n    def __str__(self): raise RuntimeError('no text')\n"
    "raise Odd",
    "raises_base": "raise BaseException('base')",
    "raises_note": "e = ValueError('x'); e.add_note('a note'); raise e",
    "recursion": "def f(): f()\nf()",
    "syntax_error": "print('never')\nif True print(1)\n",
    "indentation": "def f():\nreturn 1\n",
    "null_byte": "print(1)\n\0",
    "encoding": "# -*- coding: latin-1 -*-\nprint('caf\\xe9', ascii('caf\\xe9'))",
    "bad_encoding": "# -*- coding: nonsense -*-\nprint(1)",
    "print_stack": "import traceback, sys, inspect\ntraceback.print_stack()\n"
    "def f(): print([i.function for i in inspect.stack()], sys._getframe(1).f_back)\nf()",
    "exit_none": "import sys; sys.exit()",
    "exit_3": "import sys; sys.exit(3)",
    "exit_text": "import sys; sys.exit('text')",
    "exit_large": "import sys; sys.exit(2**40)",
    "exit_256": "import sys; sys.exit(256)",
    "exit_negative": "import sys; sys.exit(-1)",
    "exit_bool": "raise SystemExit(True)",
    "exit_tuple": "raise SystemExit((1, 2))",
    "exit_130": "import sys; sys.exit(130)",
    "exit_os": "import os; print('x', end=''); os._exit(9)",
    "abort": "import os; os.abort()",
    "killed": "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    "terminated": "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
    "segfault": "import ctypes; ctypes.string_at(0)",
    "interrupted": "import os, signal, atexit, time\natexit.register(print, 'atexit')\n"
    "class D:\n    def __del__(self): print('del')\nd = D()\n"
    "os.kill(os.getpid(), signal.SIGINT); time.sleep(5)",
    "interrupt_caught": "import os, signal, time\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n"
    "    time.sleep(5)\nexcept KeyboardInterrupt: print('caught')",
    "signals": "import signal\nfor s in sorted(signal.valid_signals()):\n"
    "  print(s, signal.getsignal(s))\nprint(signal.pthread_sigmask(signal.SIG_BLOCK, []))\n"
    "print(signal.set_wakeup_fd(-1))",
    # Without signals 32 and 33, which the C library keeps for threads.
    "proc_signals": "print([hex(int(l.split()[1], 16) & ~(3 << 31))"
    " for l in open('/proc/self/status') if l.startswith(('SigB', 'SigI', 'SigC'))])",
    "handler": "import signal, os\nsignal.signal(signal.SIGTERM, lambda *a: print('got', a[0]))\n"
    "os.kill(os.getpid(), signal.SIGTERM)\nprint('after')",
    "atexit_order": "import atexit, threading, time\natexit.register(print, 1)\n"
    "atexit.register(print, 2)\ndef slow():\n    time.sleep(.1); print('thread')\n"
    "threading.Thread(target=slow).start()\nprint('end')",
    "atexit_file": "import atexit\natexit.register(lambda: print(__file__))",
    "atexit_raises": "import atexit\natexit.register(lambda: 1 / 0)",
    "atexit_stack": "import atexit, traceback\natexit.register(traceback.print_stack)",
    "destructors": "class D:\n    def __del__(self): print('del', __name__)\nkeep = D()",
    "threads": "import threading, os\nprint(threading.main_thread() is threading.current_thread(),"
    " threading.main_thread().name, threading.active_count(), threading.enumerate()[0].daemon,"
    " threading.main_thread().native_id == os.getpid(), threading.get_native_id() == os.getpid(),"
    " type(threading.main_thread()), len(os.listdir('/proc/self/task')))\n"
    "print(threading.stack_size())",
    "thread_raises": "import threading\nt = threading.Thread(target=lambda: 1 / 0, name='T')\n"
    "t.start(); t.join()",
    "daemon_thread": "import threading, time\n"
    "threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); print('end')",
    "pool": "from concurrent.futures import ThreadPoolExecutor\n"
    "p = ThreadPoolExecutor(2); print(sorted(p.map(abs, [-1, -2])))",
    "excepthook": "import sys, traceback\ndef hook(t, v, tb):\n"
    "    print('hook', t, v, [f.name for f in traceback.extract_tb(tb)], tb.tb_frame.f_back)\n"
    "sys.excepthook = hook\n1 / 0",
    "excepthook_raises": "import sys\ndef hook(*a): raise ValueError('hook')\n"
    "sys.excepthook = hook\n1 / 0",
    "last_error": "import sys\nprint(hasattr(sys, 'last_type'), sys.exc_info())",
    "multiprocessing": "import multiprocessing as m\ndef f(q):\n"
    "    q.put((m.current_process().name, __name__))\nif __name__ == '__main__':\n"
    "    print(m.current_process(), m.get_start_method())\n"
    "    for how in ('fork', 'spawn', 'forkserver'):\n        c = m.get_context(how)\n"
    "        q = c.Queue(); p = c.Process(target=f, args=(q,)); p.start()\n"
    "        print(q.get(), p.name); p.join(); print(p.exitcode)",
    "multiprocessing_pool": "import multiprocessing as m\nimport sys\ndef f(x):\n"
    "    return x * x, sys.argv[1:]\nif __name__ == '__main__':\n"
    "    with m.get_context('spawn').Pool(1) as p: print(p.map(f, [1, 2]))",
    "multiprocessing_dir": "import multiprocessing.process as p, os\n"
    "print(p.ORIGINAL_DIR == os.getcwd(), p.parent_process())",
    "fork": "import os, sys\npid = os.fork()\nif not pid:\n    print('child'); sys.exit(4)\n"
    "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
    "logging": "import logging\nlogging.warning('w'); logging.info('i')\n"
    "print(logging.root.handlers, logging.getLogger('distributed').handlers,"
    " logging.getLogger('tornado').level, logging.getLogger('bokeh').propagate)\n"
    "logging.getLogger('x').error('e', stack_info=True)",
    "distributed_logging": "import sys, io\nsys.stderr = io.StringIO()\n"
    "import distributed, logging\n"
    "print([h.stream is sys.stderr for h in logging.getLogger('distributed').handlers])\n"
    "print(logging.getLogger('distributed').level, logging.getLogger('distributed.client').level)",
    "dask_settings": "import os\nos.environ['DASK_OWN__SETTING'] = '17'\nimport dask, distributed\n"
    "print(dask.config.get('own.setting'), dask.config.get('scheduler-address'))\n"
    "print(sorted(dask.config.config), sorted(dask.config.get('distributed')))",
    "modules": "import sys\nprint([n for n in ('dask', 'distributed', 'numpy', 'yaml', 'tornado',"
    " 'dask_runner', 'psutil', 'dask_runner.fork.forked') if n in sys.modules])\n"
    "import numpy, importlib.util\nprint('dask' in sys.modules, numpy.__spec__.name,"
    " numpy.__loader__, importlib.util.find_spec('dask').origin, numpy.arange(3).sum())\n"
    "import dask.distributed, yaml\nprint(dask.__spec__.loader, dask.distributed.Client,"
    " sys.meta_path)",
    "collections": "import gc\nprint(gc.isenabled(), gc.get_threshold(), gc.get_debug(),"
    " gc.garbage)",
    "faults": "import faulthandler; print(faulthandler.is_enabled())",
    "descriptors": "import os; print(sorted(os.listdir('/proc/self/fd'), key=int)[:5])",
    "session": "import os; print(os.getsid(0) == os.getpid(), os.getpgid(0) == os.getpid(),"
    " os.umask(0), os.nice(0))",
    "time_zone": "import time; print(time.tzname, time.localtime(0))",
    "helper": "import helper; print(helper.value, helper.__file__)",
    "asyncio": "import asyncio\nasync def f():\n    await asyncio.sleep(.01)\n    return 5\n"
    "print(asyncio.run(f()))",
    "locale": "import locale; print(locale.getlocale(), locale.setlocale(locale.LC_ALL))",
    "limits": "import sys, resource\nprint(sys.getrecursionlimit(), sys.getswitchinterval(),"
    " resource.getrlimit(resource.RLIMIT_STACK))",
    "deep": "import sys\nsys.setrecursionlimit(20000)\ndef f(n): return n and 1 + f(n - 1)\n"
    "print(f(15000))",
    "stdin": "input('? ')",
    "unraisable": "class D:\n    def __del__(self): 1 / 0\nD()\nprint('on')",
    "breakpoint": "breakpoint()\nprint(1)",
    "main_import": "import __main__\nprint(__main__.__dict__ is globals(), __import__('sys')"
    ".modules['__main__'] is __main__)",
    "pickle": "import pickle\nclass A: pass\nprint(pickle.loads(pickle.dumps(A())).__class__)",
    "runpy": "import runpy, os\nopen('other.txt', 'w').write('print(__name__)')\n"
    "runpy.run_path('other.txt', run_name='n')",
    "interpreter": "import subprocess, sys\nprint(subprocess.run([sys.executable, '-c',"
    " 'import sys; print(sys.path)'], capture_output=True, text=True).stdout)",
    "no_newline": "print('x', end='')",
    "future": "from __future__ import annotations\ndef f(x: Undefined): pass\n"
    "print(f.__annotations__)",
    "bom": "\ufeffprint('bom')",
    "crlf": "print('a')\r\nprint('b')\r\nraise ValueError('c')\r\n",
    "empty": "",
}


@pytest.fixture(scope="session")
def plain(root: Path) -> Cluster:
    cluster = Cluster(root, workers={"kind": "fixed", "count": 0}).start()
    yield cluster
    cluster.stop()


def as_python_does(order: Order, output: Path, seen: Path) -> int:
    """Run the file with Python itself, as a supervisor that cannot fork does."""
    with output.open("ab") as file:
        return subprocess.run(
            order.command(),
            cwd=order.directory,
            env=order.driver_environment(ENVIRONMENT, seen),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            timeout=60,
        ).returncode


def text_of(output: bytes) -> str:
    """Return output as text, without the addresses of objects in memory.

    Python 3.11 counts the two calls in C below a forked script as recursion.
    """
    text = re.sub(r" at 0x[0-9a-f]+", " at 0x…", output.decode("utf-8", "backslashreplace"))
    if sys.version_info < (3, 12):
        text = re.sub("repeated 99[4-6] more times", "repeated 99_ more times", text)
    return text


@pytest.mark.parametrize("name", SCRIPTS)
def test_same_as_python(
    name: str, plain: Cluster, script: Callable[..., Path], tmp_path: Path
) -> None:
    if name == "raises_group" and sys.version_info < (3, 11):
        pytest.skip("Python 3.11 has exception groups")
    path = script("", name='a folder/it\'s "ünïcode".py')
    path.write_bytes(SCRIPTS[name].encode("latin-1" if name == "encoding" else "utf-8"))
    (path.parent / "helper.py").write_text("value = 42\n")
    run = plain.submit(path, args=["one", "two words", "ü", ""], environment={"ADDED": "é"})
    expected = tmp_path / "expected"
    code = as_python_does(Order.read(run.folder), expected, run.folder / "output.log")
    status = run.wait()
    assert status["mode"] == "fork", status
    assert text_of(run.output) == text_of(expected.read_bytes())
    got = status["exitCode"]
    if status["signal"] is not None:
        got = -signal.Signals[status["signal"]]
    assert got == code


@pytest.mark.parametrize(
    ("files", "environment", "arguments"),
    [
        ({"queue.py": ""}, {}, []),
        ({"yaml.py": ""}, {}, []),
        ({"dask/__init__.py": ""}, {}, []),
        ({}, {"PYTHONWARNINGS": "error"}, []),
        ({}, {"PYTHONPATH": "/elsewhere"}, []),
        ({}, {"LD_LIBRARY_PATH": "/elsewhere"}, []),
        ({}, {"LC_ALL": "C"}, []),
        ({}, {"DASK_TEMPORARY_DIRECTORY": "/elsewhere"}, []),
        ({}, {"OMP_NUM_THREADS": "3"}, []),
    ],
)
def test_process_where_a_fork_would_differ(
    files: dict[str, str],
    environment: dict[str, str],
    arguments: list[str],
    plain: Cluster,
    script: Callable[..., Path],
) -> None:
    for name, text in files.items():
        script(text, name)
    run = plain.submit(script("print('ran')"), environment=environment)
    status = run.wait()
    assert (status["mode"], status["state"]) == ("process", "succeeded"), run.output
    assert run.output == b"ran\n"


def test_runs_differ_in_what_is_random(plain: Cluster, script: Callable[..., Path]) -> None:
    path = script(
        "import random, numpy, uuid, tempfile, multiprocessing as m, json\n"
        "print(json.dumps([random.random(), float(numpy.random.random()), str(uuid.uuid4()),"
        " tempfile.mktemp(), m.current_process().authkey.hex()]))"
    )
    answers = []
    for _ in range(2):
        run = plain.submit(path)
        assert run.wait()["mode"] == "fork"
        answers.append(json.loads(run.output))
    for one, other in zip(*answers, strict=True):
        assert one != other


def test_process_where_python_goes_on_after_the_script(
    plain: Cluster, script: Callable[..., Path]
) -> None:
    run = plain.submit(script("print('ran')"), environment={"PYTHONINSPECT": "1"})
    status = run.wait()
    assert (status["mode"], status["state"]) == ("process", "succeeded"), run.output
    assert run.output.startswith(b"ran\n")
