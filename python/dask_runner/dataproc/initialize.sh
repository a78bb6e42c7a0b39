#!/bin/bash
# Makes a machine of a Dataproc cluster ready for Dask, from what the cluster's metadata attributes `dask-runner-…` name:
# a Python environment and dask_runner on every machine, and on the first master the cluster process and its way through
# Component Gateway. A second run keeps what is there. Lines `dask-runner: …` say what goes on; the last one, why it failed.
set -Eeuo pipefail
umask 022

readonly root=/opt/dask-runner
readonly cluster=$root/cluster
readonly topology=/etc/knox/conf/topologies/default.xml
readonly services=/usr/lib/knox/data/services
readonly startSeconds=60
current='starting'
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'fail "line $LINENO ended with exit code $?"' ERR

step() {
  current=$1
  echo "dask-runner: $current"
}

fail() {
  trap - ERR
  echo "dask-runner: failed while $current: $*" | redacted
  exit 1
}

# Without the passwords of addresses, and the secret of the dashboard's.
redacted() {
  sed -u -E -e 's#(://)[^/@[:space:]]+@#\1***@#g' ${secret:+-e "s/$secret/***/g"}
}

attribute() {
  /usr/share/google/get_metadata_value "attributes/$1" 2>/dev/null || true
}

# fetch gs://… FILE: an object whose name holds its hash is checked.
fetch() {
  local copy=(gcloud storage cp) output
  command -v gcloud >/dev/null || copy=(gsutil cp)
  output=$("${copy[@]}" "$1" "$2" 2>&1) || fail "$1 could not be fetched: $(tail -n 3 <<<"$output" | paste -sd " ")"
  if [[ $1 =~ /([0-9a-f]{64})[./] ]] && ! sha256sum --check --status <<<"${BASH_REMATCH[1]}  $2"; then
    fail "$1 is not what was uploaded: it has another hash. Remove it and run again"
  fi
}

# point NAME FOLDER: in one step, so that who looks finds the folder before or this one.
point() {
  ln -sfn "$2" "$1.new"
  mv -T "$1.new" "$1"
}

# add_package NAME-ON-DEBIAN NAME-ON-ROCKY
add_package() {
  if command -v apt-get >/dev/null; then
    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install -y "$1"
  else
    dnf -q install -y "$2"
  fi >"$work/package.log" 2>&1 || fail "$1 could not be installed: $(tail -n 1 "$work/package.log")"
}

mount_shares() {
  local share folder
  while read -r share folder; do
    [[ -n $folder ]] || continue
    step "mounting $share"
    command -v mount.nfs >/dev/null || add_package nfs-common nfs-utils
    mkdir -p "$folder"
    grep -qsF "$share $folder nfs " /etc/fstab || echo "$share $folder nfs defaults,_netdev,nofail 0 0" >>/etc/fstab
    mountpoint -q "$folder" || mount "$folder" >"$work/mount.log" 2>&1 ||
      fail "$share could not be mounted at $folder: $(tail -n 1 "$work/mount.log")"
  done <<<"$(attribute dask-runner-nfs)"
}

# extract ARCHIVE FOLDER
extract() {
  mkdir -p "$2"
  case $1 in
    *.tar.gz | *.tgz) tar -xzf "$1" -C "$2" ;;
    *) unzip -q "$1" -d "$2" 2>/dev/null || python3 -m zipfile -e "$1" "$2" ;;
  esac || fail "${1##*/} cannot be unpacked"
}

install_package() {
  local uri folder
  uri=$(attribute dask-runner-package)
  step 'fetching dask_runner'
  [[ -n $uri ]] || fail 'the metadata has no dask-runner-package'
  folder=$root/packages/$(sha256sum <<<"$uri" | cut -c -16)
  if [[ ! -e $folder.ready ]]; then
    fetch "$uri" "$work/package.zip"
    rm -rf "$folder"
    extract "$work/package.zip" "$folder"
    printf '%s\n' 'from dask_runner.cloud.job import main' '' 'main()' >"$folder/cloud_job.py"
    touch "$folder.ready"
  fi
  point "$root/lib" "$folder"
}

