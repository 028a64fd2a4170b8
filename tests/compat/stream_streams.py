# SPDX-License-Identifier: BSD-3-Clause
"""Random commands on streams for differential.py: templates, and what fills them.

Both servers' clocks run, so ids come from the seed; what tells of time is compared loosely there.
"""
import re

TEMPLATES = '''
XADD K ID F V|XADD K ID F V|XADD K ID F V|XADD K ID F V F V|XADD K ID f1 V f2 V
XADD K ID f1 V f2 V|XADD K NEXT f1 V f2 V|XADD K NEXT f1 V f2 V|XADD K NEXT f1 V f2 V
XADD K NEXT F V|XADD K NEXT F V|XADD K NEXT F V F V F V|XADD K TRIM ID F V
XADD K TRIM NEXT f1 V f2 V|XADD K NOMKSTREAM ID F V|XADD K TRIM TRIM ID F V|XADD K ID F
XADD K ID F V F|XADD K 0-0 F V|XADD K 0-* F V|XADD K LIMIT I ID F V
XADD K NOMKSTREAM TRIM NEXT F V|XLEN K|XLEN K|XRANGE K FROM TO|XRANGE K - + COUNT I
XRANGE K FROM TO COUNT N|XREVRANGE K TO FROM|XREVRANGE K + - COUNT N
XREVRANGE K TO FROM COUNT N bogus|XDEL K ID|XDEL K OLD|XDEL K OLD OLD|XDEL K OLD OLD OLD ID
XTRIM K TRIM|XTRIM K TRIM|XTRIM K TRIM TRIM|XTRIM K LIMIT 0|XTRIM K bogus|XSETID K ID|XSETID K OLD
XSETID K ID ENTRIESADDED N|XSETID K ID ENTRIESADDED I MAXDELETEDID ID|XSETID K NEXT ENTRIESADDED I
XSETID K OLD MAXDELETEDID OLD|XSETID K ID bogus|XREAD STREAMS K ID
XREAD COUNT N STREAMS K K OLD OLD|XREAD COUNT I STREAMS K K 0 $|XREAD STREAMS K +
XREAD STREAMS K K 0|XREAD STREAMS K >|XREAD GROUP G C STREAMS K 0|XREAD NOACK STREAMS K 0
XREAD COUNT N K 0|XREAD COUNT 1 STREAMS K (1|XREAD BLOCK x STREAMS K 0|XREAD BLOCK -1 STREAMS K 0
XREAD BLOCK 9223372036854775807 STREAMS K 0|XREAD COUNT N BLOCK 1 STREAMS K 0
XREADGROUP GROUP G C STREAMS K >|XREADGROUP GROUP G C COUNT N STREAMS K >
XREADGROUP GROUP G C STREAMS K OLD|XREADGROUP GROUP G C COUNT N STREAMS K K > >
XREADGROUP GROUP G C NOACK COUNT N STREAMS K >|XREADGROUP GROUP G C COUNT N NOACK STREAMS K 0
XREADGROUP GROUP G C COUNT I STREAMS K 0|XREADGROUP GROUP G C STREAMS K $
XREADGROUP GROUP G C STREAMS K +|XREADGROUP COUNT 1 NOACK STREAMS K 0 1 2
XREADGROUP COUNT 1 STREAMS K K 0 0|XREADGROUP GROUP G C COUNT 1 STREAMS K K K 0 0
XREADGROUP GROUP G C STREAMS K 18446744073709551615-18446744073709551615|XGROUP CREATE K G ID
XGROUP CREATE K G 0|XGROUP CREATE K G $|XGROUP CREATE K G 0 MKSTREAM
XGROUP CREATE K G OLD ENTRIESREAD N|XGROUP CREATE K G OLD ENTRIESREAD I MKSTREAM
XGROUP CREATE K G 0 bogus|XGROUP SETID K G ID|XGROUP SETID K G OLD|XGROUP SETID K G $
XGROUP SETID K G OLD ENTRIESREAD N|XGROUP SETID K G OLD ENTRIESREAD I|XGROUP SETID K G -
XGROUP SETID K G +|XGROUP SETID K G 0 MKSTREAM|XGROUP DESTROY K G|XGROUP CREATECONSUMER K G C
XGROUP CREATECONSUMER K G C|XGROUP DELCONSUMER K G C|XACK K G OLD|XACK K G OLD OLD ID
XACK K G OLD OLD OLD OLD|XPENDING K G|XPENDING K G|XPENDING K G - + N|XPENDING K G FROM TO N
XPENDING K G FROM TO I C|XPENDING K G IDLE 0 - + N C|XPENDING K G IDLE M - + I|XPENDING K G - +
XPENDING K G IDLE 1 - +|XPENDING K G IDLE 1 - + N C x|XCLAIM K G C 0 OLD
XCLAIM K G C 0 OLD OLD OLD|XCLAIM K G C 0 OLD JUSTID|XCLAIM K G C M OLD CLAIM CLAIM
XCLAIM K G C 0 OLD OLD FORCE|XCLAIM K G C 0 OLD FORCE JUSTID CLAIM|XCLAIM K G C 0 OLD CLAIM
XCLAIM K G C 1000000 OLD OLD|XCLAIM K G C 0 bogus|XCLAIM K G C 0 OLD bogus|XAUTOCLAIM K G C 0 0
XAUTOCLAIM K G C 0 FROM COUNT N|XAUTOCLAIM K G C 0 OLD COUNT N JUSTID|XAUTOCLAIM K G C 0 - JUSTID
XAUTOCLAIM K G C M 0 COUNT I|XAUTOCLAIM K G C 1000000 0 COUNT 2|XAUTOCLAIM K G C 0 0 bogus
XINFO STREAM K|XINFO STREAM K|XINFO STREAM K|XINFO STREAM K FULL|XINFO STREAM K FULL COUNT N
XINFO STREAM K FULL COUNT I|XINFO STREAM K bogus|XINFO STREAM K FULL COUNT|XINFO GROUPS K
XINFO GROUPS K|XINFO CONSUMERS K G|XINFO HELP|XGROUP HELP|XINFO GROUPS K x|OBJECT ENCODING K
TYPE K|COPY K K REPLACE|RENAME K K|DEL K|SET K V|DEL K|DEBUG DIGEST-VALUE K|EXISTS K
CONFIG SET stream-node-max-entries ENTRIES|SCAN 0 TYPE stream COUNT 100000
'''
KEYS = ['x1', 'x2', 'x3']
GROUPS = ['g1', 'g2', b'g\xff']
CONSUMERS = ['c1', 'c2', 'c3', '']
FIELDS = ['f1', 'f2', 'f1', 'f2', '', '7', 'long' * 20]
VALUES = ['a', 'b', '1', '-5', '300', '9223372036854775807', '', b'\x00\xff', 'x' * 63, 'y' * 200,
          'z' * 900]
