# SPDX-License-Identifier: BSD-3-Clause
"""Which commands count as a use of a key. With a use counter that rises with every use and forgets
nothing, OBJECT FREQ tells how often; a key that is restored as idle tells under an LRU policy."""
from dump_streams import payload

EMPTY = payload(0, b'\x00', 11)   # DUMP of an empty string
KEYS = ['a', 'b', 'n', 'l', 's', 'h', 'z', 'x', 'p']
SETUP = '''
SET a hello|SET b world|SET n 10|RPUSH l 1 2 3|SADD s m1 m2 m3|HSET h f1 1 f2 2
ZADD z 1 m1 2 m2
XADD x 1-1 f v|XGROUP CREATE x g 0|PFADD p 1 2 3
'''
# Without BZPOPMIN and BLMOVE, which count twice in Valkey, and once here as without the B.
COMMANDS = '''
GET a|SET a v|SET a v NX|SET a v XX|SET a v GET|SET a v EX 100|SET a v KEEPTTL|SET a v IFEQ hello
SET a v IFEQ no|SETNX a v|SETEX a 100 v|PSETEX a 100000 v|GETSET a v|GETEX a|GETEX a EX 100
GETEX a PERSIST|GETDEL a|DELIFEQ a no|MGET a b nosuch l|MSET a 1 b 2|MSETNX a 1 new 2
MSETEX 2 a 1 b 2|MSETEX 2 a 1 b 2 XX|MSETEX 2 a 1 b 2 NX|APPEND a v|STRLEN a|SETRANGE a 0 x
SETRANGE a 0 ""|GETRANGE a 0 -1|SUBSTR a 0 -1|INCR n|DECR n|INCRBY n 2|INCRBYFLOAT n 1.5|INCR a
LCS a b|EXISTS a|EXISTS a a|TYPE a|TTL a|PTTL a|EXPIRETIME a|EXPIRE a 100|EXPIRE a 100 XX|PERSIST a
TOUCH a b|TOUCH a a|DEL nosuch|RENAME a c|RENAMENX a b|RENAME a b|COPY a c|COPY a b|COPY a b REPLACE
MOVE a 1|DUMP a|RESTORE a 0 bogus|OBJECT ENCODING a|OBJECT FREQ a|OBJECT REFCOUNT a|MEMORY USAGE a
DEBUG OBJECT nosuch|SCAN 0 COUNT 1000|KEYS *|RANDOMKEY|SETBIT a 1 1|GETBIT a 1|BITCOUNT a|BITPOS a 1
BITOP AND c a b|BITOP NOT a b|BITFIELD a GET u8 0|BITFIELD a SET u8 0 1|BITFIELD_RO a GET u8 0
PFADD p 1|PFADD p 9|PFCOUNT p|PFCOUNT p p|PFMERGE p p|PFMERGE q p
LPUSH l v|RPUSH l v|LPUSHX l v|LPUSHX nosuch v|LPOP l|RPOP l 2|LLEN l|LRANGE l 0 -1|LINDEX l 0
LSET l 0 v
LINSERT l BEFORE 1 v|LREM l 0 1|LTRIM l 0 1|LPOS l 2|LMOVE l l LEFT RIGHT|LMOVE l k LEFT RIGHT
LMPOP 1 l LEFT|BLPOP l 0|BLMPOP 0 1 l LEFT|RPOPLPUSH l l
SADD s m1|SADD s m9|SREM s m1|SREM s no|SISMEMBER s m1|SMISMEMBER s m1 m2|SCARD s|SMEMBERS s
SRANDMEMBER s 0|SPOP s 0|SMOVE s t m1|SMOVE s s m1|SINTER s s|SINTERCARD 1 s|SUNION s s|SDIFF s s
SINTERSTORE t s|SUNIONSTORE t s s|SDIFFSTORE s s|SSCAN s 0|SORT_RO l|SORT l STORE k
HSET h f1 9|HSETNX h f1 9|HGET h f1|HMGET h f1 f2|HGETALL h|HKEYS h|HVALS h|HLEN h|HEXISTS h f1
HDEL h f1|HDEL h no|HINCRBY h f1 1|HINCRBYFLOAT h f1 1|HSTRLEN h f1|HRANDFIELD h 0|HSCAN h 0
HEXPIRE h 100 FIELDS 1 f1|HTTL h FIELDS 1 f1|HPERSIST h FIELDS 1 f1|HGETEX h EX 100 FIELDS 1 f1
HSETEX h EX 100 FIELDS 1 f1 v|HGETDEL h FIELDS 1 f1|HEXPIRETIME h FIELDS 1 f1
ZADD z 1 m1|ZADD z 5 m9|ZINCRBY z 1 m1|ZREM z m1|ZSCORE z m1|ZMSCORE z m1|ZRANK z m1|ZCARD z
ZCOUNT z 0 9|ZLEXCOUNT z - +|ZRANGE z 0 -1|ZRANGEBYSCORE z 0 9|ZREVRANGE z 0 -1|ZRANGESTORE k z 0 -1
ZREMRANGEBYRANK z 5 9|ZPOPMIN z 0|ZPOPMAX z|ZMPOP 1 z MIN|ZUNION 2 z z|ZINTER 1 z
ZDIFF 2 z z|ZUNIONSTORE k 1 z|ZINTERCARD 1 z|ZRANDMEMBER z 0|ZSCAN z 0
XADD x 2-1 f v|XADD x NOMKSTREAM 2-1 f v|XLEN x|XRANGE x - +|XREVRANGE x + -|XREAD STREAMS x 0
XREADGROUP GROUP g c STREAMS x >|XACK x g 1-1|XPENDING x g|XCLAIM x g c 0 1-1|XAUTOCLAIM x g c 0 0
XDEL x 1-1|XTRIM x MAXLEN 0|XSETID x 9-1|XINFO STREAM x|XINFO GROUPS x|XGROUP CREATE x g2 0
XGROUP DESTROY x g|XGROUP CREATECONSUMER x g c|SETBIT l 1 1|GET l|LLEN a|HGET a f|SADD a x
'''
MODES = [[], [['CLIENT', 'NO-TOUCH', 'on']]]


