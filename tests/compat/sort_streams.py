# SPDX-License-Identifier: BSD-3-Clause
"""SORT, and numbers that are printed with many digits, for differential.py.

By texts that may be equal only whole lists are sorted: sets have no order of their own, and Valkey
is not stable where a part is asked for.
"""
import struct

# K list, set or zset, L list, E element, W weight, PATTERN, OPT options, WHOLE without LIMIT.
TEMPLATES = '''
RPUSH l E|RPUSH l E E E E|LPUSH l2 N N N N N|SADD s E|SADD s E E E|SADD s2 N N N N|ZADD z S E S E
ZADD z2 S N S N|SET w_E W|SET w_E W|MSET w_E W w_E W w_N W w_N W|HSET h_E f W g E|HSET h_N f W g E
DEL w_E|RPUSH w_E x|SET num E|LTRIM l 0 40|DEL l|DEL s|SREM s E|ZREM z E|LTRIM l2 0 60
SORT K OPT|SORT K ALPHA OPT|SORT K OPT OPT|SORT K ALPHA OPT OPT OPT|SORT l2|SORT s2 DESC
SORT K BY PATTERN OPT|SORT L BY PATTERN ALPHA WHOLE GET # GET PATTERN|SORT l2 BY w_* OPT GET #
SORT K BY h_*->f DESC|SORT L BY h_*->f ALPHA GET h_*->g GET #|SORT z BY nosort OPT GET #
SORT z BY nosort LIMIT N N OPT|SORT l BY nosort LIMIT N N OPT|SORT z2 LIMIT N N DESC|SORT num
SORT_RO K OPT|SORT_RO K ALPHA OPT GET PATTERN|SORT_RO K ALPHA STORE d|SORT none OPT
SORT K ALPHA OPT STORE d|SORT L BY PATTERN ALPHA STORE d WHOLE|SORT s BY nosort STORE d
SORT l2 GET PATTERN STORE d|SORT none STORE d|SORT K ALPHA STORE K|SORT K BY|SORT K LIMIT 1
LRANGE d 0 -1|OBJECT ENCODING d|DEBUG DIGEST-VALUE d|TYPE d|CONFIG SET list-max-listpack-size SIZE
COMMAND GETKEYSANDFLAGS SORT K BY STORE GET STORE STORE d STORE e
COMMAND GETKEYS SORT K LIMIT STORE 1|COMMAND GETKEYSANDFLAGS SORT_RO K STORE d
'''
WORDS = ['a', 'B', 'b', 'abc', 'Abd', 'z', '', ' x', 'é', '10', '9', '-3', '1.5', '1e3', b'\xff',
         'x' * 70, '007', 'a b', '*', '->', 'a->b']
WEIGHTS = ['1', '2', '3.5', '-7', '1e3', '-0', 'inf', '-inf', 'abc', '', ' 1', '1 ', '0x10', 'nan',
           '1e400', '5e-324', '1e-400', '+3', b'4\x00x', b'\x00', '99999999999999999999']
PATTERNS = ['w_*', 'h_*->f', 'h_*->none', 'w_*->f', 'h_*->', '*', '#', 'num', 'w_*_*', '->*',
            '*->f', 'w_->*', '##', '']


def fill(words, template):
    choose = words.random.choice
    made = []
    for part in template.split():
        name, _, filler = part.rpartition('_')
        if name in ('w', 'h') and filler in ('E', 'N'):
            value = choose(WORDS) if filler == 'E' else words.random.randint(0, 40)
            made.append(name.encode() + b'_' + (value if isinstance(value, bytes)
                                                else str(value).encode()))
        elif part == 'K':
            made.append(choose(['l', 'l', 's', 's', 'z', 'l2', 's2', 'z2', 'none', 'num', 'd']))
        elif part == 'L':
            made.append(choose(['l', 'l2', 'd']))
        elif part == 'WHOLE':
            made += choose([['ASC'], ['DESC'], [], ['GET', '#'], ['GET', choose(PATTERNS)]])
        elif part == 'E':
            made.append(choose(WORDS))
        elif part == 'N':
            made.append(words.random.randint(0, 40))
        elif part == 'S':
            made.append(words.random.randint(-10**6, 10**6))
        elif part == 'W':
            made.append(choose(WEIGHTS) if words.random.random() < 0.1 else
                        words.random.randint(-10**9, 10**9))
        elif part == 'SIZE':
            made.append(choose([-2, -1, 1, 4, 128]))
        elif part == 'PATTERN':
            made.append(choose(PATTERNS))
        elif part == 'OPT':
            made += choose([['ASC'], ['DESC'], ['desc'], [], ['LIMIT', 0, 5], ['LIMIT', 2, 3],
                            ['LIMIT', choose([-1, 0, 3, 100, 2**31, 2**63 - 1, -2**63, 'x', 2**63]),
                             choose([-1, 0, 3, 100, 2**32, 2**63 - 1, -2**63, 'x'])],
                            ['GET', '#'], ['GET', choose(PATTERNS)], choose([['bogus'], ['BY']])])
        else:
            made.append(part)
    return made


def sort_stream(pair, words, count, known):
    lines = [line for line in TEMPLATES.replace('\n', '|').split('|') if line]
    for resp in (2, 3):
        commands = [fill(words, words.random.choice(lines)) for _ in range(count)]
        pair.ask([['FLUSHALL']] + commands + [['DEBUG', 'DIGEST']], resp)


def number(random):
    kind = random.randrange(4)
    if kind == 0:
        return repr(struct.unpack('<d', random.randbytes(8))[0])
    if kind == 1:
        return repr(random.uniform(0, 1) * 10 ** random.randint(-8, 22))
    if kind == 2:
        return f'{random.randint(-10**9, 10**9)}.{random.randint(0, 10**8)}'
    return f'{random.random():.{random.randint(1, 20)}f}'


def numbers_stream(pair, words, count, known):
    """As scores, small and large sets, and by adding to them."""
    random = words.random
    for resp in (2, 3):
        commands = [['FLUSHALL']]
        for i in range(count):
            key, name = ('small', 'm') if i % 2 else ('large', f'm{i % 300}')
            commands += [random.choice([['ZADD', key, 'CH', number(random), name],
                                        ['ZINCRBY', key, number(random), name]]),
                         ['ZSCORE', key, name]]
            if i % 20 == 0:
                commands += [['SET', 'number', number(random)],
                             ['INCRBYFLOAT', 'number', number(random)],
                             ['HINCRBYFLOAT', 'hash', f'f{i}', number(random)],
                             ['HINCRBYFLOAT', 'hash', f'f{i}', number(random)]]
        pair.ask(commands + [['ZRANGE', 'large', 0, -1, 'WITHSCORES'], ['DEBUG', 'DIGEST']], resp)


STREAMS = {'sort': sort_stream, 'numbers': numbers_stream}