# Those that have wheels of what is pinned: of the image's conda, micromamba or pixi, then the system's.
find_pythons() {
  local python version
  local -A seen=()
  pythons=()
  others=()
  for python in /opt/conda/{default/,miniconda3/,miniforge3/,}bin/python3 /opt/conda/envs/*/bin/python3 /opt/micromamba/envs/*/bin/python3 \
    /opt/pixi/{.pixi/,}envs/*/bin/python3 python3 python3.{13,12,11,10}; do
    python=$(command -v "$python") || continue
    [[ -z ${seen[$python]:-} ]] || continue
    seen[$python]=1
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case $version in
      3.1[0-3]) pythons+=("$python") ;;
      *) others+=("$python ($version)") ;;
    esac
  done
}

# Sets `pip` to the command that installs into it.
make_environment() {
  local python
  find_pythons
  ((${#pythons[@]} > 0)) || fail "no Python from 3.10 to 3.13 was found${others[*]:+, only ${others[*]}}. Choose another image, or a prebuilt environment"
  for python in "${pythons[@]}"; do
    pip=("$1/bin/python" -m pip)
    "$python" -m venv --clear "$1" >"$work/venv.log" 2>&1 && return
    # Debian's Python cannot put pip into it: its own one can install from outside.
    pip=("$python" -m pip --python "$1/bin/python")
    if "$python" -m venv --clear --without-pip "$1" >/dev/null 2>&1 && "${pip[@]}" --version >/dev/null 2>&1; then
      return
    fi
  done
  add_package python3-venv python3-pip
  pip=("$1/bin/python" -m pip)
  "$python" -m venv --clear "$1" >"$work/venv.log" 2>&1 || fail "${pythons[0]} makes no environment: $(tail -n 1 "$work/venv.log")"
}

install() {
  local log=$work/pip.log
  "${pip[@]}" install "$@" 2>&1 | redacted | tee "$log" && return
  if grep -qE 'NewConnectionError|ConnectTimeoutError|ReadTimeoutError|ProxyError|NameResolutionError|after connection broken' "$log"; then
    fail 'the package index does not answer. Set up Cloud NAT, name a private index in the profile, or use a prebuilt environment'
  fi
  fail "pip: $(grep -m 1 '^ERROR: ' "$log" | cut -c 8- || true)"
}

install_requirements() {
  local uri file index=0 user=()
  make_environment "$1"
  step 'installing Dask and what it needs'
  fetch "$2" "$work/requirements.txt"
  install --require-hashes --only-binary :all: -r "$work/requirements.txt"
  # The user's packages fit Dask's; what reads gs:// they may change.
  sed -E -e '/^# For gs:/,$d' -e '/^ *--hash/d' -e 's/ *\\$//' "$work/requirements.txt" >"$work/constraints.txt"
  for uri in $3; do
    index=$((index + 1))
    mkdir "$work/$index"
    step "fetching ${uri##*/}"
    file=$work/$index/${uri##*/}
    fetch "$uri" "$file"
    if [[ $file == *.toml || $file == *.lock ]]; then
      "$1/bin/python" "$root/lib/dask_runner/dataproc/user_requirements.py" "$file" "$work/constraints.txt" >"$file.txt" ||
        fail "${uri##*/} cannot be read"
      file=$file.txt
    fi
    user+=(-r "$file")
  done
  if ((index > 0)); then
    step 'installing the packages of the profile'
    install -c "$work/constraints.txt" "${user[@]}"
  fi
}

