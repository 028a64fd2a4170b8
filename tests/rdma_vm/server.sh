#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The server over RDMA, inside the machine of vm.py: one run for each number of threads. Prints what
# it has checked; ends with the first failure.
#
# Usage: server.sh [io-threads...]
set -u
address=$ROTA_RDMA_ADDRESS
tcp=7001 port=7001   # TCP and RDMA have port numbers of their own

fail() {
    echo "FAILED: $*"
    tail -n 20 /tmp/server.log
    exit 1
}
over_tcp() { ./rota-cli -h "$address" -p $tcp "$@"; }
over_rdma() { ./rota-cli --rdma -h "$address" -p $port "$@"; }
expect() { # what, wanted, found
    [ "$2" = "$3" ] || fail "$1: wanted '$2', found '$3'"
}
# Until it holds, at most ten seconds.
await() {
    for _ in $(seq 100); do
        "$@" && return
        usleep 100000
    done
    fail "waited in vain: $*"
}
clients_are() {
    [ "$(over_tcp info clients | sed -n 's/^connected_clients:\([0-9]*\).*/\1/p')" = "$1" ]
}
rdma_answers() { [ "$(over_rdma ping 2>/dev/null)" = PONG ]; }
server_is_gone() { ! kill -0 "$server" 2>/dev/null; }

start() {
    ./rota-server --bind "$address" --port $tcp --rdma-bind "$address" --rdma-port $port \
        --protected-mode no --io-threads "$1" --io-threads-always-active yes \
        --transport "$2" --logfile /tmp/server.log &
    server=$!
    await rdma_answers
}

values() { # the same keyspace by both roads, values of all sizes
    over_rdma set small one >/dev/null
    expect 'a value set by RDMA' one "$(over_tcp get small)"
    over_tcp set small two >/dev/null
    expect 'a value set by TCP' two "$(over_rdma get small)"
    for size in 1 220 221 16384 16385 1000000 8000000; do
        head -c $size /dev/urandom | od -An -v -tx1 | tr -d ' \n' | head -c $size >/tmp/value
        over_rdma -x set big </tmp/value >/dev/null
        expect "STRLEN of $size" $size "$(over_tcp strlen big)"
        over_rdma get big | head -c $size | cmp -s - /tmp/value || fail "GET of $size by RDMA"
        over_tcp get big | head -c $size | cmp -s - /tmp/value || fail "GET of $size by TCP"
    done
}

load() {
    ./rota-benchmark --rdma -h "$address" -p $port -t set,get -n 2000 -c 10 -P 1 -q ||
        fail 'a benchmark'
    ./rota-benchmark --rdma -h "$address" -p $port -t set,get -n 20000 -c 20 -P 100 -q ||
        fail 'a benchmark with pipelines'
}

# Clients that are killed in the middle of what they do.
drops() {
    for _ in 1 2 3; do
        ./rota-benchmark --rdma -h "$address" -p $port -t set -l -c 50 -P 4 -q >/dev/null 2>&1 &
        load=$!
        await busy
        kill -9 $load
        wait $load 2>/dev/null
    done
    await clients_are 1
    rdma_answers || fail 'no answer after the drops'
}
busy() { ! clients_are 1; }

ports() { # at run time
    expect 'CONFIG SET rdma-port' OK "$(over_tcp config set rdma-port 7002)"
    rdma_answers && fail 'the old port still answers'
    port=7002
    rdma_answers || fail 'the new port does not answer'
    expect 'CONFIG SET rdma-port 0' OK "$(over_rdma config set rdma-port 0)"
    rdma_answers && fail 'a port of 0 answers'
    port=7001
    expect 'CONFIG SET back' OK "$(over_tcp config set rdma-port 7001)"
    rdma_answers || fail 'the first port does not answer again'
    over_tcp config set rdma-bind 192.0.2.1 2>&1 | grep -q 'Unable to listen' ||
        fail 'an address of nobody was taken'
    rdma_answers || fail 'a refused bind has changed something'
}

stop() {
    kill "$server"
    await server_is_gone
    grep -q 'bye bye' /tmp/server.log || fail 'no orderly end'
    grep -i 'assert\|crash\|sanitizer' /tmp/server.log && fail 'see the log'
    rm -f /tmp/server.log
}

for threads in "${@:-1}"; do
    for transport in epoll ${IO_URING:+io_uring}; do
        echo "== io-threads $threads, beside $transport"
        start "$threads" "$transport"
        values
        load
        drops
        ports
        stop
    done
done
echo 'all is well'
