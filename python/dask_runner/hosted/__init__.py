"""The kinds of clusters that the cluster process keeps: on this machine, and on YARN."""
