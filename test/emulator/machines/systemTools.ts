/**
 * The few commands of an operating system that scripts on a machine use, and that must not reach the one that this is:
 * they work below the machine's folder.
 */

/** Units of the machine's own folder, and a Knox that reads its configuration when it starts. */
const systemctl = `#!/usr/bin/env python3
import os, pathlib, shlex, shutil, signal, subprocess, sys

DISK = pathlib.Path(os.environ["DATAPROC_MACHINE_FOLDER"])
STATE = DISK / "run" / "systemd" / "units"
KNOX = DISK / "run" / "knox"


def settings(unit):
    file = DISK / "etc" / "systemd" / "system" / (unit + ".service")
    if not file.exists():
        sys.exit("Failed to start %s.service: Unit %s.service not found." % (unit, unit))
    lines = [line.partition("=") for line in file.read_text().splitlines() if "=" in line]
    return [(name, value) for name, _, value in lines]


def pid_of(unit):
    try:
        pid = int((STATE / unit).read_text())
        state = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(") ", 1)[1][0]
    except (OSError, ValueError, IndexError):
        return None
    return None if state == "Z" else pid


def start(unit):
    if unit == "knox":
        shutil.rmtree(KNOX, ignore_errors=True)
        shutil.copytree(DISK / "usr/lib/knox/data/services", KNOX / "services")
        shutil.copy(DISK / "etc/knox/conf/topologies/default.xml", KNOX / "default.xml")
        with (DISK / "run" / "knox.starts").open("a") as starts:
            starts.write("started\\n")
        return
    if pid_of(unit) is not None:
        return
    own = dict(settings(unit))
    of_jobs = ("PYTHONPATH", "PYTHONUNBUFFERED", "DATAPROC_JOB_ID", "DASK_YARN__TAGS")
    variables = {name: value for name, value in os.environ.items() if name not in of_jobs}
    for name, value in settings(unit):
        if name == "Environment":
            variables.update(word.split("=", 1) for word in shlex.split(value))
    output = own.get("StandardOutput", "").partition("append:")[2] or os.devnull
    with open(output, "ab") as log:
        process = subprocess.Popen(
            shlex.split(own["ExecStart"]), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            env=variables, cwd="/", start_new_session=True,
        )
    STATE.mkdir(parents=True, exist_ok=True)
    (STATE / unit).write_text(str(process.pid))


def stop(unit):
    pid = pid_of(unit)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)


command, *units = [word for word in sys.argv[1:] if not word.startswith("-")]
units = [unit.rsplit(".service", 1)[0] for unit in units]
if command == "is-active":
    sys.exit(0 if all(pid_of(unit) is not None for unit in units) else 3)
for unit in units:
    if command in ("stop", "restart"):
        stop(unit)
    if command in ("start", "restart"):
        start(unit)
if command not in ("start", "stop", "restart", "daemon-reload", "reset-failed"):
    sys.exit("The emulator's machines have of systemctl only: start, stop, restart, is-active, daemon-reload.")
`;

/** One package can be had: what mounts shares. */
const aptGet = `#!/bin/bash
case "$*" in
  *update*) ;;
  *install*nfs-common*)
    printf '#!/bin/true\\n' > "$DATAPROC_MACHINE_FOLDER/bin/mount.nfs"
    chmod +x "$DATAPROC_MACHINE_FOLDER/bin/mount.nfs" ;;
  *) echo "E: Unable to locate package \${*: -1}" >&2; exit 100 ;;
esac
`;

/** A share is mounted when it is noted; that of an address that ends in .invalid never is. */
const mount = `#!/bin/bash
line=$(grep -F " $1 nfs" "$DATAPROC_MACHINE_FOLDER/etc/fstab") || { echo "mount: $1: can't find in /etc/fstab." >&2; exit 1; }
if [[ $line == *.invalid:* ]]; then
  echo "mount.nfs: Failed to resolve server \${line%%:*}: Name or service not known" >&2
  exit 32
fi
echo "$line" >> "$DATAPROC_MACHINE_FOLDER/run/mounts"
`;

const mountpoint = `#!/bin/bash
grep -qsF " \${*: -1} nfs" "$DATAPROC_MACHINE_FOLDER/run/mounts"
`;

export const systemTools: Readonly<Record<string, string>> = { systemctl, 'apt-get': aptGet, mount, mountpoint };
