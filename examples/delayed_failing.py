"""Delayed: a small pipeline in which one task fails. The traceback leads to the line below."""

import time

import dask
from dask.distributed import Client


@dask.delayed
def load(part: int) -> list[int]:
    time.sleep(0.3)
    return list(range(part, part + 5))


@dask.delayed
def ratio(values: list[int]) -> float:
    time.sleep(0.2)
    return values[-1] / values[0]  # The first part begins with 0.


@dask.delayed
def total(ratios: list[float]) -> float:
    return sum(ratios)


if __name__ == "__main__":
    with Client():
        parts = [load(part) for part in range(8)]
        print("Computing 8 parts; one of them cannot work")
        print(total([ratio(part) for part in parts]).compute())
