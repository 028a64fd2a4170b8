# SPDX-License-Identifier: BSD-3-Clause
"""The append-only file from server to server: what one has written the next one loads, and DEBUG
DIGEST and the number of keys stay the same. And what each command is written as: the same commands
to Valkey 9.1.2 and to Rota leave the same in the file.

    ROTA_SERVER=<rota-server> aof_exchange.py
"""
import os
import re
import shutil
import sys
import tempfile
import time

import differential
import rdb_exchange

# By lines; the dump is of a string. What differs by chance is asked so that it cannot.
COMMANDS = '''
set a 1|set a 1 EX 100|set a 1 PX 100000 GET|set a 1 EXAT 99999999999 NX|set a 2 KEEPTTL GET
set a 2 XX|set a 3 IFEQ 2|set b 1 PXAT 1000|get b|setex a 100 v|psetex a 100000 v|setnx zz 1
setnx zz 1|getset a 2|set g 1|getex g EX 100|getex g PXAT 99999999999000|getex g PERSIST
getex g EXAT 1|getex g|getdel a|getdel a|set a 5|incr a|incrby a 2|incrbyfloat a 1.5|decr zz
append a x|setrange a 1 zz|setbit bb 5 1|bitop not bb2 bb|bitfield bb set u8 0 5|mset a 1 b 2
msetnx q1 1 q2 2|msetnx q1 1 q3 2|msetex 2 m1 a m2 b EX 100|msetex 1 m3 a NX|msetex 1 m3 a NX
delifeq q1 1|delifeq q2 1|expire a 100|pexpire a 100000|expireat b 99999999999|pexpireat b 1
expire a -1|set a 1|expire a 100|expire a 100 NX|persist a|persist a|del a|unlink b
hset h f 1 g 2|hincrby h f 1|hincrbyfloat h f 1.5|hsetnx h k 1|hsetnx h k 1
hexpire h 100 FIELDS 1 f|hpexpire h 100000 FIELDS 1 f|hpersist h FIELDS 1 f
hexpireat h 99999999999 FIELDS 2 f g|hexpire h 0 FIELDS 1 f|hsetex h EX 100 FIELDS 1 f v
hsetex h KEEPTTL FIELDS 1 f v|hsetex h FNX PX 100000 FIELDS 2 nf v nf2 w
hgetex h EX 100 FIELDS 1 f|hgetex h PERSIST FIELDS 1 f|hgetex h PXAT 99999999999000 FIELDS 1 f
hgetex h EXAT 1 FIELDS 1 f|hgetdel h FIELDS 2 g zzz|hdel h none|rpush l 1 2 3 4 5 6|lpush l 0
lpop l|rpop l 2|lpushx none 1|lmpop 1 l LEFT COUNT 2|blpop l 0|brpop l 0|rpush l 1 2 3 4
blmove l l2 LEFT RIGHT 0|lmove l l2 LEFT RIGHT|brpoplpush l l2 0|rpoplpush l l2
blmpop 0 1 l2 LEFT COUNT 2|rpush l2 1 2 3|linsert l2 BEFORE 1 2|lset l2 0 9|lrem l2 0 9
ltrim l2 0 1|sadd s a|spop s|sadd s a b c|spop s 3|sadd s a b|spop s 100|sadd s a b c
smove s s2 a|sinterstore s3 s s2|sunionstore s3 s s2|srem s b|zadd z 1 a 2 b 3 c 4 d 5 e 6 f
zadd z INCR 1.5 a|zadd z NX CH 2 b|zadd z GT CH 9 b|zincrby z 1.5 a|zpopmin z|zpopmax z 2
zmpop 1 z MIN COUNT 1|bzpopmin z 0|bzpopmax z 0|zadd z 1 a 2 b 3 c 4 d 5 e 6 f
bzmpop 0 1 z MAX COUNT 3|zrangestore z2 z 0 -1|zunionstore z3 1 z|zremrangebyrank z 0 0|zrem z b
xadd st * f v|xadd st MAXLEN ~ 1000 * f v|xadd st MAXLEN = 2 * f v|xadd st 9999999999999-* f v
xadd st 9999999999999-9 f v|xadd nost NOMKSTREAM * f v|xtrim st MAXLEN ~ 1|xtrim st MAXLEN 1
xgroup create st g 0|xgroup create st g2 $|xgroup create stt g $ MKSTREAM ENTRIESREAD 3
xgroup createconsumer st g c1|xgroup createconsumer st g c4|xgroup createconsumer st g c6
xreadgroup GROUP g c1 COUNT 1 STREAMS st >|xreadgroup GROUP g c2 NOACK STREAMS st >
xreadgroup GROUP g c1 STREAMS st 0|xadd st * a b|xreadgroup GROUP g c3 NOACK COUNT 1 STREAMS st >
xclaim st g c4 0 9999999999999-9|xclaim st g c4 0 9999999999999-9 JUSTID
xclaim st g c4 0 9999999999999-9 IDLE 1000 RETRYCOUNT 5 FORCE|xautoclaim st g c6 0 0 COUNT 10
xautoclaim st g c6 0 0 COUNT 10 JUSTID|xack st g 9999999999999-9|xdel st 9999999999999-9
xgroup setid st g $|xgroup setid st g 5 ENTRIESREAD 2|xgroup createconsumer st g cc
xgroup delconsumer st g cc|xgroup destroy st g2|xsetid st 9999999999999-99|copy z zc|rename zc zd
renamenx zd ze|move ze 1|select 1|set one 1|select 0|pfadd hll a b c|pfadd hll2 d|pfcount hll
pfcount hll hll2|pfmerge hll3 hll hll2|restore rr 0 DUMP|restore rr 1000000 DUMP REPLACE
restore rr 99999999999000 DUMP REPLACE ABSTTL|restore rr 1000000 DUMP REPLACE IDLETIME 5
restore rr2 1000 DUMP ABSTTL|multi|set a 1|exec|multi|set a 1|incr a|exec|multi|get a|exec|multi
set a 1|select 2|set b 1|select 0|blpop nokey 0|rpush lst 1|blpop lst 0|exec|multi|set a 1
incr lst|exec|publish c m|swapdb 0 1|swapdb 0 1|set a 1|flushdb|set a 1|flushall|set k v|touch k
set a x EX 100 XX|incr notanumber|lpush k 1
'''
DUMP = b'\x00\x05helloP\x00\xacX\x16\xe7\xfbfG\xfe'
NEAR_S = 10**6
FLAGS = ('--appendonly', 'yes', '--appendfsync', 'no', '--auto-aof-rewrite-percentage', '0')