IDS = ['*x', '5', '5-', '-5', '5--5', '5--05', ' 5-1', '5-+1', '05-01', '18446744073709551615',
       '18446744073709551616', '18446744073709551615-18446744073709551615', '0', '0-0', '0-1', '',
       'abc', '1-1-1', '(5', '-', '+', '$', '5-*', '9' * 130, '5-18446744073709551615']
INTEGERS = [-2**63, -1, 0, 1, 2**63 - 2, 2**63 - 1, 2**31, 2**32, 2**63, 'abc', '', ' 1', '1.0']


def without(pattern):
    """A comparison that does not see the integer behind what the pattern finds."""
    pattern = re.compile(b'(' + pattern + rb'):-?\d+')

    def same(ours, theirs):
        return pattern.sub(rb'\1:0', ours) == pattern.sub(rb'\1:0', theirs)
    return same


def same_but_times(ours, theirs):
    """Points in time are at most four seconds apart; all else is equal."""
    def near(a, b):
        return a == b or (a[:1] == b[:1] == b':' and min(int(a[1:]), int(b[1:])) > 10**12 and
                          abs(int(a[1:]) - int(b[1:])) <= 4000)
    a, b = ours.split(b'\r\n'), theirs.split(b'\r\n')
    return len(a) == len(b) and all(map(near, a, b))


