"""How scripts end: exit codes, signals, and what is done last."""

from __future__ import annotations

from same.cases import case

case(
    "exit_with_code",
    """
import sys
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -1).result())
    sys.exit(3)
""",
)
case(
    "exit_with_text",
    """
import sys
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -1).result())
    sys.exit("nothing to do")
""",
)
case(
    "exit_in_context",
    """
from dask.distributed import Client
if __name__ == "__main__":
    with Client() as client:
        print(client.submit(abs, -1).result())
        raise SystemExit(0)
    print("never")
""",
)
case(
    "exit_without_clean_up",
    """
import os
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -1).result())
    client.close()
    os._exit(5)
""",
)
case(
    "killed_by_signal",
    """
import os, signal
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -1).result())
    client.close()
    os.kill(os.getpid(), signal.SIGTERM)
""",
)
case(
    "keyboard_interrupt",
    """
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -1).result())
    raise KeyboardInterrupt
""",
)
case(
    "keyboard_interrupt_by_signal",
    """
import os, signal, time
from dask.distributed import Client
if __name__ == "__main__":
    client = Client()
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.5)
    except KeyboardInterrupt:
        print("interrupted", client.submit(abs, -1).result())
""",
    unordered=True,
)
case(
    "error_while_objects_go",
    """
from dask.distributed import Client
class Noisy:
    def __del__(self):
        raise OSError("in the tear-down")
if __name__ == "__main__":
    client = Client()
    noisy = Noisy()
    del noisy
    print(client.submit(abs, -1).result())
    raise ValueError("bad column")
""",
)
case(
    "code_at_exit",
    """
import atexit
from dask.distributed import Client
@atexit.register
def bye():
    print("bye from", __name__) if __name__ == "__main__" else None
if __name__ == "__main__":
    client = Client()
    print(client.submit(abs, -1).result())
    client.close()
""",
)
case(
    "no_guard_at_all",
    """
from dask.distributed import Client
client = Client(processes=False, n_workers=1, dashboard_address=None)
print(client.submit(abs, -1).result())
""",
    differs="The profile says what workers there are: arguments of Client() are an error.",
)