def commands():
    for line in COMMANDS.strip().replace('\n', '|').split('|'):
        yield [DUMP if word == 'DUMP' else word for word in line.split()]


def increments(folder):
    folder = os.path.join(folder, 'appendonlydir')
    found = b''
    for name in sorted(os.listdir(folder)):
        if name.endswith('.incr.aof'):
            with open(os.path.join(folder, name), 'rb') as file:
                found += file.read()
    return found


def cut(content):
    """Commands, with times that are about now replaced by one word, and with them the number of a
    stream's entry within its millisecond."""
    now_ms = time.time() * 1000

    def known(match):
        near = abs(int(match[1]) - now_ms) < NEAR_S * 1000
        return b'<time>' if near else match[0]
    while content:
        count, _, content = content[1:].partition(b'\r\n')
        words = []
        for _ in range(int(count)):
            size, _, content = content[1:].partition(b'\r\n')
            words.append(re.sub(rb'\b(\d{13})(-\d+)?\b', known, content[:int(size)]))
            content = content[int(size) + 2:]
        yield [words[0].upper(), *words[1:]]


def propagation(programs):
    """What each of COMMANDS is written as, by both."""
    written = []
    for program in programs:
        folder = tempfile.mkdtemp(prefix='rota-aof-')
        stage = rdb_exchange.Stage(program, folder, *FLAGS)
        pieces, seen = [], 0
        for command in commands():
            stage.ask(*command)
            stage.ask('PING')   # what was written for the command is in the file
            content = increments(folder)
            pieces.append((command, list(cut(content[seen:]))))
            seen = len(content)
        stage.stop()
        shutil.rmtree(folder)
        written.append(pieces)
    differences = [(ours, theirs) for theirs, ours in zip(*written) if theirs != ours]
    for ours, theirs in differences:
        print(f'{ours[0]}:\n  valkey {theirs[1]}\n  rota   {ours[1]}')
    return not differences


def journey(programs, settings, flags, seed):
    """A folder from server to server, with a rewrite on the way."""
    folder = tempfile.mkdtemp(prefix='rota-aof-')
    try:
        first = rdb_exchange.Stage(programs[0], folder, *FLAGS, *flags)
        rdb_exchange.fill(first, differential.Words(seed), settings, True)
        expected = first.state()
        first.stop()
        for program in programs[1:]:
            stage = rdb_exchange.Stage(program, folder, *FLAGS, *flags)
            while stage.ask('PING').startswith(b'-LOADING'):
                time.sleep(0.01)
            if stage.state() != expected:
                print(f'{programs} {settings} {flags}: {stage.state()} after {expected}')
                return False
            stage.ask('BGREWRITEAOF')
            while b'aof_rewrite_in_progress:1' in stage.ask('INFO', 'persistence'):
                time.sleep(0.01)
            stage.ask('SET', 'after', program)
            stage.ask('SADD', 'popped', *range(30))
            stage.ask('SPOP', 'popped', 10)
            expected = stage.state()
            if stage.ask('DEBUG', 'LOADAOF') != b'+OK\r\n' or stage.state() != expected:
                print(f'{program} {settings} {flags}: changed by LOADAOF')
                return False
            stage.stop()
        return True
    finally:
        shutil.rmtree(folder)


def main():
    valkey, rota = differential.PEER, os.environ['ROTA_SERVER']
    if not os.access(valkey, os.X_OK):
        print(f'1..0 # SKIP no Valkey 9.1.2 in {valkey}: bench/peers installs it')
        return 77
    good = propagation([valkey, rota])
    for i, flags in enumerate((('--aof-use-rdb-preamble', 'yes'),
                               ('--aof-use-rdb-preamble', 'no', '--aof-timestamp-enabled', 'yes'))):
        for programs in ([valkey, rota, valkey, rota], [rota, valkey, rota]):
            good &= journey(programs, rdb_exchange.SETTINGS[i], flags, f'aof {i}')
    print('ok' if good else 'not ok')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
