#!/bin/bash
# A Slurm of this machine alone, without systemd, for tests: munged, slurmctld and NODES slurmd, each
# a node n1, n2 … of one core. Listens on 127.0.0.1 only; needs root, slurm-wlm and munge.
#
#   slurm-one.sh up [NODES]   starts it (1 node by default) and waits until every node is idle
#   slurm-one.sh down         stops exactly those processes, by their pid files
#
# All state lies in $SLURM1_DIR; clients need SLURM_CONF=$SLURM1_DIR/slurm.conf. $SLURM1_PORT is the
# first of NODES + 1 ports (default 6817).
set -euo pipefail
dir=${SLURM1_DIR:?set SLURM1_DIR to a directory for its state}
port=${SLURM1_PORT:-6817}
export SLURM_CONF=$dir/slurm.conf

# A process that has ended stays there as a zombie where nobody reaps orphans.
runs() { grep -q '^State:[[:space:]]*[^Z]' "/proc/$1/status" 2>/dev/null; }

stop() {
  local file=$1 pid
  [ -s "$file" ] || return 0
  pid=$(cat "$file")
  kill "$pid" 2>/dev/null || true
  for _ in $(seq 50); do
    runs "$pid" || { rm -f "$file"; return 0; }
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
  rm -f "$file"
}

# Without cgroups and data base. The scheduler's pace is for tests: by default a task waits 1.5 s.
# Memory is declared, not limited.
configure() {
  cat <<END
ClusterName=one
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge/munge.sock
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPort=$port
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.%n.pid
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
JobCompType=jobcomp/filetxt
JobCompLoc=$dir/log/jobcomp.txt
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
KillWait=5
MinJobAge=300
END
  for i in $(seq "$1"); do
    echo "NodeName=n$i NodeAddr=127.0.0.1 NodeHostname=localhost Port=$((port + i)) CPUs=1" \
      "RealMemory=2100 State=UNKNOWN"
  done
  echo "PartitionName=main Nodes=n[1-$1] Default=YES MaxTime=12:00:00 State=UP"
}

up() {
  local nodes=$1 key=$dir/munge/munge.key
  # munged runs as a user of its own and follows the path to its files.
  mkdir -p "$dir"/{state,log,run}
  chmod a+x "$dir"
  install -d -o munge -g munge -m 0755 "$dir/munge"
  head -c 128 /dev/urandom >"$key"
  chown munge:munge "$key"
  chmod 0400 "$key"
  runuser -u munge -- munged --key-file="$key" --socket="$dir/munge/munge.sock" --num-threads=2 \
    --pid-file="$dir/munge/munged.pid" --log-file="$dir/munge/munged.log" \
    --seed-file="$dir/munge/munge.seed"
  configure "$nodes" >"$SLURM_CONF"
  slurmctld -i -f "$SLURM_CONF"
  for i in $(seq "$nodes"); do slurmd -f "$SLURM_CONF" -N "n$i"; done
  for _ in $(seq 80); do
    [ "$(timeout 3 sinfo -h -t idle -o %D 2>/dev/null | head -1)" != "$nodes" ] || return 0
    sleep 0.25
  done
  echo "slurm-one: the nodes did not come up; the last lines of the logs:" >&2
  tail -n 5 "$dir"/log/slurm*.log >&2 || true
  down
  return 1
}

down() {
  [ ! -s "$SLURM_CONF" ] || timeout 10 scancel -u root 2>/dev/null || true
  for file in "$dir"/run/slurmd.*.pid "$dir/run/slurmctld.pid" "$dir/munge/munged.pid"; do
    stop "$file"
  done
}

case "${1:-}" in
  up) up "${2:-1}" ;;
  down) down ;;
  *)
    echo "usage: $0 up [NODES] | down" >&2
    exit 2
    ;;
esac
