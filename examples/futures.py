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

        futures = client.map(throw_darts, range(40))
        inside = 0
        for done, future in enumerate(as_completed(futures), start=1):
            inside += future.result()
            if done % 10 == 0:
                print(
                    f"After {done * 400_000:>10,} darts: pi is about {4 * inside / (done * 400_000):.5f}"
                )
