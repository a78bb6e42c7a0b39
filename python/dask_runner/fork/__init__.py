"""Processes forked from one that has imported Dask."""
