#!/bin/bash
# Makes a machine of an emulated cluster ready for the stub of a job: no environment, no YARN, no Dask.
set -euo pipefail

root=/opt/dask-runner
echo 'dask-runner: making the environment'
mkdir -p "$root/env/bin" "$root/lib"
ln -sf "$(command -v python3)" "$root/env/bin/python"
echo 'dask-runner: fetching dask_runner'
# The package comes with each job, as an archive that is first on its path.
printf '%s\n' 'from dask_runner.stub_job import main' '' 'main()' >"$root/lib/cloud_job.py"
if [[ $(/usr/share/google/get_metadata_value attributes/dask-runner-index-url 2>/dev/null || true) == *fail* ]]; then
  echo 'dask-runner: failed while installing: pip: No matching distribution found for nothing'
  exit 1
fi
echo 'dask-runner: ready'
