"""Arrays: statistics of a 1.8 GB random matrix that never has to fit into memory at once."""

import dask.array as da
from dask.distributed import Client

if __name__ == "__main__":
    with Client():
        rng = da.random.default_rng(seed=1)
        x = rng.normal(10, 2, size=(15_000, 15_000), chunks=(1_500, 1_500))
        print(f"{x.nbytes / 1e9:.1f} GB in {x.npartitions} chunks")

        y = (x + x.T) / 2
        mean, deviation = da.compute(y.mean(), y.std())
        print(f"mean {mean:.3f}, standard deviation {deviation:.3f}")

        columns = y[::1_000].max(axis=1).compute()
        print(f"largest value of each 1,000th row: {columns.round(1)}")
