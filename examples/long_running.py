"""A long one: a minute of tasks, with lines as they finish. Good for watching the dashboard.

Run it with a number as its argument for more or fewer rounds.
"""

import math
import random
import sys
import time

from dask.distributed import Client, wait


def simulate(step: int) -> float:
    """Pretend to work for a little while."""
    time.sleep(random.uniform(0.1, 0.6))
    return sum(math.sin(i + step) for i in range(200_000))


if __name__ == "__main__":
    with Client() as client:
        rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
        started = time.monotonic()
        for number in range(1, rounds + 1):
            futures = client.map(simulate, range(number * 100, number * 100 + 30))
            wait(futures)
            best = max(future.result() for future in futures)
            seconds = time.monotonic() - started
            print(f"Round {number:>2} of {rounds}: best {best:.3f} after {seconds:.1f} s")
        print("Done")
