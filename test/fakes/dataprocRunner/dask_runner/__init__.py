"""Stands for the Python side in tests of the backend: neither YARN nor Dask."""
