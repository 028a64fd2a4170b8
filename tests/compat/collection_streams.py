# SPDX-License-Identifier: BSD-3-Clause
"""Random commands on lists, sets and hashes for differential.py: templates, and what fills them.

Limits are small and change on the way, so that values go from one encoding to the other all the
time. Nothing random is removed: the two servers would part for ever.
"""

DEBUG = ['--enable-debug-command', 'yes']
DIGEST_EVERY = 25

# K key, E element, N small number, I any number, J any of 32 bits, P position, END an end.
LIST_TEMPLATES = '''
LPUSH K E|RPUSH K E|LPUSH K E E E|RPUSH K E E E|RPUSH K E E E E E E E E|LPUSHX K E|RPUSHX K E E
LPOP K|RPOP K|LPOP K N|RPOP K N|LPOP K I|LLEN K|LRANGE K P P|LRANGE K 0 -1|LRANGE K I I
LINDEX K P|LINDEX K I|LSET K P E|LSET K P E|LSET K J E|LREM K P E|LREM K 0 E|LREM K I E
LTRIM K P P|LTRIM K 0 P|LTRIM K P -1|LTRIM K I I|LINSERT K WHERE E E|LINSERT K WHERE E E
LINSERT K WHERE E E|LPOS K E|LPOS K E LPOSOPT|LPOS K E LPOSOPT LPOSOPT|LMOVE K K END END
RPOPLPUSH K K|LMPOP N K K END|LMPOP 2 K K END|LMPOP 2 K K END COUNT N|LMPOP I K END COUNT I
LMPOP 1 K END COUNT N COUNT N|LPOP K N N|OBJECT ENCODING K|OBJECT ENCODING K|TYPE K|COPY K K
COPY K K REPLACE|RENAME K K|EXPIRE K 10000|TTL K|DEL K|SET K E|GET K|APPEND K E|STRLEN K
CONFIG SET list-max-listpack-size LISTSIZE|EXISTS K|SCAN 0 TYPE list COUNT 100000|DEBUG DIGEST
'''
LIST_KEYS = ['l1', 'l2', 'l3', 'l4']
ELEMENTS = (['a', 'b', 'c', '1', '2', '-1', '300', '70000', '9223372036854775807', '007', '',
             b'\x00\xff', 'x' * 63, 'x' * 64, 'y' * 65, 'z' * 200] + [f'e{i}' for i in range(12)])
LARGE = ['L' * 3000, 'M' * 5000, 'H' * 9000, 'J' * 70000]
LIST_SIZES = [-2, -1, 1, 2, 4, 5, 0, 128, -5, -9]
INTEGERS = [-2**63, -1, 0, 1, 2**63 - 2, 2**63 - 1, 2**31, 2**32, 2**63, 'abc', '',
            ' 1', '+1', '1.0']


def fill(words, template, keys, elements):
    choose = words.random.choice
    made = []
    for part in template.split():
        if part == 'K':
            made.append(choose(keys))
        elif part == 'E':
            made.append(choose(elements))
        elif part == 'N':
            made.append(words.random.randint(0, 8))
        elif part == 'P':
            made.append(words.random.randint(-12, 12))
        elif part == 'I':
            made.append(choose(INTEGERS))
        elif part == 'J':   # Valkey cuts the index of LSET to 32 bits
            made.append(choose([-2**31, 2**31 - 1, 2**63, 'abc', '', '1.0']))
        elif part == 'END':
            made.append(choose(['LEFT', 'RIGHT', 'left', 'Right'] * 5 + ['bogus']))
        elif part == 'WHERE':
            made.append(choose(['BEFORE', 'AFTER', 'before', 'after'] * 5 + ['bogus']))
        elif part == 'LISTSIZE':
            made.append(choose(LIST_SIZES))
        elif part == 'D':
            made.append(words.random.randint(-20, 700))
        elif part == 'LIMIT':
            made.append(choose([0, 1, 3, 8, 16, 64, 512]))
        elif part == 'F':
            made.append(choose(words.FLOATS))
        elif part == 'T':
            made.append(choose(TIMES))
        elif part == 'OPT':
            made.append(choose(['NX', 'XX', 'GT', 'LT', 'nx', 'bogus']))
        elif part == 'HCOND':
            made.append(choose(['NX', 'XX', 'FNX', 'FXX', 'fnx', 'KEEPTTL', 'bogus']))
        elif part == 'HTIME':
            made += [choose(['EX', 'PX', 'EXAT', 'PXAT', 'ex']), choose(TIMES)]
        elif part == 'S':
            made.append(choose(SCORES) if words.random.random() < 0.6 else
                        choose([words.random.randint(-9, 9), words.random.random()]))
        elif part == 'W':
            made.append(choose(['1', '-1', '2', '0', '0.5', '-2.5', '0.1', '1e-7', 'inf', '-inf',
                                'nan', 'abc']))
        elif part == 'B':
            made.append(choose(SCORE_BOUNDS))
        elif part == 'X':
            made.append(choose(NAME_BOUNDS))
        elif part == 'ADD':
            made.append(choose(['NX', 'XX', 'GT', 'LT', 'CH', 'INCR', 'gt', 'ch', 'bogus']))
        elif part == 'AGG':
            made.append(choose(['SUM', 'MIN', 'MAX', 'min', 'bogus']))
        elif part == 'LPOSOPT':
            made += [choose(['RANK', 'COUNT', 'MAXLEN', 'rank', 'bogus']),
                     choose([words.random.randint(-4, 9), choose(INTEGERS)])]
        else:
            made.append(part)
    return made


