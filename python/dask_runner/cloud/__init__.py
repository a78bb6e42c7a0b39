"""Jobs on machines of a cloud: what runs as the driver of a Dataproc job."""
