"""A run: its orders, its driver, its end."""
