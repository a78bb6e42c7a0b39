"""Files and processes: what all other rooms stand on."""
