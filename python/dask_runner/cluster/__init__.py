"""The cluster process: what was asked for, its state, its routes, its end."""