def run(pair, words, count, known, templates, keys, elements):
    lines = [line for line in templates.replace('\n', '|').split('|')
             if line and line.split()[0].lower() in known]
    for resp in (2, 3):
        commands = []
        for i in range(count):
            # Now and then only large elements, else there would be nothing but large values.
            few = elements + LARGE if i // 200 % 4 == 3 else elements
            commands.append(fill(words, words.random.choice(lines), keys, few))
            if i % DIGEST_EVERY == 0:
                commands.append(['DEBUG', 'DIGEST'])
        pair.ask([['FLUSHALL']] + commands, resp)


def list_stream(pair, words, count, known):
    run(pair, words, count, known, LIST_TEMPLATES, LIST_KEYS, ELEMENTS)


SET_TEMPLATES = '''
SADD K E|SADD K E E E|SADD K D|SADD K D D D D|SADD K E E E E E E E E|SREM K E|SREM K E E D D|SCARD K
SISMEMBER K E|SMISMEMBER K E D E|SMEMBERS K|SMOVE K K E|SMOVE K K D|SPOP K 1000000|SPOP K I x
SPOP K -1|SPOP K abc|SPOP K 0|SRANDMEMBER K 1000000|SRANDMEMBER K x|SRANDMEMBER K 0
SRANDMEMBER K -9223372036854775808|SINTER K K|SINTER K K K|SINTERSTORE K K K|SINTERCARD 2 K K
SINTERCARD 2 K K LIMIT N|SINTERCARD 2 K K LIMIT I|SINTERCARD N K K|SINTERCARD I K|SUNION K K
SUNIONSTORE K K K|SDIFF K K|SDIFF K K K K|SDIFFSTORE K K K|SDIFFSTORE K K K K K
SINTERSTORE K K K K|SSCAN K 0 COUNT 100000|SSCAN K 0 MATCH e* COUNT 100000|SSCAN K x
SSCAN K 0 COUNT I y
SSCAN K 0 NOVALUES|SCAN 0 NOVALUES|OBJECT ENCODING K|OBJECT ENCODING K|TYPE K|COPY K K
COPY K K REPLACE
RENAME K K|DEL K|SET K E|CONFIG SET set-max-intset-entries LIMIT|DEBUG DIGEST-VALUE K
CONFIG SET set-max-listpack-entries LIMIT|CONFIG SET set-max-listpack-value LIMIT
'''
HASH_TEMPLATES = '''
HSET K E E|HSET K E E E E|HSET K E|HSET K D D D E|HMSET K E E|HSETNX K E E|HDEL K E|HDEL K E E D
HGET K E|HMGET K E E D|HGETALL K|HKEYS K|HVALS K|HLEN K|HEXISTS K E|HSTRLEN K E|HINCRBY K D I
HINCRBY K D N|HINCRBY K E I|HINCRBYFLOAT K D 1.5|HINCRBYFLOAT K D F|HINCRBYFLOAT K E F
HRANDFIELD K 1000000|HRANDFIELD K 1000000 WITHVALUES|HRANDFIELD K x|HRANDFIELD K 0
HRANDFIELD K -9223372036854775808|HRANDFIELD K 1 bogus|HSCAN K 0 COUNT 100000
HSCAN K 0 COUNT 100000 NOVALUES|HSCAN K 0 MATCH e* COUNT 100000|HSCAN K x|HSCAN K 0 COUNT 0
OBJECT ENCODING K|OBJECT ENCODING K|TYPE K|COPY K K REPLACE|RENAME K K|DEL K|SET K E
CONFIG SET hash-max-listpack-entries LIMIT|CONFIG SET hash-max-listpack-value LIMIT
DEBUG DIGEST-VALUE K
'''
FIELD_TEMPLATES = '''
HSET K E E|HSET K E E E E|HDEL K E|HGETALL K|HLEN K|HEXPIRE K T FIELDS 1 E
HEXPIRE K T OPT FIELDS 2 E E
HPEXPIRE K T OPT FIELDS 1 E|HEXPIREAT K T FIELDS 2 E E|HPEXPIREAT K T OPT FIELDS 1 E
HEXPIRE K I FIELDS I E
HEXPIRE K T OPT OPT FIELDS 1 E|HEXPIRE K T FIELDS N E E|HTTL K FIELDS 2 E E|HPTTL K FIELDS 1 E
HEXPIRETIME K FIELDS 1 E|HPEXPIRETIME K FIELDS 2 E E|HTTL K FIELDS N E E|HPERSIST K FIELDS 2 E E
HPERSIST K FIELDS N E|HSETEX K FIELDS 1 E E|HSETEX K HCOND FIELDS 1 E E
HSETEX K HCOND HTIME FIELDS 2 E E E E
HSETEX K HTIME FIELDS 1 E E|HSETEX K HTIME HCOND FIELDS 1 E E|HSETEX K HTIME HTIME FIELDS 1 E E
HSETEX K FIELDS N E E|HGETEX K FIELDS 2 E E|HGETEX K HTIME FIELDS 2 E E
HGETEX K PERSIST FIELDS 2 E E
HGETEX K FIELDS N E|HGETDEL K FIELDS 1 E|HGETDEL K FIELDS 2 E E|HGETDEL K FIELDS N E|HINCRBY K D 1
HSETNX K E E|OBJECT ENCODING K|COPY K K REPLACE|RENAME K K|DEL K|SET K E
HSETEX K HCOND HCOND FIELDS 1 E E
'''
# S score, B bound of scores, X bound of names, ADD words of ZADD. Ranges of names are asked of one
# key alone, whose scores are all the same.
ZSET_TEMPLATES = '''
ZADD K S E|ZADD K S E S E S E|ZADD K S E S E S E S E S E S E|ZADD K ADD S E|ZADD K ADD ADD S E S E
ZADD K ADD ADD ADD S E|ZADD K INCR S E|ZADD K S|ZINCRBY K S E|ZINCRBY K S E|ZSCORE K E
ZMSCORE K E E E
ZCARD K|ZREM K E|ZREM K E E E|ZCOUNT K B B|ZLEXCOUNT zlex X X|ZRANK K E|ZRANK K E WITHSCORE
ZREVRANK K E
ZREVRANK K E WITHSCORE|ZRANK K E x|ZRANK K E WITHSCORE x|ZRANGE K P P|ZRANGE K 0 -1 WITHSCORES
ZRANGE K I I|ZRANGE K P P REV WITHSCORES|ZRANGE K B B BYSCORE|ZRANGE K B B BYSCORE WITHSCORES
ZRANGE K B B BYSCORE REV LIMIT P P|ZRANGE zlex X X BYLEX|ZRANGE zlex X X BYLEX REV LIMIT P P
ZRANGE zlex X X BYLEX WITHSCORES|ZRANGE K P P LIMIT 0 1|ZRANGE K P P BYSCORE BYLEX
ZRANGE K B B BYSCORE LIMIT I I
ZREVRANGE K P P WITHSCORES|ZREVRANGE K P P REV|ZRANGEBYSCORE K B B|ZRANGEBYSCORE K B B WITHSCORES
ZRANGEBYSCORE K B B LIMIT P P|ZREVRANGEBYSCORE K B B WITHSCORES LIMIT P P|ZRANGEBYLEX zlex X X
ZRANGEBYLEX zlex X X LIMIT P P|ZREVRANGEBYLEX zlex X X|ZREVRANGEBYLEX zlex X X LIMIT I I
ZRANGESTORE K K P P|ZRANGESTORE K K P P REV|ZRANGESTORE K K B B BYSCORE
ZRANGESTORE K K B B BYSCORE REV LIMIT P P|ZRANGESTORE K zlex X X BYLEX
ZRANGESTORE K K 0 -1 WITHSCORES
ZREMRANGEBYSCORE K B B|ZREMRANGEBYLEX zlex X X|ZREMRANGEBYRANK K P P|ZREMRANGEBYRANK K I P
ZPOPMIN K|ZPOPMAX K|ZPOPMIN K N|ZPOPMAX K N|ZPOPMIN K I|ZMPOP 2 K K MIN|ZMPOP 2 K K MAX COUNT N
ZMPOP N K MIN|ZMPOP I K MAX COUNT I|ZMPOP 1 K MIN COUNT 1 COUNT 1|ZMPOP 1 K END|ZUNION 2 K K
ZUNION 2 K K WITHSCORES|ZUNION 3 K K K WEIGHTS W W W AGGREGATE AGG WITHSCORES|ZUNION N K K
ZINTER 2 K K WITHSCORES|ZINTER 2 K K WEIGHTS W W AGGREGATE AGG WITHSCORES|ZINTER 3 K K K
ZDIFF 2 K K|ZDIFF 3 K K K WITHSCORES|ZDIFF 2 K K WEIGHTS 1 1|ZUNION I K|ZINTER I K
ZINTER 2 K K WEIGHTS 1
ZUNIONSTORE K 2 K K|ZUNIONSTORE K 2 K K WEIGHTS W W AGGREGATE AGG|ZUNIONSTORE K 2 K K WITHSCORES
ZINTERSTORE K 2 K K|ZINTERSTORE K 2 K K WEIGHTS W W AGGREGATE AGG|ZDIFFSTORE K 2 K K
ZDIFFSTORE K I K
ZINTERCARD 2 K K|ZINTERCARD 2 K K LIMIT N|ZINTERCARD 2 K K LIMIT I|ZINTERCARD I K|SADD K E E D
ZINTERCARD N K K
ZSCAN K 0 COUNT 100000|ZSCAN K 0 COUNT 100000 NOSCORES|ZSCAN K 0 MATCH e* COUNT 100000|ZSCAN K x
SSCAN K 0 NOSCORES|ZRANDMEMBER K 0|ZRANDMEMBER K x|ZRANDMEMBER K 1 bogus
ZRANDMEMBER K -9223372036854775808
ZRANDMEMBER K -9223372036854775807 WITHSCORES|OBJECT ENCODING K|OBJECT ENCODING K|TYPE K|COPY K K
COPY K K REPLACE|RENAME K K|DEL K|SET K E|SCAN 0 TYPE zset COUNT 100000|DEBUG DIGEST-VALUE K
ZUNIONSTORE zdump 2 K K|DUMP zdump|DUMP zlex
CONFIG SET zset-max-listpack-entries LIMIT|CONFIG SET zset-max-listpack-value LIMIT
BZPOPMIN K K -1|BZPOPMAX K x|BZMPOP x I K MIN|BZMPOP -1 1 K MIN
ZADD zlex 0 E 0 E 0 E|ZADD zlex 0 E 0 E 0 E 0 E 0 E 0 E
'''
SCORES = ['0', '-0', '1', '-1', '1.5', '-2.25', '3', '3', '2', '2', '1e20', '-1e20', '1e-5', '0.1',
          '4503599627370496', '4503599627370497', '9007199254740993', '-4503599627370496', 'inf',
          '-inf', '+inf', 'Infinity', '1e308', '3.141592653589793', '5e-324', 'nan', 'abc', '',
          ' 1',
          '0x10', '1e400',
          '123456789.123', '1e9', '1e17']