RELAXED = [
    (r'XINFO STREAM \S+ FULL', same_but_times),
    (r'XINFO CONSUMERS', without(rb'(?:idle|inactive)\r\n')),
    (r'XPENDING (?:\S+ ){4}', without(rb'\*4\r\n\$\d+\r\n[^\r]*\r\n\$\d+\r\n[^\r]*\r\n')),
]


class Filler:
    def __init__(self, random):
        self.random = random
        self.top = 1    # ids go up to here

    def integer(self):
        # Between what is plainly enough and what no machine has, memory decides.
        return self.random.choice(INTEGERS)

    def old(self):
        return f'{self.random.randint(max(0, self.top - 40), self.top)}-' + \
            str(self.random.choice([0, 0, 0, 1, 2]))

    def next(self):
        self.top += self.random.choice([0, 1, 1, 1, 1, 2, 300])
        return self.random.choice([f'{self.top}-*', f'{self.top}-0', f'{self.top}-*', str(self.top),
                                   f'{self.top}-2'])

    def id(self):
        return self.random.choice([self.old(), self.old(), self.next(),
                                   self.random.choice(IDS)])

    def bound(self, infinite):
        return self.random.choice([infinite, infinite, self.old(), '(' + self.old(),
                                   str(self.random.randint(0, self.top)), self.id(),
                                   '(' + self.random.choice(IDS)])

    def trim(self):
        strategy = self.random.choice(['MAXLEN', 'maxlen', 'MINID'])
        threshold = self.random.choice([self.random.randint(0, 60), self.random.randint(0, 60),
                                        self.integer()]) if strategy != 'MINID' else \
            self.random.choice([self.old(), self.old(), self.id()])
        made = [strategy] + self.random.choice([[], ['='], ['~'], ['~']]) + [threshold]
        return made + self.random.choice([[], [], [], ['LIMIT', self.random.randint(0, 30)],
                                          ['LIMIT', self.integer()]])

    def claim(self):
        return self.random.choice([['IDLE', self.integer()], ['RETRYCOUNT', self.integer()],
                                   ['LASTID', self.id()], ['LASTID', self.old()], ['FORCE'],
                                   ['JUSTID'], ['IDLE', 0], ['TIME', self.integer()],
                                   ['RETRYCOUNT', 3], ['IDLE']])

    def fill(self, template):
        choose = self.random.choice
        one = {'K': lambda: choose(KEYS), 'G': lambda: choose(GROUPS + ['nogroup']),
               'C': lambda: choose(CONSUMERS), 'F': lambda: choose(FIELDS),
               'V': lambda: choose(VALUES), 'N': lambda: self.random.randint(0, 8),
               'I': self.integer, 'M': lambda: choose([i for i in INTEGERS if i != 1]),
               'ID': self.id, 'OLD': self.old, 'NEXT': self.next,
               'FROM': lambda: self.bound('-'), 'TO': lambda: self.bound('+'),
               'ENTRIES': lambda: choose([1, 3, 8, 100])}
        made = []
        for part in template.split():
            if part == 'TRIM':
                made += self.trim()
            elif part == 'CLAIM':
                made += self.claim()
            else:
                made.append(one[part]() if part in one else part)
        return made


def stream_stream(pair, words, count, known):
    lines = [line for line in TEMPLATES.replace('\n', '|').split('|')
             if line and line.split()[0].lower() in known]
    filler = Filler(words.random)
    # Valkey 9.1.2 crashes when the limit of bytes changes between the entries of a stream.
    for resp, node_bytes in ((2, 4096), (3, 700)):
        commands = [['FLUSHALL'], ['CONFIG', 'SET', 'stream-node-max-entries', 100],
                    ['CONFIG', 'SET', 'stream-node-max-bytes', node_bytes]]
        for i in range(count):
            commands.append(filler.fill(words.random.choice(lines)))
            if i % 25 == 0:
                commands.append(['DEBUG', 'DIGEST'])
        pair.ask(commands, resp)


STREAMS = {'stream': stream_stream}
