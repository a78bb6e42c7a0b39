"""The driver's world, taken over by scheduler and workers."""