# An environment as it is, or wheels.
unpack_environment() {
  local found wheels
  step "unpacking ${2##*/}"
  fetch "$2" "$work/${2##*/}"
  extract "$work/${2##*/}" "$1"
  rm "$work/${2##*/}"
  found=$(find "$1" -maxdepth 3 -path '*/bin/python' | head -n 1)
  if [[ -n $found ]]; then
    [[ $found == "$1/bin/python" ]] || { mv "${found%/bin/python}" "$1.inner" && rm -rf "$1" && mv "$1.inner" "$1"; }
    chmod +x "$1"/bin/*
    [[ ! -e $1/bin/conda-unpack ]] || "$1/bin/python" "$1/bin/conda-unpack" || fail 'conda-unpack failed'
    return
  fi
  mv "$1" "$work/wheels"
  wheels=$(find "$work/wheels" -name '*.whl' -printf '%f\n' | cut -d - -f 1 | sort -u)
  [[ -n $wheels ]] || fail "${2##*/} holds neither bin/python nor wheels"
  make_environment "$1"
  step "installing the wheels of ${2##*/}"
  found=$(find "$work/wheels" -name '*.whl' -printf ' --find-links %h\n' | sort -u)
  # shellcheck disable=SC2086 # They are lists of words.
  install --no-index $found $wheels
}