SCORE_BOUNDS = SCORES + ['(1', '(0', '(-1', '(3', '(inf', '(-inf', '-inf', '+inf', '-inf', '+inf',
                         '(', '((1', '1 ', '(nan', '(abc']
NAME_BOUNDS = ['-', '+', '-', '+', '[a', '(a', '[c', '(e5', '[e1', '[', '(', '[zz', '', 'a', '-x',
               '[x', b'[\xff', '[1', '(2', '[300']
TIMES = [0, 0, -1, 2**63 - 1, 'x', '', 10**7, 10**8, 10**9, 2 * 10**9, 10**12]


def set_stream(pair, words, count, known):
    run(pair, words, count, known, SET_TEMPLATES, ['s1', 's2', 's3', 's4'], ELEMENTS)


def hash_stream(pair, words, count, known):
    run(pair, words, count, known, HASH_TEMPLATES, ['h1', 'h2', 'h3'], ELEMENTS)


def fields_stream(pair, words, count, known):
    run(pair, words, count, known, FIELD_TEMPLATES, ['h1', 'h2', 'h3'], ELEMENTS[:8])


def zset_stream(pair, words, count, known):
    run(pair, words, count, known, ZSET_TEMPLATES, ['z1', 'z2', 'z3', 'z4'], ELEMENTS)


STREAMS = {'list': list_stream, 'set': set_stream, 'hash': hash_stream, 'fields': fields_stream,
           'zset': zset_stream}


def arguments(name):
    """What the servers of a stream are started with."""
    return DEBUG if name in STREAMS else []
