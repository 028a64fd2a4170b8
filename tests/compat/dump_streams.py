# SPDX-License-Identifier: BSD-3-Clause
"""DUMP on one server, RESTORE on the other, both ways, for differential.py: of values of every type
that the random streams have made, with limits that make every form of them.
"""
import struct

import collection_streams as collections
import stream_streams as streams

LIMITS = [('list-max-listpack-size', -2, 1, 4), ('set-max-intset-entries', 512, 0, 3),
          ('set-max-listpack-entries', 128, 0, 4), ('hash-max-listpack-entries', 512, 0, 3),
          ('stream-node-max-entries', 100, 1, 7)]
KINDS = [(collections.LIST_TEMPLATES, collections.LIST_KEYS),
         (collections.SET_TEMPLATES, ['s1', 's2', 's3']),
         (collections.HASH_TEMPLATES, ['h1', 'h2', 'h3']),
         (collections.FIELD_TEMPLATES, ['f1', 'f2', 'f3'])]
# What changes a value; nothing that expires or is random.
WRITES = ('LPUSH', 'RPUSH', 'LINSERT', 'LSET', 'LREM', 'SADD', 'SREM', 'HSET', 'HDEL', 'HEXPIRE',
          'XADD', 'XDEL', 'XTRIM', 'XGROUP', 'XREADGROUP', 'XCLAIM', 'XACK')
STRINGS = ['', '0', '-1', '127', '128', '-32769', '2147483647', '2147483648', '12345678901',
           '-12345678901', '007', 'a', 'x' * 20, 'x' * 21, 'ab' * 500, 'y' * 70000, b'\x00\xff',
           '9223372036854775807', bytes(range(256)) * 300]
RESTORES = '''
RESTORE d 0 P|RESTORE d 0 P REPLACE|RESTORE d 0 P REPLACE|RESTORE d -1 P|RESTORE d x P
RESTORE d 0 P REPLACE ABSTTL|RESTORE d 1 P ABSTTL REPLACE|RESTORE d 9223372036854775807 P REPLACE
RESTORE d 100000 P REPLACE|RESTORE d 0 P REPLACE IDLETIME 100|RESTORE d 0 P REPLACE IDLETIME -1
RESTORE d 0 P REPLACE FREQ 10|RESTORE d 0 P REPLACE FREQ 256|RESTORE d 0 P REPLACE FREQ -1
RESTORE d 0 P REPLACE FREQ 1 IDLETIME 1|RESTORE d 0 P REPLACE IDLETIME 1 FREQ 1
RESTORE d 0 P bogus|RESTORE d 0 P REPLACE IDLETIME x|RESTORE d 0 P REPLACE IDLETIME
RESTORE d 99999999999999 P REPLACE ABSTTL|RESTORE d 0 P REPLACE IDLETIME 9223372036854775807
DEBUG DIGEST-VALUE d|OBJECT ENCODING d|TTL d|TYPE d|DEL d|EXISTS d|RESTORE-ASKING d 0 P REPLACE
SET d old
'''


# ---- Payloads as older servers wrote them ----

def crc64(data):
    total = 0
    for byte in data:
        total ^= byte
        for _ in range(8):
            total = total >> 1 ^ (0x95ac9329ac4bc9b5 if total & 1 else 0)
    return total


def payload(kind, data, version):
    body = bytes([kind]) + data + struct.pack('<H', version)
    return body + struct.pack('<Q', crc64(body))


def text(data):
    """A string of up to 16383 bytes, neither packed nor a number."""
    size = len(data)
    return (bytes([size]) if size < 64 else bytes([64 | size >> 8, size & 255])) + data


def ziplist(*values):
    """Values: bytes, or numbers with the head that says how wide they are."""
    entries, before = [], 0
    for value in values:
        if isinstance(value, tuple):
            head, number, form = value
            data = bytes([head]) + (struct.pack('<i', number)[:3] if form == '3' else
                                    struct.pack('<' + form, number) if form else b'')
        else:
            size = len(value)
            data = (bytes([size]) if size < 64 else bytes([64 | size >> 8, size & 255])) + value
        prefix = bytes([before]) if before < 254 else b'\xfe' + struct.pack('<I', before)
        entries.append(prefix + data)
        before = len(entries[-1])
    body = b''.join(entries)
    return struct.pack('<IIH', len(body) + 11, 10 + len(body) - before, len(values)) + body + \
        b'\xff'


NUMBERS = [(0xf1, 0, ''), (0xfd, 0, ''), (0xfe, -100, 'b'), (0xc0, -30000, 'h'),
           (0xf0, -8000000, '3'), (0xf0, 8000000, '3'), (0xd0, 2**31 - 1, 'i'), (0xe0, -2**63, 'q')]