def split(text, mark):
    return [part.split() for part in text.replace('\n', mark).split(mark) if part.strip()]


def access_stream(pair, words, count, known):
    setup = [command for command in split(SETUP, '|') if command[0].lower() in known]
    commands = [['' if word == '""' else word for word in command]
                for command in split(COMMANDS, '|') if command[0].lower() in known]
    policy = [['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu', 'lfu-log-factor', '0',
               'lfu-decay-time', '0']]
    for mode in MODES:
        asked = []
        for command in commands:
            asked += [['FLUSHALL']] + setup + [command] + \
                [['OBJECT', 'FREQ', key] for key in KEYS + ['c', 'k', 't', 'q', 'new']]
        pair.ask(asked, first=policy + mode)
    pair.ask([['CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru'],
              ['RESTORE', 'a', '0', EMPTY, 'IDLETIME', '1000'], ['OBJECT', 'IDLETIME', 'a'],
              ['EXISTS', 'a'], ['OBJECT', 'IDLETIME', 'a'], ['CLIENT', 'NO-TOUCH', 'on'],
              ['GET', 'a'], ['OBJECT', 'IDLETIME', 'a'], ['TOUCH', 'a'],
              ['OBJECT', 'IDLETIME', 'a'],
              ['RESTORE', 'a', '0', EMPTY, 'IDLETIME', '1000', 'REPLACE'],
              ['CLIENT', 'NO-TOUCH', 'off'], ['OBJECT', 'FREQ', 'a'], ['OBJECT', 'IDLETIME', 'a'],
              ['APPEND', 'a', 'x'], ['OBJECT', 'IDLETIME', 'a'],
              ['RESTORE', 'a', '0', EMPTY, 'FREQ', '77', 'REPLACE'],
              ['CONFIG', 'SET', 'maxmemory-policy', 'volatile-lfu'],
              ['RESTORE', 'a', '0', EMPTY, 'FREQ', '77', 'REPLACE'], ['OBJECT', 'FREQ', 'a'],
              ['OBJECT', 'IDLETIME', 'a'], ['SET', 'a', 'v'], ['OBJECT', 'FREQ', 'a']])


STREAMS = {'access': access_stream}
