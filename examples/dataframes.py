"""Dataframes: a year of made-up orders, grouped and joined like a pandas table."""

import dask.dataframe as dd
import pandas as pd
from dask.datasets import timeseries
from dask.distributed import Client

if __name__ == "__main__":
    with Client():
        orders = timeseries("2026-01-01", "2026-12-31", freq="30s", partition_freq="14d", seed=7)
        print(f"{len(orders):,} orders in {orders.npartitions} partitions")

        regions = pd.DataFrame(
            {
                "name": ["Alice", "Bob", "Charlie", "Dan"],
                "region": ["north", "north", "south", "west"],
            }
        )
        joined = orders.merge(dd.from_pandas(regions, npartitions=1), on="name", how="inner")
        print(joined.groupby("region")["x"].agg(["count", "mean", "std"]).compute().round(4))

        by_month = orders["y"].resample("30D").mean().compute()
        print(f"Best 30 days start on {by_month.idxmax():%d %B}")