ZIPLIST = ziplist(b'a', b'x' * 300, *NUMBERS, b'', b'7')
PAIRS = ziplist(b'f', b'v', b'g', b'y' * 70, *NUMBERS)
ZIPMAP = b'\x02\x01f\x03\x00abc\x02gh\x04\x02wxyz..\xff'
OLD = [payload(1, bytes([3]) + text(b'a') + text(b'b' * 100) + b'\xc0\x05', 2),
       payload(1, bytes([0]), 6), payload(2, bytes([2]) + text(b'a') + text(b'7'), 6),
       payload(2, bytes([2]) + text(b'1') + text(b'2'), 6), payload(9, text(ZIPMAP), 2),
       payload(10, text(ZIPLIST), 6), payload(13, text(PAIRS), 6),
       payload(14, bytes([2]) + text(ZIPLIST) + text(ziplist(b'end')), 7),
       payload(14, bytes([1]) + text(ZIPLIST), 8),
       payload(4, bytes([2]) + text(b'f') + text(b'v') + text(b'g') + text(b'z' * 90), 9),
       payload(0, b'\xc1\x00\x80', 10), payload(0, b'\xc3\x04\x19\x00a\xe0\x0f\x00', 11),
       payload(0, text(b'v'), 12), payload(0, text(b'v'), 79), payload(0, text(b'v'), 81),
       payload(0, text(b'v'), 0), payload(6, text(b'v'), 11), payload(99, text(b'v'), 11)]


def lines_of(templates, known, writes=None):
    lines = [line for line in templates.replace('\n', '|').split('|') if line]
    return [line for line in lines if line.split()[0].lower() in known and
            (writes is None or line.split()[0] in writes)]


def fill_keys(pair, words, known):
    commands = [['FLUSHALL']]
    commands += [['SET', f'str{i}', value] for i, value in enumerate(STRINGS)]
    commands += [['INCRBY', 'counter', 5], ['APPEND', 'appended', 'x'],
                 ['SADD', 'ints', 1, 2, 70000], ['SADD', 'words', 'a', 'b', 7],
                 ['HSET', 'small', 'a', 1, 'b', 'x'], ['HSET', 'long', 'a', 'x' * 100, 'b', 2],
                 ['RPUSH', 'short', 'a', 1], ['RPUSH', 'large', 'x' * 9000, 'a', 'y' * 20000]]
    for templates, keys in KINDS:
        lines = lines_of(templates, known, WRITES)
        for _ in range(60):
            commands.append(collections.fill(words, words.random.choice(lines), keys,
                                             collections.ELEMENTS))
        commands.append(collections.fill(words, lines[0], keys, collections.LARGE))
    filler = streams.Filler(words.random)
    lines = lines_of(streams.TEMPLATES, known, WRITES)
    for _ in range(150):
        commands.append(filler.fill(words.random.choice(lines)))
    pair.ask(commands)


class Side:
    """One of the two servers, asked one thing at a time."""

    def __init__(self, server, encode):
        self.connection, self.encode = server.connect(), encode

    def ask(self, *words):
        self.connection.send(self.encode(words))
        return self.connection.reply()


def bulk(reply):
    return reply[reply.index(b'\r\n') + 2:-2]


def exchange(pair, encode):
    """Every key of each side is restored by the other and must be the same there."""
    sides = [Side(server, encode) for server in pair.servers]
    names = [name.split(b'\r\n')[1]
             for name in sides[0].ask('KEYS', '*').split(b'$')[1:]]
    for name in names:
        for giver, taker, way in ((*sides, b'valkey to rota '), (*sides[::-1], b'rota to valkey ')):
            payload = bulk(giver.ask('DUMP', name))
            answers = [taker.ask('RESTORE', 'there', 0, payload, 'REPLACE')]
            for question in (['DEBUG', 'DIGEST-VALUE'], ['TYPE'], ['XINFO', 'STREAM'],
                             ['XINFO', 'GROUPS']):
                answers.append(giver.ask(*question, name) + taker.ask(*question, 'there'))
            halves = [answer[:len(answer) // 2] == answer[len(answer) // 2:]
                      for answer in answers[1:]]
            pair.report.compare(way.decode() + repr(name), b'+OK\r\n' + b'1' * len(halves),
                                answers[0] + b''.join(b'%d' % half for half in halves))
        # A value may have another form after its journey, but the same one on both.
        pair.report.compare('restored ' + repr(name),
                            *(side.ask('OBJECT', 'ENCODING', 'there') for side in sides))
    for side in sides:
        side.connection.close()


def some_payloads(pair, encode, words):
    side = Side(pair.servers[0], encode)
    payloads = [bulk(side.ask('DUMP', name)) for name in ('str0', 'str5', 'l1', 's1', 'h1', 'x1')]
    payloads = [payload for payload in payloads if payload]
    for payload in payloads[:]:
        at = words.random.randrange(len(payload))
        payloads.append(payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1:])
        payloads.append(payload[:at])
    side.connection.close()
    return payloads + OLD + [b'', b'x' * 9, b'x' * 10]


def dump_stream(pair, words, count, known):
    from differential import encode
    for _ in range(max(1, count // 700)):
        pair.ask([['CONFIG', 'SET', name, words.random.choice(values)]
                  for name, *values in LIMITS])
        fill_keys(pair, words, known)
        exchange(pair, encode)
        payloads = some_payloads(pair, encode, words)
        pair.ask([[words.random.choice(payloads) if part == 'P' else part
                   for part in words.random.choice(lines_of(RESTORES, known)).split()]
                  for _ in range(150)])


STREAMS = {'dump': dump_stream}
