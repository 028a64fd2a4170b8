# SPDX-License-Identifier: BSD-3-Clause
"""Asks Valkey 9.1.2 and Rota the same things and compares their replies byte for byte.

    ROTA_SERVER=<rota-server> differential.py [--seed N] [--count N] [stream ...]

Streams: see STREAMS at the end. Every command comes from the seed, so a
difference can be seen again. Differences that are meant stand in allowed.txt; any other fails.
ROTA_TEST_ARGS has arguments for Rota alone. bench/peers installs the peer; without it the test is
skipped (exit code 77).
"""
import argparse
import os
import random
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile

import access_streams
import acl_streams
import collection_streams
import dump_streams
import geo_streams
import lualib_streams
import script_streams
import session_streams
import sort_streams
import stream_streams
import tracking_streams

HERE = os.path.dirname(os.path.abspath(__file__))
FACTS = os.path.join(os.path.dirname(HERE), 'facts', 'configs.tsv')
PEER = os.path.expanduser('~/.cache/rota/peers/valkey-9.1.2/bin/valkey-server')
DEADLINE_SECONDS = 20
PIPELINE = 64
SHOWN_MAX = 160

LONG_MAX = 2**63 - 1
EDGES = [-2**63, -1, 0, 1, LONG_MAX - 1, LONG_MAX, 2**31, 2**32, 2**63]
ODD_NUMBERS = ['', ' 1', '1 ', '+1', '01', '-0', '1.0', '1e3', '0x10', 'abc', '-', '2147483647',
               '-2147483648', '-2147483649', '18446744073709551615', '18446744073709551616']

# Offsets that are accepted are small: what they make is compared byte by byte.
SMALL_OR_BEYOND = [edge for edge in EDGES + ODD_NUMBERS if edge not in (2**31, '2147483647')]


# ---- Servers and connections ----------------------------------------------------------------