finish_environment() {
  local site
  "$1/bin/python" -c 'import dask, distributed' 2>"$work/import.log" ||
    fail "the environment cannot import Dask: $(tail -n 1 "$work/import.log")"
  site=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  # One that only refers to another Python is found by PYTHONPATH.
  [[ $site != "$1"/* ]] || echo "$root/lib" >"$site/dask_runner.pth"
}

install_environment() {
  local archive requirements user folder
  archive=$(attribute dask-runner-environment)
  requirements=$(attribute dask-runner-requirements)
  user=$(attribute dask-runner-user-requirements)
  step 'making the Python environment'
  [[ -n $archive$requirements ]] || fail 'the metadata has neither dask-runner-requirements nor dask-runner-environment'
  if [[ $archive == image ]]; then
    [[ -x $root/env/bin/python ]] || fail "the image of the profile has no Python at $root/env/bin/python"
    finish_environment "$root/env"
    return
  fi
  folder=$root/environments/$(sha256sum <<<"$archive $requirements $user" | cut -c -16)
  if [[ ! -e $folder.ready ]]; then
    PIP_INDEX_URL=$(attribute dask-runner-index-url)
    PIP_EXTRA_INDEX_URL=$(attribute dask-runner-extra-index-url)
    export PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_NO_INPUT=1 PIP_RETRIES=3 PIP_DEFAULT_TIMEOUT=20 PIP_PROGRESS_BAR=off \
      PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
    [[ -n $PIP_INDEX_URL ]] || unset PIP_INDEX_URL
    [[ -n $PIP_EXTRA_INDEX_URL ]] || unset PIP_EXTRA_INDEX_URL
    rm -rf "$folder"
    mkdir -p "$folder"
    if [[ -n $archive ]]; then
      unpack_environment "$folder" "$archive"
    else
      install_requirements "$folder" "$requirements" "$user"
    fi
    finish_environment "$folder"
    touch "$folder.ready"
  fi
  point "$root/env" "$folder"
}

runs_systemd() {
  [[ -d /run/systemd/system ]]
}

# Knox is Component Gateway's part on the master.
open_gateway() {
  local host=${DASK_YARN__HOST:-localhost} name changed=0
  [[ -d $services && -f $topology ]] || return 0
  step 'opening the way of the dashboard through Component Gateway'
  {
    sed -e '/<!-- dask-runner -->$/d' -e '/<\/topology>/,$d' "$topology"
    printf '  <service><role>%s</role><url>%s://%s:8787/%s</url></service> <!-- dask-runner -->\n' \
      DASK http "$host" "$secret" DASKWS ws "$host" "$secret"
    echo '</topology>'
  } >"$work/default.xml"
  for name in dask daskws; do
    if ! diff -rq "$root/lib/dask_runner/dataproc/knox/$name" "$services/$name/1.0.0" >/dev/null 2>&1; then
      mkdir -p "$services/$name/1.0.0"
      cp "$root/lib/dask_runner/dataproc/knox/$name"/* "$services/$name/1.0.0/"
      changed=1
    fi
  done
  if ! cmp -s "$work/default.xml" "$topology"; then
    # With its owner; the secret is for Knox alone.
    cp -p "$topology" "$topology.new"
    cat "$work/default.xml" >"$topology.new"
    if getent passwd knox >/dev/null; then
      chown knox: "$topology.new"
      chmod 640 "$topology.new"
    fi
    mv "$topology.new" "$topology"
    changed=1
  fi
  if ((changed)) && runs_systemd; then
    systemctl restart knox || fail 'Knox did not start again: see its log in /var/log/knox'
  fi
}

# It holds its lock for as long as it lives.
cluster_lives() {
  [[ -e $cluster/lock ]] && ! flock --nonblock "$cluster/lock" true
}

process_runs() {
  if runs_systemd; then
    systemctl is-active --quiet dask-runner
  else
    kill -0 "$pid" 2>/dev/null
  fi
}

scheduler_is_up() {
  grep -qsE '"stage": *"(workers|ready)"' "$cluster/state.json" && grep -qE '"state": *"(starting|running)"' "$cluster/state.json"
}

start_cluster() {
  local log=$cluster/logs/cluster.log deadline command=("$root/env/bin/python" -m dask_runner cluster --folder "$cluster")
  step 'starting the cluster process'
  if ! cluster_lives; then
    rm -f "$cluster/state.json"
    if runs_systemd; then
      cat >/etc/systemd/system/dask-runner.service <<UNIT
[Unit]
Description=Dask scheduler of the cluster, and the process that asks YARN for its workers
After=network-online.target

[Service]
EnvironmentFile=-/etc/environment
Environment=PYTHONPATH=$root/lib
Environment=DASK_RUNNER_HOME=$root
ExecStart=${command[*]}
StandardOutput=append:$log
StandardError=append:$log
LimitNOFILE=65536
KillMode=mixed
TimeoutStopSec=60
UNIT
      systemctl daemon-reload
      systemctl start dask-runner || fail 'systemd did not start dask-runner.service'
    else
      PYTHONPATH=$root/lib DASK_RUNNER_HOME=$root setsid "${command[@]}" </dev/null >>"$log" 2>&1 &
      pid=$!
    fi
    step 'waiting for the scheduler'
    deadline=$((SECONDS + startSeconds))
    until scheduler_is_up; do
      process_runs || cluster_failed 'the cluster process has ended'
      ((SECONDS < deadline)) || cluster_failed "the scheduler is not up after $startSeconds s"
      sleep 0.2
    done
  fi
  step 'the scheduler is up'
}

cluster_failed() {
  tail -n 20 "$cluster/logs/cluster.log" | redacted
  fail "$1: $("$root/env/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["error"]["message"])' \
    "$cluster/state.json" 2>/dev/null || tail -n 1 "$cluster/logs/cluster.log")"
}

main() {
  local spec
  mount_shares
  install_package
  install_environment
  if [[ $(attribute dataproc-role) == Master && $(/usr/share/google/get_metadata_value name) == "$(attribute dataproc-master)" ]]; then
    step 'writing the specification of the Dask cluster'
    spec=$(attribute dask-runner-spec)
    [[ $spec =~ \"httpSecret\":\ *\"([0-9A-Za-z]+)\" ]] || fail 'the metadata has no dask-runner-spec with a httpSecret'
    secret=${BASH_REMATCH[1]}
    mkdir -p "$cluster/logs"
    chmod 700 "$cluster"
    printf '%s\n' "$spec" >"$cluster/spec.json.new"
    mv "$cluster/spec.json.new" "$cluster/spec.json"
    open_gateway
    start_cluster
  fi
  step 'this machine is ready'
}

main
