#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The measuring half of bench/rdma_vs_tcp: needs a POSIX shell and our own programs, so that it also
# runs where there is nothing else. One JSON object a line, each a cell: what was asked, what
# rota-benchmark says of it, and the CPU time of the server meanwhile.
#
# Usage: measure.sh FOLDER ADDRESS SECONDS TRANSPORTS SIZES PIPELINES CLIENTS
#        FOLDER has rota-server and rota-benchmark; the lists are separated by commas
set -eu
folder=$1 address=$2 seconds=$3
transports=$(echo "$4" | tr , ' ') sizes=$(echo "$5" | tr , ' ')
pipelines=$(echo "$6" | tr , ' ') clients=$(echo "$7" | tr , ' ')
port=${ROTA_BENCH_PORT:-17379}
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT
ticks=$(getconf CLK_TCK 2>/dev/null || echo 100)

cpu_ticks() { # user and system, of all threads
    sed 's/.*) //' "/proc/$server/stat" | cut -d' ' -f12,13 | tr ' ' '+'
}
load() { "$folder/rota-benchmark" $rdma -h "$address" -p "$port" "$@"; }

start() {
    host=$1
    [ "$1" != rdma ] || host=epoll
    "$folder/rota-server" --bind "$address" --port "$port" --rdma-bind "$address" \
        --rdma-port "$2" --transport "$host" --protected-mode no --save "" \
        --logfile "$scratch/log" &
    server=$!
    tries=0
    until load -t ping_inline -n 1 -c 1 -q >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { cat "$scratch/log" >&2; exit 1; }
        sleep 0.1 2>/dev/null || sleep 1
    done
}

for transport in $transports; do
    rdma=
    rdma_port=0
    [ "$transport" != rdma ] || rdma=--rdma rdma_port=$port
    start "$transport" "$rdma_port"
    for size in $sizes; do
        load -t set -n 1 -c 1 -d "$size" -q >/dev/null
        for pipeline in $pipelines; do
            for count in $clients; do
                for test in get set; do
                    before=$(($(cpu_ticks)))
                    load -t "$test" -d "$size" -P "$pipeline" -c "$count" --duration "$seconds" \
                        --json "$scratch/json" -q >/dev/null
                    spent=$(($(cpu_ticks) - before))
                    printf '{"transport": "%s", "test": "%s", "size": %s, "pipeline": %s, ' \
                        "$transport" "$test" "$size" "$pipeline"
                    printf '"clients": %s, "cpu_ticks": %s, "ticks_per_s": %s, "load": ' \
                        "$count" "$spent" "$ticks"
                    tr -d '\n' <"$scratch/json"
                    echo '}'
                done
            done
        done
    done
    kill "$server"
    wait "$server" || true
    server=
done
