"""The user's modules, brought to schedulers and workers."""