class Server:
    def __init__(self, program, *arguments):
        self.folder = tempfile.TemporaryDirectory(prefix='rota-compat-')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.log = open(os.path.join(self.folder.name, 'output'), 'wb')
        self.process = subprocess.Popen(
            [program, '--port', str(self.port), '--bind', '127.0.0.1', '--dir', self.folder.name,
             '--save', '', '--enable-debug-command', 'yes',
             *(['--slowlog-log-slower-than', '-1'] if 'redis-server' in program else
               ['--commandlog-execution-slower-than', '-1']), *arguments],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        while self.process.poll() is None:
            try:
                return self.connect().close()
            except ConnectionRefusedError:
                continue
        raise SystemExit(f'{program} did not start')

    def connect(self):
        return Connection(self.port)

    def stop(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()
        self.folder.cleanup()


class Connection:
    """Sends any bytes, and cuts what comes back into whole replies."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), DEADLINE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data = b''

    def send(self, data):
        self.socket.sendall(data)

    def close(self):
        self.socket.close()

    def more(self):
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            data = b''
        self.data += data
        if not data:
            raise EOFError

    def take(self, size):
        while len(self.data) < size:
            self.more()
        taken, self.data = self.data[:size], self.data[size:]
        return taken

    def reply(self):
        """One reply as it is on the wire; b'(closed)' if the connection ends instead."""
        try:
            while b'\r\n' not in self.data:
                self.more()
            line = self.take(self.data.index(b'\r\n') + 2)
            if line[:1] in b'$=' and not line.startswith(b'$-1'):
                return line + self.take(int(line[1:]) + 2)
            if line[:1] in b'*~>%' and not line.startswith(b'*-1'):
                parts = int(line[1:]) * (2 if line[:1] == b'%' else 1)
                return line + b''.join(self.reply() for _ in range(parts))
            return line
        except EOFError:
            return self.data + b'(closed)'
        except socket.timeout:
            return self.data + b'(no reply)'

    def rest(self):
        """Ends the sending half, and returns all that comes until the peer closes."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
            while True:
                self.more()
        except (EOFError, OSError) as error:
            return self.data + (b'(no end)' if isinstance(error, socket.timeout) else b'')


def as_bytes(word):
    return word if isinstance(word, bytes) else str(word).encode()


def encode(words):
    words = [as_bytes(word) for word in words]
    return b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words)


def elements(reply):
    """The direct elements of an array on the wire."""
    reader = Connection.__new__(Connection)
    count, _, reader.data = reply.partition(b'\r\n')
    pairs = 2 if count[:1] == b'%' else 1
    return [reader.reply() for _ in range(int(count[1:]) * pairs)]


# ---- What may differ by its nature ----------------------------------------------------------

def near(ours, theirs):
    """Times to live and points in time: the same sign, and at most two seconds (or ms) apart."""
    if not (ours[:1] == theirs[:1] == b':'):
        return ours == theirs
    a, b = int(ours[1:]), int(theirs[1:])
    return a == b or (a > 0 and b > 0 and abs(a - b) <= 4000)


def same_elements(ours, theirs):
    if ours[:1] not in b'*~' or theirs[:1] not in b'*~':
        return ours == theirs
    return sorted(elements(ours)) == sorted(elements(theirs))


def same_pairs(ours, theirs):
    """Fields and values by turns, or pairs of them, in any order."""
    def pairs(reply):
        if reply[:1] not in b'*%' or reply.startswith(b'*-1'):
            return reply
        parts = elements(reply)
        return sorted(map(b''.join, zip(parts[::2], parts[1::2]))) if len(parts) % 2 == 0 else parts
    return pairs(ours) == pairs(theirs) or same_elements(ours, theirs)


def same_walk(ours, theirs):
    if b'-' in (ours[:1], theirs[:1]):
        return ours == theirs
    (a, found), (b, other) = elements(ours), elements(theirs)
    return a == b and (same_elements(found, other) or same_pairs(found, other))


def near_idle(ours, theirs):
    """Seconds since a use: at most a few apart."""
    if not (ours[:1] == theirs[:1] == b':'):
        return ours == theirs
    return abs(int(ours[1:]) - int(theirs[1:])) <= 5


def near_all(ours, theirs):
    if ours[:1] != b'*' or theirs[:1] != b'*':
        return ours == theirs
    a, b = elements(ours), elements(theirs)
    return len(a) == len(b) and all(map(near, a, b))


def same_kind(ours, theirs):
    return ours == theirs if b'-' in (ours[:1], theirs[:1]) else ours[:1] == theirs[:1]


def same_scan(ours, theirs):
    if b'-' in (ours[:1], theirs[:1]):
        return ours == theirs
    (a, keys), (b, other) = elements(ours), elements(theirs)
    return a == b and same_elements(keys, other)


def same_hello(ours, theirs):
    def plain(text):
        text = re.sub(rb'(\bid\r\n):\d+', rb'\1:0', text)
        text = re.sub(rb'(modules\r\n).*?args\r\n\*0\r\n', rb'\1*0\r\n', text,
                      flags=re.S)   # Lua is one there
        return re.sub(rb'(server\r\n)\$\d+\r\n\w+', rb'\1$0\r\n', text)
    return plain(ours) == plain(theirs)


def by_timing(ours, theirs):
    """Whether a child has ended in the meantime."""
    return True


def both_refuse(ours, theirs):
    return ours[:5] == theirs[:5] == b'-ERR '


RELAXED = [
    (r'(?!raw ).*\\x00', both_refuse),   # an argument is shown only up to its first NUL
    (r'(P?TTL|P?EXPIRETIME|LASTSAVE)\b', near),
    (r'KEYS\b', same_elements),
    (r'(SMEMBERS|SINTER|SUNION|SDIFF|SPOP|SRANDMEMBER|HKEYS|HVALS)\b', same_elements),
    (r'(HGETALL|HRANDFIELD \S+ 1000000)\b', same_pairs),
    (r'(HRANDFIELD|SRANDMEMBER)(?! \S+ 1000000)', same_kind),
    (r'[SHZ]SCAN \S+ 0 .*COUNT 100000', same_walk),
    (r'HP?(TTL|EXPIRETIME)\b', near_all),
    (r'SCAN 0 .*COUNT 100000$', same_scan),   # one step from the beginning to the end
    (r'SCAN\b', same_kind),
    (r'OBJECT IDLETIME', near_idle),
    (r'(RANDOMKEY|TIME|INFO|ROLE|OBJECT HELP|CLIENT (ID|INFO|LIST|HELP)|'
     r'CONFIG HELP|'
     r'COMMAND\b(?! GETKEYS).*|MEMORY \w.*|LATENCY \w.*|(SLOWLOG|COMMANDLOG) (HELP|GET|LEN)|'
     r'DEBUG HELP)',
     same_kind),
    (r'(XINFO|XGROUP|SCRIPT|FUNCTION) HELP', same_kind),
    (r'SORT(_RO)? s.? BY (?!.*(STORE|LIMIT|[*]))', same_elements),
    (r'(BG)?SAVE\b', by_timing),
    (r'(.*; c )?ACL LOG', acl_streams.same_log),
    (r'ACL (GENPASS|HELP)', same_kind),
    (r'ACL CAT \w', same_elements),
    *stream_streams.RELAXED,
]
RELAXED = [(re.compile(pattern, re.I), same) for pattern, same in RELAXED]


def load_allowed():
    """Lines of 'regex of the command <TAB> regex of our reply'; '#' opens a comment."""
    with open(os.path.join(HERE, 'allowed.txt')) as file:
        lines = [line.rstrip('\n') for line in file if line.strip() and line[0] != '#']
    return [tuple(re.compile(part, re.I | re.S) for part in line.split('\t')) for line in lines]


class Report:
    def __init__(self):
        self.allowed = load_allowed()
        self.compared = self.different = self.excused = 0

    def compare(self, shown, theirs, ours):
        self.compared += 1
        if ours == theirs or (b'proto\r\n' in ours and same_hello(ours, theirs)):
            return
        if any(pattern.match(shown) and same(ours, theirs) for pattern, same in RELAXED):
            return
        if any(command.match(shown) and reply.match(ours.decode('latin1'))
               for command, reply in self.allowed):
            self.excused += 1
            return
        self.different += 1
        print(f'{shown[:SHOWN_MAX]}\n    valkey {theirs[:SHOWN_MAX]!r}\n'
              f'    rota   {ours[:SHOWN_MAX]!r}')


def show(words):
    return ' '.join(re.sub(r'[^!-~]', lambda m: f'\\x{ord(m[0]):02x}',
                           as_bytes(word).decode('latin1'))
                    or '""' for word in words)


class Pair:
    """Both servers, asked the same."""
    encode = staticmethod(encode)

    def __init__(self, report, *arguments):
        self.report = report
        ours = shlex.split(os.environ.get('ROTA_TEST_ARGS', ''))
        self.servers = [Server(PEER, *arguments),
                        Server(os.environ['ROTA_SERVER'], *ours, *arguments)]

    def ask(self, commands, resp=2, first=()):
        """The commands on one connection to each server, many at a time, reply by reply."""
        sides = [server.connect() for server in self.servers]
        greeting = [*first] + ([['HELLO', resp]] if resp != 2 else [])
        commands = greeting + list(commands)
        for begin in range(0, len(commands), PIPELINE):
            chunk = commands[begin:begin + PIPELINE]
            for side in sides:
                side.send(b''.join(map(encode, chunk)))
            for words in chunk:
                theirs, ours = (side.reply() for side in sides)
                self.report.compare(show(words), theirs, ours)
                if b'(no reply)' in ours + theirs:
                    raise SystemExit(f'{show(words)} waits: nothing behind it would be compared')
                if b'(closed)' in ours + theirs:
                    return [side.close() for side in sides]
        return [side.close() for side in sides]

    def tell(self, data, cut=None):
        """These very bytes on a new connection, then its end; all that was answered is compared."""
        answers = []
        for server in self.servers:
            side = server.connect()
            try:
                side.send(data[:cut])
                if cut is not None:
                    self.settle(server)
                    side.send(data[cut:])
            except OSError:
                pass   # refused already: what it said about it is still to be read
            answers.append(side.rest())
            side.close()
        where = '' if cut is None else f' cut at {cut}'
        self.report.compare('raw ' + show([data]) + where, *answers)

    @staticmethod
    def settle(server):
        """Once another connection is answered, what came before it has been read."""
        with server.connect().socket as other:
            other.sendall(b'PING\r\n')
            other.recv(64)

    def stop(self):
        for server in self.servers:
            server.stop()


def known_commands(server):
    side = server.connect()
    side.send(encode(['COMMAND', 'LIST']))
    names = [part.split(b'\r\n')[1].decode() for part in elements(side.reply())]
    for container in sorted({name for name in names if '|' not in name}):
        side.send(encode(['COMMAND', 'INFO', container]))
        names += re.findall(rf'\n({container}\|[\w-]+)\r', side.reply().decode('latin1'))
    side.close()
    return sorted(set(names))


def runs_lua(program):
    server = Server(program)
    side = server.connect()
    side.send(encode(['EVAL', 'return 1', 0]))
    answer = side.reply()
    side.close()
    server.stop()
    return answer == b':1\r\n'


# ---- Streams --------------------------------------------------------------------------------

class Words:
    """Random keys, values, numbers and options."""
    KEYS = ['k1', 'k2', 'k3', 'k4', 'k5', 'num', 'float', '', b'bin\x00\xff']
    VALUES = ['', 'a', 'hello world', b'\x00\x01\xff\r\n', 'x' * 44, 'x' * 45, 'y' * 3000, '10',
              '-5', '007',
              '3.0', '1e2', '-0.5', 'inf', 'nan', str(LONG_MAX), str(-2**63), str(2**63), ' 1',
              '1 ']
    FLOATS = ['0', '1.5', '-1.5', '3.0e3', '1e-17', '1e308', '1e4000', 'inf', '-inf', '+inf',
              'nan', '', ' 1',
              '1 ', '0x1p3', '1.1', '.5', '5.', 'abc', '123456789012345678901234567890', '5e-324']

    def __init__(self, seed):
        self.random = random.Random(seed)

    def key(self):
        return self.random.choice(self.KEYS)

    def value(self):
        return self.random.choice(self.VALUES)

    def integer(self):
        return self.random.choice(EDGES +
                                  [2, 3, 10, -2, -3, -10, self.random.randint(-60, 60)] * 2 +
                                  ODD_NUMBERS)

    def future(self):
        """Far from now, so that no run is late; and never the same twice, for GT and LT."""
        return self.random.choice([-2**63, -1, 0, LONG_MAX - 1, LONG_MAX, 2**31, 2**32, 2**63,
                                   2**53, 'abc', '',
                                   LONG_MAX // 1000, LONG_MAX // 1000 + 1] +
                                  [self.random.randint(10**7, 10**11) for _ in range(9)])

    def instant(self):
        """A Unix time: long past or far ahead, in seconds or milliseconds."""
        return self.random.choice([self.future(), 1, 1000, self.random.randint(10**11, 10**13)])

    def expiry(self):
        word = self.random.choice(['EX', 'px', 'EXAT', 'PXAT', 'Ex'])
        return [word, self.instant() if 'at' in word.lower() else self.future()]

    def options(self, *choices):
        chosen = []
        for _ in range(self.random.choice([0, 1, 1, 1, 2, 2, 3])):
            choice = self.random.choice([*choices, 'expiry'])
            if choice == 'expiry':
                chosen += self.expiry()
            else:
                chosen += [self.value() if part == 'V' else part for part in choice.split()]
        if self.random.random() < 0.05:
            chosen.append(self.random.choice(['bogus', '', 'EX', 'IFEQ', 'PERSIST', 'KEEPTTL',
                                              'GET']))
        return chosen

    def bit(self):
        return [self.random.choice([0, 1, 7, 8, 100, self.random.randint(0, 30000), '#1', '#5',
                                    self.random.choice(SMALL_OR_BEYOND)])]

    def range(self):
        parts = [self.integer(), self.integer(), self.random.choice(['BIT', 'byte', 'bogus']), 'x']
        return parts[:self.random.choice([0, 1, 2, 2, 3, 3, 3, 3, 4])]

    def field(self):
        sign = self.random.choice('iu')
        return [sign + str(self.random.choice([1, 2, 8, 63, self.random.randint(1, 63)]))] \
            if self.random.random() < 0.9 else \
            [self.random.choice(['i64', 'u64', 'i65', 'i0', 'u0', 'x8', '', 'i', 'U8', 'i08'])]

    def fields(self):
        made = []
        for _ in range(self.random.choice([0, 1, 1, 2, 3, 5])):
            kind = self.random.choice(['GET', 'set', 'INCRBY', 'incrby', 'OVERFLOW', 'overflow'])
            made += [kind]
            if kind.lower() == 'overflow':
                made += [self.random.choice(['wrap', 'SAT', 'FAIL'] * 4 + ['bogus'])]
                continue
            made += self.field() + (self.bit() if self.random.random() < 0.1 else
                                    [self.random.randint(0, 300)])
            if kind != 'GET':
                made += [self.integer() if self.random.random() < 0.1 else
                         self.random.choice([*EDGES[:-1], self.random.randint(-300, 300)])]
        return made[:-1] if self.random.random() < 0.05 else made

    def element(self):
        return [self.random.choice([self.value(), self.random.randint(0, 10**6)])]

    def many(self):
        return [self.random.randint(0, 10**6) for _ in range(self.random.choice([10, 100, 700]))]

    def hll_bytes(self):
        # Runs that end too soon are for our own tests: Valkey adds what it can before it notices.
        form, runs = self.random.choice([
            (b'\1', b'\x7f\xff'), (b'\1', b''), (b'\1', b'\x3f' * 256), (b'\1', b'\x3f' * 257),
            (b'\1', b'\xff' * 4096), (b'\1', b'\x7f\xff\x00'), (b'\0', b'\xfc' * 12288),
            (b'\0', b'\x00' * 12288), (b'\0', b''), (b'\2', b'\x7f\xff')])
        return [b'HYLL' + form + b'\0\0\0' +
                self.random.choice([bytes(8), b'\x05' + bytes(7), bytes(7) + b'\x80']) + runs]

    def hll_max(self):
        return [self.random.choice([0, 100, 3000, 3000, 3000, 12000, -1, 'x'])]

    FILLERS = {'E': element, 'MANY': many, 'HLLBYTES': hll_bytes, 'HLLMAX': hll_max,
               'BIT': bit, 'RANGE': range, 'FIELD': field, 'FIELDS': fields}

    def fill(self, template):
        made = []
        for part in template.split():
            if part in ('K', 'V', 'I'):
                made.append({'K': self.key, 'V': self.value, 'I': self.integer}[part]())
            elif part == 'F':
                made.append(self.random.choice(self.FLOATS))
            elif part == 'T':
                made.append(self.future())
            elif part == 'A':
                made.append(self.instant())
            elif part == 'SETOPT':
                made += self.options('NX', 'XX', 'xx', 'GET', 'KEEPTTL', 'IFEQ V', 'ifeq 10')
            elif part == 'MSETOPT':
                made += self.options('NX', 'XX', 'KEEPTTL')
            elif part == 'GETOPT':
                made += self.options('PERSIST')
            elif part == 'LCSOPT':
                made += self.options('LEN', 'IDX', 'WITHMATCHLEN', 'MINMATCHLEN 2',
                                     'MINMATCHLEN -5', 'MINMATCHLEN x',
                                     'MINMATCHLEN', 'len') if self.random.random() < 0.3 else \
                    self.random.choice([[], ['LEN'], ['IDX'], ['IDX', 'WITHMATCHLEN'],
                                        ['IDX', 'MINMATCHLEN', '3']])
            elif part == 'COND':
                made += [self.random.choice(['NX', 'xx', 'GT', 'LT', 'bogus'])
                         for _ in range(self.random.choice([0, 0, 1, 1, 2]))]
            elif part in self.FILLERS:
                made += self.FILLERS[part](self)
            elif part == 'DB':
                made.append(self.random.choice([0, 0, 1, 1, 2, 15, 16, *EDGES, 'x', '', '01']))
            else:
                made.append(part)
        return made


STRING_TEMPLATES = '''
SET K V|SET K V SETOPT|SET K V SETOPT|SET K V SETOPT|GET K|GET K|STRLEN K|MGET K K K
GETRANGE K I I|SUBSTR K I I|GETDEL K|GETSET K V|GETEX K GETOPT|GETEX K GETOPT|SETNX K V
SETEX K T V|PSETEX K T V|DELIFEQ K V|MSET K V K V|MSET K V K|MSETNX K V K V|MSETNX K V K
MSETEX 1 K V MSETOPT|MSETEX 2 K V K V MSETOPT|MSETEX I K V K V|APPEND K V|SETRANGE K 0 V
SETRANGE K I V|INCR K|DECR K|INCRBY K I|DECRBY K I|INCRBYFLOAT K F|SET float F|SET num I|INCR num
INCRBYFLOAT float F|LCS K K LCSOPT|TTL K|OBJECT ENCODING K|TYPE K|DEL K|EXISTS K
'''
KEYS_TEMPLATES = '''
SET K V|SET K V|SET K V SETOPT|DEL K|DEL K K|EXISTS K K K|TYPE K|TOUCH K K|UNLINK K|COPY K K
COPY K K REPLACE|COPY K K DB DB|COPY K K DB DB REPLACE|COPY K K bogus|COPY K K DB|MOVE K DB
MOVE K DB|RENAME K K|RENAMENX K K|EXPIRE K T COND|PEXPIRE K T COND|EXPIREAT K A COND
PEXPIREAT K A COND|TTL K|PTTL K|EXPIRETIME K|PEXPIRETIME K|PERSIST K|OBJECT ENCODING K
OBJECT REFCOUNT K|OBJECT IDLETIME K|OBJECT FREQ K|SELECT DB|SWAPDB DB DB|SWAPDB 0 1|FLUSHDB ASYNC
FLUSHDB SYNC bogus|FLUSHALL bogus|DBSIZE|DBSIZE|RANDOMKEY|KEYS *|KEYS k[1-3]|KEYS [^k]*|KEYS ?1
KEYS \\k1|SCAN 0 COUNT 100000|SCAN 0 MATCH k* COUNT 100000|SCAN I COUNT 100000 x
SCAN 0 TYPE string COUNT 100000|SCAN 0 TYPE hash COUNT 100000|SCAN 0 TYPE bogus
SCAN 0 COUNT I bogus|GETEX K GETOPT|INCR K|APPEND K V|STRLEN K|GETDEL K
'''
BITMAP_TEMPLATES = '''
SET K V|SET K F|DEL K|GET K|STRLEN K|OBJECT ENCODING K|SETBIT K BIT I|SETBIT K BIT 1|SETBIT K BIT 0
SETBIT K BIT 1|GETBIT K BIT|GETBIT K I|BITCOUNT K RANGE|BITCOUNT K RANGE|BITPOS K I RANGE
BITPOS K 1 RANGE|BITPOS K 0 RANGE|BITOP and K K K|BITOP OR K K K|BITOP xor K K K|BITOP NOT K K
BITOP NOT K K K|BITOP DIFF K K K|BITOP ANDOR K K K|BITOP ONE K K K|BITOP DIFF1 K K K
BITFIELD K FIELDS
BITFIELD K FIELDS|BITFIELD K FIELDS|BITFIELD_RO K FIELDS|BITFIELD_RO K GET FIELD BIT
COMMAND GETKEYSANDFLAGS BITFIELD k FIELDS|DEBUG DIGEST-VALUE K|SETRANGE K 0 V
'''
HLL_TEMPLATES = '''
PFADD K E|PFADD K E E E E|PFADD K MANY|PFADD K|PFCOUNT K|PFCOUNT K|PFCOUNT K K K|PFMERGE K K K
PFMERGE K|PFDEBUG DECODE K|PFDEBUG ENCODING K|PFDEBUG TODENSE K|PFDEBUG GETREG K|PFDEBUG bogus K
PFDEBUG simd on|PFDEBUG simd OFF
DEBUG DIGEST-VALUE K|SET K V|SET K HLLBYTES|DEL K|STRLEN K|OBJECT ENCODING K|PFSELFTEST
CONFIG SET hll-sparse-max-bytes HLLMAX|GET K|PFADD K MANY|PFADD K E E E
'''


def templated(words, templates, count, known):
    lines = [line for line in templates.replace('\n', '|').split('|') if line]
    lines = [line for line in lines if line.split()[0].lower() in known]
    return [words.fill(words.random.choice(lines)) for _ in range(count)]


def edge_commands():
    """Every integer argument at every edge, on an absent key, a short string and a number."""
    numbers = EDGES + ODD_NUMBERS
    setup = [['DEL', 'none'], ['SET', 's', 'hello world'], ['SET', 'n', '10'],
             ['SET', 'm', LONG_MAX], ['SET', 'e', '']]
    keys = ['none', 's', 'n', 'm', 'e']
    for number in numbers:
        for key in keys:
            yield from setup
            for command in ('INCRBY', 'DECRBY', 'INCRBYFLOAT'):
                yield [command, key, number]
            yield ['SETRANGE', key, number, 'x']
            yield ['SETRANGE', key, number, '']
            yield ['GETRANGE', key, number, number]
        if number == 1:   # too soon: which of the two servers is first would decide
            continue
        for command in ('EXPIRE', 'PEXPIRE', 'EXPIREAT', 'PEXPIREAT'):
            yield from (['SET', 'n', '1'], [command, 'n', number], [command, 'none', number],
                        ['PTTL', 'n'])
        yield from (['SETEX', 'n', number, 'v'], ['PSETEX', 'n', number, 'v'], ['PTTL', 'n'])
        for option in ('EX', 'PX', 'EXAT', 'PXAT'):
            yield from (['SET', 'n', 'v', option, number], ['GETEX', 'n', option, number],
                        ['PTTL', 'n'],
                        ['MSETEX', 1, 'n', 'v', option, number])
    for first in EDGES:
        for second in EDGES:
            yield from (['GETRANGE', 's', first, second], ['GETRANGE', 'n', first, second])
        yield from (['SELECT', first], ['SELECT', 0], ['SWAPDB', first, 0], ['SWAPDB', 0, first],
                    ['COPY', 's', 't', 'DB', first], ['MOVE', 's', first],
                    ['MSETEX', first, 'k', 'v'],
                    ['SCAN', first, 'COUNT', 100000],
                    ['SCAN', 0, 'COUNT', max(first, -1) if first < 1 else 100000],
                    ['LCS', 's', 'n', 'IDX', 'MINMATCHLEN', first])


def string_stream(pair, words, count, known):
    for resp in (2, 3):
        pair.ask([['FLUSHALL']] + templated(words, STRING_TEMPLATES, count, known), resp)
        pair.ask([['FLUSHALL']] + list(edge_commands()), resp)


def bitmap_stream(pair, words, count, known):
    keys = words.KEYS[:5]
    for resp in (2, 3):
        words.KEYS = keys   # few, so that they meet
        pair.ask([['FLUSHALL']] + templated(words, BITMAP_TEMPLATES, count, known), resp)
        pair.ask([['DEBUG', 'DIGEST']])


def hll_stream(pair, words, count, known):
    keys = words.KEYS[:5]
    for resp in (2, 3):
        words.KEYS = keys
        pair.ask([['FLUSHALL']] + templated(words, HLL_TEMPLATES, count // 4, known), resp)
        pair.ask([['DEBUG', 'DIGEST']])


def keys_stream(pair, words, count, known):
    for resp in (2, 3):
        pair.ask([['FLUSHALL']] + templated(words, KEYS_TEMPLATES, count, known), resp)


# Commands that would end the run, make it wait, or change how all further replies look.
UNSAFE = {'shutdown', 'quit', 'monitor', 'client|pause', 'client|reply', 'client|kill', 'debug',
          'config|rewrite',
          'client|unblock', 'reset', 'hello', 'auth', 'failover', 'config|set',
          'spop'}   # what is left is random
# With a number for a time they would wait.
WAITING = {'blpop', 'brpop', 'blmove', 'brpoplpush', 'blmpop', 'bzpopmin', 'bzpopmax', 'bzmpop',
           'wait', 'waitaof', 'xread', 'xreadgroup'}
JUNK = ['x', '', '0', '1', '-1', '*', 'nx', 'EX', 'help', 'foo bar', b'\x00\xff\r\n', 'SYNC',
        LONG_MAX, 2**63, 'get', 'y' * 200]


def errors_stream(pair, words, count, known):
    commands = [['FLUSHALL'], ['SET', 'x', 'v']]
    for name in known:
        verb = name.split('|')
        if name.split('|')[0] in UNSAFE - {'client', 'config'} or name in UNSAFE:
            if name in ('quit', 'auth'):
                continue
            verb_only = [verb + ['a', 'b', 'c', 'd', 'e', 'f']]
            commands += verb_only if name in ('monitor', 'shutdown', 'reset',
                                              'config|rewrite') else []
            continue
        junk = [word for word in JUNK if name not in WAITING or not str(word).isdigit()]
        for arguments in range(9):
            commands.append(verb + ['x'] * arguments)
            for _ in range(3):
                commands.append([words.random.choice([v.upper(), v, v.title()]) for v in verb] +
                                [words.random.choice(junk) for _ in range(arguments)])
        commands += [['SELECT', '0'], ['CLIENT', 'SETNAME', '']]
        if any(other.startswith(name + '|') for other in known):
            commands += [verb, verb + ['bogus'], verb + ['bogus', 'a', 'b'], verb + [''],
                         verb + ['y' * 300],
                         verb + [b'a\r\nb\x00'], verb + ['GET|x']]
    for name in ('bogus', '', ' ', 'GET ', 'get|x', 'y' * 300, b'a\r\nb\x00\xff', 'config|get',
                 "it's"):
        for arguments in range(4):
            commands.append([name] + ['a'] * arguments)
        commands.append([name, 'z' * 100, 'z' * 100, b'\r\n\x00'])
        commands.append([name] + ['q'] * 60)
        commands.append([name, 'z' * 128, 'tail'])
        commands.append([name, '', '', 'z' * 119, 'tail', 'more'])
    for resp in (2, 3):
        pair.ask(commands, resp)


# Nothing beyond 64 KiB: whether the refusal or the reset of the connection comes first is luck.
INLINE = [b'PING', b'  ping  ', b'ping\x0b', b'\x0bping', b'\tPING\tx\t', b'""', b"''", b'"PING"',
          b"'ping'", b'"pi"ng', b"pi'ng'", b'ECHO "a b"',
          b'ECHO "a\\x41\\n\\r\\t\\b\\a\\\\\\"\\q"', b'ECHO "\\x4"', b'ECHO "\\xzz"',
          b"ECHO 'a\\'b\\n'", b'ECHO ""foo', b"ECHO 'a'b",
          b'ECHO "a""b"', b'ECHO "a"\'b\'', b'ECHO a"b c"d', b'ECHO "open', b"ECHO 'open",
          b'ECHO "x\\', b'ECHO a\\"b', b'ECHO "" x',
          b'ECHO \x00', b'ECHO a\x00b', b'ECHO \xff\xfe', b'SET k v EX', b'bogus "a b"', b'', b' ',
          b'\x00', b'*', b'$1', b'+OK', b'-ERR', b'GET',
          b'ECHO a\rb', b'PING\r', b'ECHO "a\x0bb"', b'ECHO a\x0bb', b'ECHO a\x0cb',
          b'ECHO "a"\x0bb', b'ECHO ' + b'z' * 60000,
           b'GET / HTTP/1.1', b'POST / HTTP/1.1', b'Host: x', b'host: x', b'post', b'QUIT',
          b'quit x']
MALFORMED = [b'*\r\n', b'*0\r\n', b'*-1\r\n', b'*-0\r\n', b'*+1\r\n', b'*01\r\n', b'*a\r\n',
             b'* 1\r\n', b'*1 \r\n', b'*1048577\r\n', b'*2147483647\r\n',
             b'*2147483648\r\n', b'*1048576\r\n$-1\r\n', b'*99999999999999999999\r\n',
             b'*-9223372036854775808\r\n', b'*1\n$4\nPING\n', b'*1\r$4\r\nPING\r\n',
             b'*1\rx$4\r\nPING\r\n',
             b'*1\r\n$4\r\nPINGxx', b'*1\r\n$4\r\nPING\rx', b'*1\r\n$4\r\nPIN\r\n\r\n',
             b'*1\r\n$-1\r\n', b'*1\r\n$-2\r\n', b'*1\r\n$\r\n', b'*1\r\n$a\r\n',
             b'*1\r\n$+4\r\nPING\r\n',
             b'*1\r\n$04\r\nPING\r\n', b'*1\r\n$ 4\r\nPING\r\n', b'*1\r\n$4 \r\nPING\r\n',
             b'*1\r\n$536870913\r\n', b'*1\r\n$536870912\r\n', b'*1\r\n$99999999999999999999\r\n',
             b'*1\r\n:4\r\n', b'*1\r\nPING\r\n', b'*1\r\n\r\n', b'*1\r\n\x00\r\n', b"*1\r\n'\r\n",
             b'*1\r\n\xff\r\n', b'*1\r\n*1\r\n', b'*1\r\n$0\r\n\r\n',
             b'*2\r\n$4\r\nECHO\r\n$0\r\n\r\n',
             b'*1\r\n$4\rxPING\r\n', b'*1\r\n$4\nPING\r\n', b'*2\r\n$4\r\nECHO\r\n', b'\r\n',
             b'\n', b'\r\n\r\n\n',
             b'*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$-5\r\nv\r\n', b'*11\r\n', b'*1\r\n$16385\r\n',
             b'*10\r\n', b'*1\r\n$16384\r\n', b'*1000000\r\n']


def protocol_stream(pair, words, count, known):
    for data in MALFORMED:
        for before, after in ((b'', b''), (encode(['PING']), encode(['PING'])),
                              (b'*0\r\n', b'PING\r\n')):
            pair.tell(before + data + after)
    for line in INLINE:
        for end in (b'\r\n', b'\n', b''):
            pair.tell(line + end + b'PING\r\n')
    mixed = (encode(['SET', 'cut', 'v a\r\n']) + b'GET cut\r\n' + encode(['ECHO', '']) +
             b'\r\nECHO "a b"\r\n' +
             encode(['MGET', 'cut', 'none']) + b'*0\r\n*-1\r\nping\n' +
             encode(['APPEND', 'cut', 'x' * 20]))
    for cut in range(1, len(mixed)):
        pair.tell(mixed, cut)
    seeds = [mixed + b'*1\r\n$-1\r\nPING\r\n', encode(['SET', 'k', 'v']), b'ECHO "a b"\r\n',
             encode(['PING']) * 3]
    for _ in range(count // 20):
        data = bytearray(words.random.choice(seeds))
        for _ in range(words.random.randint(1, 3)):
            at = words.random.randrange(len(data))
            change = words.random.choice(['set', 'drop', 'insert'])
            byte = words.random.choice(b'\r\n*$-0129+: "\'\\x\x00aP')
            data[at:at + (change != 'insert')] = b'' if change == 'drop' else bytes([byte])
        pair.tell(bytes(data))


SESSIONS = '''
AUTH|AUTH x|AUTH default x|AUTH default|AUTH a b c|AUTH nobody x|AUTH default ""|HELLO|HELLO 2
HELLO 3|PING|HELLO 2|HELLO 1|HELLO 4|HELLO x|HELLO -1|HELLO 9223372036854775808|HELLO ""|HELLO 3 x
HELLO 3 AUTH|HELLO 3 AUTH default|HELLO 3 AUTH default x|HELLO 2 AUTH nobody x|HELLO 3 SETNAME
HELLO 3 SETNAME n|CLIENT GETNAME|HELLO 2 SETNAME a\\x20b|HELLO 2 SETNAME
HELLO 2 SETNAME x AUTH default ""|CLIENT GETNAME|HELLO 5 SETNAME y|CLIENT GETNAME
HELLO 2 SETNAME ""|CLIENT GETNAME|HELLO 2 AUTH default "" SETNAME z|CLIENT GETNAME|RESET
CLIENT GETNAME|PING|PING x|PING x y|ECHO|SELECT 3|RESET|RESET x|DBSIZE|CLIENT|CLIENT bogus
CLIENT bogus a b|CLIENT ID x|CLIENT GETNAME x|CLIENT GETREDIR|CLIENT SETNAME|CLIENT SETNAME x
CLIENT SETNAME a\\x20b|CLIENT SETNAME \\x80|CLIENT SETNAME a\\x0a|CLIENT GETNAME|CLIENT SETNAME ""
CLIENT GETNAME|CLIENT SETINFO|CLIENT SETINFO lib-name|CLIENT SETINFO lib-name x
CLIENT SETINFO LIB-VER 1.2|CLIENT SETINFO LIB-NAME a\\x20b|CLIENT SETINFO Lib-Ver a\\x0ab
CLIENT SETINFO bogus x|CLIENT SETINFO lib-name ""|CLIENT SETINFO lib-name a b|CLIENT NO-EVICT
CLIENT NO-EVICT ON|CLIENT NO-EVICT off|CLIENT NO-EVICT x|CLIENT NO-TOUCH|CLIENT NO-TOUCH on
CLIENT NO-TOUCH OFF|CLIENT NO-TOUCH x|CLIENT REPLY|CLIENT REPLY x|CLIENT REPLY on
CLIENT REPLY ON x|CLIENT CAPA|CLIENT CAPA redirect|CLIENT CAPA a b|CLIENT IMPORT-SOURCE on
CLIENT IMPORT-SOURCE x|CLIENT IMPORT-SOURCE|CLIENT KILL|CLIENT KILL 1.2.3.4:5|CLIENT KILL bogus
CLIENT KILL ID|CLIENT KILL ID x|CLIENT KILL ID 0|CLIENT KILL ID -1|CLIENT KILL ID 999999
CLIENT KILL ID 999999 999998|CLIENT KILL ID 999999 x|CLIENT KILL TYPE bogus
CLIENT KILL TYPE replica|CLIENT KILL TYPE pubsub|CLIENT KILL TYPE master|CLIENT KILL TYPE primary
CLIENT KILL TYPE slave|CLIENT KILL USER nobody|CLIENT KILL ADDR x|CLIENT KILL LADDR x
CLIENT KILL SKIPME x|CLIENT KILL SKIPME yes ADDR x|CLIENT KILL ADDR x SKIPME|CLIENT KILL MAXAGE x
CLIENT KILL MAXAGE 0|CLIENT KILL MAXAGE -1|CLIENT KILL MAXAGE 100000|CLIENT KILL NAME nobody
CLIENT KILL NAME a\\x20b|CLIENT KILL IDLE x|CLIENT KILL IDLE 0|CLIENT KILL IDLE 100000
CLIENT KILL FLAGS x|CLIENT KILL FLAGS ?|CLIENT KILL FLAGS ""|CLIENT KILL FLAGS !
CLIENT KILL LIB-NAME q|CLIENT KILL LIB-VER q|CLIENT KILL DB x|CLIENT KILL DB 99|CLIENT KILL DB -1
CLIENT KILL DB 7|CLIENT KILL CAPA x|CLIENT KILL CAPA r|CLIENT KILL IP 9.9.9.9|CLIENT KILL IP x
CLIENT KILL NOT-ID x|CLIENT KILL NOT-ID 0|CLIENT KILL bogus x|CLIENT KILL NOT-TYPE bogus
CLIENT KILL NOT-DB x|CLIENT KILL NOT-FLAGS ?|CLIENT KILL NOT-SKIPME yes|CLIENT KILL NOT-MAXAGE 5
CLIENT KILL NOT-bogus x|CLIENT KILL USER default TYPE replica|CLIENT KILL x y z
CLIENT KILL NOT-CAPA x|CLIENT KILL NOT-USER nobody TYPE pubsub|CLIENT KILL ID 999999 USER
CLIENT LIST x|CLIENT LIST TYPE|CLIENT LIST TYPE bogus|CLIENT LIST TYPE replica|CLIENT LIST ID
CLIENT LIST ID x|CLIENT LIST ID 0|CLIENT LIST ID 999999|CLIENT LIST USER nobody
CLIENT LIST MAXAGE 0|CLIENT LIST DB 99|CLIENT LIST FLAGS ?|CLIENT LIST CAPA ?|CLIENT LIST bogus x
CLIENT LIST IDLE -5|CLIENT LIST SKIPME x|CLIENT LIST NAME nobody DB|CLIENT LIST NOT-IP x
CLIENT LIST NAME a\\x20b|CLIENT LIST LIB-NAME a\\x20b|CLIENT PAUSE|CLIENT PAUSE x|CLIENT PAUSE -1
CLIENT PAUSE 0 bogus|CLIENT PAUSE 0 WRITE x|CLIENT PAUSE 9223372036854775807
CLIENT PAUSE 9223372036854775808|CLIENT PAUSE x bogus|CLIENT PAUSE 0 WRITE
CLIENT PAUSE 20 all|PING|CLIENT PAUSE 0 all
CLIENT UNPAUSE|CLIENT UNPAUSE x|CLIENT UNBLOCK|CLIENT UNBLOCK x|CLIENT UNBLOCK 999999
CLIENT UNBLOCK 999999 bogus|CLIENT UNBLOCK 999999 TIMEOUT|CLIENT UNBLOCK 999999 error
CLIENT UNBLOCK x bogus|CLIENT UNBLOCK 1 ERROR x|CLIENT INFO x|CLIENT HELP x|CLIENT GETREDIR x
CLIENT TRACKINGINFO x|COMMAND COUNT x|COMMAND bogus|COMMAND GETKEYS|COMMAND GETKEYS bogus
COMMAND GETKEYS GET|COMMAND GETKEYS GET k|COMMAND GETKEYS PING|COMMAND GETKEYS MSET a b c d
COMMAND LIST x|COMMAND LIST FILTERBY x|COMMAND LIST FILTERBY x y|COMMAND INFO bogus|INFO bogus
INFO server x|TIME x|ROLE x|DBSIZE x|LOLWUT VERSION x|SHUTDOWN bogus|SHUTDOWN SAVE NOSAVE
SHUTDOWN ABORT|SHUTDOWN ABORT NOW|SHUTDOWN SAVE ABORT|SELECT|SELECT 1 2|SELECT x|SELECT -1
SELECT 16|SELECT ""|SWAPDB 0 x|SWAPDB x 0|SWAPDB 0 99|SWAPDB -1 0|SWAPDB 0 0|DEBUG|DEBUG SLEEP 0
DEBUG bogus|MONITOR x|CONFIG|CONFIG bogus|CONFIG GET|CONFIG GET bogus|CONFIG GET ""|CONFIG SET
CONFIG SET hz|CONFIG SET hz 10 x|CONFIG SET bogus 1|CONFIG SET port 6379 bogus 2
CONFIG RESETSTAT x|CONFIG RESETSTAT|CONFIG REWRITE|CONFIG GET save|CONFIG GET SAVE|CONFIG GET sav?
CONFIG GET hz hz|CONFIG GET hz HZ timeout|OBJECT|OBJECT bogus|OBJECT ENCODING|OBJECT ENCODING none
OBJECT FREQ none|OBJECT IDLETIME none|OBJECT REFCOUNT none|OBJECT HELP x|MEMORY|MEMORY bogus
MEMORY USAGE none|MEMORY USAGE x SAMPLES|MEMORY USAGE x SAMPLES x|MEMORY USAGE none SAMPLES -1
MEMORY USAGE none SAMPLES 0|SLOWLOG|SLOWLOG bogus|SLOWLOG GET x|SLOWLOG GET -2|SLOWLOG GET 0
SLOWLOG GET -1|SLOWLOG LEN|SLOWLOG RESET|SLOWLOG RESET x|SLOWLOG GET 1 2|COMMANDLOG|COMMANDLOG GET
COMMANDLOG GET 1|COMMANDLOG GET 1 bogus|COMMANDLOG GET 1 slow|COMMANDLOG GET x slow
COMMANDLOG GET -2 slow|COMMANDLOG LEN bogus|COMMANDLOG LEN slow|COMMANDLOG LEN large-request
COMMANDLOG RESET bogus|COMMANDLOG RESET large-reply|COMMANDLOG GET -1 large-reply|LATENCY
LATENCY bogus|LATENCY HISTORY|LATENCY HISTORY x|LATENCY GRAPH x|LATENCY RESET x|LATENCY LATEST
LATENCY HISTOGRAM bogus|LATENCY RESET
'''


def unescape(word):
    if word == '""':
        return b''
    return word.encode('latin1').decode('unicode_escape').encode('latin1')


def sessions(known):
    lines = [line for line in SESSIONS.replace('\n', '|').split('|') if line]
    commands = [[unescape(word) for word in line.split()] for line in lines]
    return [command for command in commands if command[0].decode().lower() in known]


def sessions_stream(pair, words, count, known):
    commands = sessions(known)
    pair.ask(commands)
    for resp in (2, 3):
        pair.ask([command for command in commands if command[0] not in (b'HELLO', b'RESET')], resp)
    modes = [['CLIENT', 'REPLY', mode] for mode in ('ON', 'OFF', 'SKIP')] + [['PING'],
                                                                             ['ECHO', 'x'],
                                                                             ['bogus'], ['GET'],
                                                                             ['HELLO', '3'],
                                                                             ['RESET']]
    for _ in range(200):
        chosen = [words.random.choice(modes) for _ in range(8)]
        pair.tell(b''.join(map(encode, chosen)))
    # QUIT answers and closes; what follows is not run.
    pair.tell(encode(['QUIT']) + encode(['PING']))
    pair.tell(encode(['QUIT', 'x', 'y']) + b'PING\r\n')
    locked = Pair(pair.report, '--requirepass', 'secret')
    try:
        locked.ask(commands)
        for command in (['PING'], ['GET', 'k'], ['bogus'], ['GET'], ['AUTH'], ['AUTH', 'wrong'],
                        ['AUTH', 'default', 'wrong'], ['AUTH', 'x', 'secret'],
                        ['AUTH', 'a', 'b', 'c'], ['HELLO'], ['HELLO', '3'], ['HELLO', '9'],
                        ['HELLO', 'x'], ['HELLO', '3', 'AUTH', 'default', 'wrong'],
                        ['HELLO', '3', 'SETNAME', 'n'], ['HELLO', '2', 'bogus'], ['RESET'],
                        ['QUIT'], ['CLIENT', 'GETNAME'], ['CONFIG', 'bogus'], ['SELECT', 'x']):
            locked.tell(encode(command) + encode(['PING']) + encode(['AUTH', 'secret']) +
                        encode(command) + encode(['RESET']) + encode(command))
        locked.ask([['HELLO', '3', 'AUTH', 'default', 'secret', 'SETNAME', 'me'],
                    ['CLIENT', 'GETNAME'], ['AUTH', 'wrong'], ['PING'], ['RESET'], ['PING']])
        locked.ask(commands, first=[['AUTH', 'secret']])
        for data in MALFORMED:
            locked.tell(data)
            locked.tell(encode(['AUTH', 'secret']) + data)
        locked.tell(encode(['ECHO'] + ['x'] * 9) + encode(['ECHO'] + ['x'] * 10))
        locked.tell(encode(['ECHO', 'x' * 16384]))
        locked.tell(b'ECHO ' + b'x' * 60000 + b'\r\n')
    finally:
        locked.stop()


# Setting these would break the run: where it listens, who may go on, files, memory and processes.
NOT_SET = {'port', 'bind', 'dir', 'maxclients', 'maxmemory-clients', 'appendonly', 'timeout',
           'requirepass', 'oom-score-adj', 'oom-score-adj-values',
           'watchdog-period', 'activedefrag', 'jemalloc-bg-thread', 'rdma-bind', 'rdma-port',
           'io-threads', 'tls-port', 'replicaof', 'maxmemory',
           'commandlog-execution-slower-than', 'client-query-buffer-limit'}
OURS_TO_GET = {'port', 'bind', 'dir', 'pidfile'}
SPECIAL_VALUES = {
    'save': ['', '""', '60 1', '60 1 300 10', '60', '60 x', '0 1', '-1 1', '60 -1', '60  1', ' ',
             '60 1 x', '2147483648 1', '1 0'],
    'client-output-buffer-limit': ['normal 0 0 0', 'normal 1mb 2mb 60', 'replica 1 2 3',
                                   'slave 1gb 1gb 0', 'pubsub 1k 1kb 1', 'bogus 0 0 0',
                                   'normal 0 0',
                                   'normal x 0 0', 'normal 0 0 -1', 'normal 0 0 x', '',
                                   'master 0 0 0', 'normal -1 0 0',
                                   'normal 1gb 1gb 3 pubsub 4 5 6', 'primary 0 0 0',
                                   'normal 0 0 2147483648', 'normal 0  0 0'],
    'notify-keyspace-events': ['', 'KEA', 'AKE', 'Ex', 'x', 'K', 'KEg$lshzxetdmn', 'bogus', '?',
                               'A', 'mnKE', 'KEA?'],
    'latency-tracking-info-percentiles': ['', '50', '50 99.9', '0 100', '101', '-1', 'x',
                                          '99.99999', '50  99', '1e1', 'nan', '0.1'],
}
STRINGS = ['', 'x', 'a b', '/tmp/x', '1.2.3.4', '::1', 'a' * 300, b'\xff', '"q"', 'x.y-z',
           'bad name!', 'a/b', '{title}', '{bogus}']


def values_of(name, kind, low, high, choices):
    if name in SPECIAL_VALUES:
        return SPECIAL_VALUES[name]
    if kind == 'bool':
        return ['yes', 'no', 'YES', 'No', '', '1', 'true', ' yes', 'yes no']
    if kind == 'enum':
        names = choices.split('|')
        return [*names, names[0].upper(), 'bogus', '', ' '.join(names[:2]), '0',
                f'{names[0]} bogus', f' {names[0]}']
    if kind in ('string', 'sds', 'special'):
        return STRINGS
    numbers = {*EDGES, 2, 10, 100, 255, 65535, 65536, 10**6, -2, 2**31 - 1, -2**31, 2**32 - 1,
               2**64 - 1, 2**64}
    for bound in (low, high):
        if re.fullmatch(r'-?\d+', bound):
            numbers |= {int(bound) - 1, int(bound), int(bound) + 1}
    return [*sorted(numbers), *ODD_NUMBERS, '1kb', '1Mb', '2gB', '1k', '1m', '1g', '1b', '1tb',
            'kb', '-1kb', '1 kb', '1.5mb', '10%', '-5%', '100%', '101%', '%',
            '0%', '9999999999gb', '8589934592gb']


def config_rows():
    with open(FACTS) as file:
        rows = [line.rstrip('\n').split('\t') for line in file][1:]
    return [row for row in rows if re.fullmatch(r'[a-z0-9-]+',
                                                row[0]) and row[2] not in ('file-directive',
                                                                           'module-config')]


def config_stream(pair, words, count, known):
    everything = pair.servers[0].connect()
    commands = []
    for name, alias, kind, default, low, high, choices, unit, runtime, *_ in config_rows():
        for spelling in (name, name.upper(), alias, name[:-1] + '?', name + 'x'):
            if name not in OURS_TO_GET and spelling != '-':
                commands.append(['CONFIG', 'GET', spelling])
        if name in NOT_SET:
            commands += [['CONFIG', 'SET', name, value] for value in ('', 'bogus', 'x y')
                         if kind not in ('string', 'sds', 'special')]
            continue
        everything.send(encode(['CONFIG', 'GET', name]))
        before = elements(everything.reply())
        for value in values_of(name, kind, low, high, choices):
            commands += [['CONFIG', 'SET', name, value], ['CONFIG', 'GET', name]]
        if before:
            commands.append(['CONFIG', 'SET', name, before[1].split(b'\r\n', 1)[1][:-2]])
            commands.append(['CONFIG', 'SET', alias if alias != '-' else name.upper(),
                             before[1].split(b'\r\n', 1)[1][:-2]])
            commands.append(['CONFIG', 'GET', name])
    everything.close()
    for pairs in ('hz 50 loglevel bogus', 'hz 50 hz 60', 'hz 50 bogus 1', 'hz 50 databases 3',
                  'bogus 1 nope 2', 'hz 50 HZ 60', 'hz 20 maxmemory-samples 7',
                  'hz 30 dbfilename x', 'slave-priority 5 replica-priority 6',
                  'hz x loglevel bogus', 'databases 3 bogus 1', 'hz 10 maxmemory-samples 5',
                  'maxmemory-policy bogus maxmemory-samples 0', 'save 60\\x201 hz 0'):
        commands.append(['CONFIG', 'SET', *(w.replace('\\x20', ' ') for w in pairs.split())])
        commands.append(['CONFIG', 'GET', 'hz', 'maxmemory-samples', 'replica-priority',
                         'loglevel'])
    pair.ask(commands)


STREAMS = {'string': string_stream, 'bitmap': bitmap_stream, 'hll': hll_stream, 'keys': keys_stream,
           'errors': errors_stream,
           'protocol': protocol_stream, 'sessions': sessions_stream,
           'config': config_stream, **collection_streams.STREAMS,
           **stream_streams.STREAMS, **dump_streams.STREAMS, **acl_streams.STREAMS,
           **geo_streams.STREAMS, **sort_streams.STREAMS, **tracking_streams.STREAMS,
           **access_streams.STREAMS, **script_streams.STREAMS, **lualib_streams.STREAMS}

for listened_to in ('string', 'bitmap', 'hll', 'keys', 'list', 'set', 'hash'):
    session_streams.events_of(listened_to, STREAMS[listened_to])
STREAMS |= session_streams.STREAMS


def main():
    options = argparse.ArgumentParser(description=__doc__,
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument('--seed', type=int, default=1)
    options.add_argument('--count', type=int, default=4000,
                         help='random commands in each stream and protocol')
    options.add_argument('stream', nargs='*', metavar='stream')
    chosen = options.parse_args()
    if not os.access(PEER, os.X_OK):
        print(f'1..0 # SKIP no Valkey 9.1.2 in {PEER}: bench/peers installs it')
        return 77
    report = Report()
    scripted = {*script_streams.STREAMS, *lualib_streams.STREAMS}
    for name in chosen.stream or STREAMS:
        if name in scripted and not runs_lua(os.environ['ROTA_SERVER']):
            print(f'# {name}: this server was built without Lua')
            continue
        # New servers, so that no stream depends on the one before.
        pair = Pair(report, *collection_streams.arguments(name.removeprefix('events-')))
        before = report.compared
        try:
            STREAMS[name](pair, Words(f'{chosen.seed} {name}'), chosen.count,
                          known_commands(pair.servers[1]))
        finally:
            pair.stop()
        print(f'# {name}: {report.compared - before} replies compared')
    print(f'# seed {chosen.seed}: {report.compared} replies compared, {report.different} differ, '
          f'{report.excused} differ as allowed.txt says')
    return 1 if report.different else 0


if __name__ == '__main__':
    sys.exit(main())
