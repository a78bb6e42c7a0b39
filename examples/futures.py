"""Futures: estimate pi by throwing darts, in parallel, and watch the estimate improve."""

import random

from dask.distributed import Client, as_completed


def throw_darts(seed: int, darts: int = 400_000) -> int:
    """Count how many of the darts land inside the quarter circle."""
    generator = random.Random(seed)
    return sum(generator.random() ** 2 + generator.random() ** 2 <= 1 for _ in range(darts))


if __name__ == "__main__":
    with Client() as client:
        print(f"Workers: {len(client.scheduler_info()['workers'])}")

        inside = thrown = 0
        for future in as_completed(client.map(throw_darts, range(40))):
            inside += future.result()
            thrown += 400_000
            if thrown % 4_000_000 == 0:
                print(f"After {thrown:>10,} darts: pi is about {4 * inside / thrown:.5f}")
