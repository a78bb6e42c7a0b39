"""Schedulers that are not ours."""
