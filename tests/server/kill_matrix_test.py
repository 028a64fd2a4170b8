# SPDX-License-Identifier: BSD-3-Clause
"""Connections are killed while their requests are under way, in every way there is.

A cell is a socket, a number of IO threads, a way to hand work out, whom the kill hits, and what
causes it. In each round some thirty connections have traffic in flight: pipelines, halves of
requests, replies that nobody reads. Then the kill comes. Whoever lived must have got exactly its
replies, whoever did not the beginning of them; and in the end nothing is left of anybody.

KILL_ROUNDS says how many rounds a cell has.
"""
import os
import random
import select
import socket
import time
import unittest

import rota_server
from rota_server import DEADLINE_SECONDS, Raw, Server, wait_until, why_not

ROUNDS = int(os.environ.get('KILL_ROUNDS',
                            '10000' if os.environ.get('ROTA_TEST_LONG') == '1' else '30'))
CONNECTIONS = 24
TIMED_OUT_TOGETHER = 100        # rounds of the timeout cell that wait for the same second
LARGE_BYTES = 200_000           # what those who never read ask for
CLIENTS_MEMORY = 4 << 20        # maxmemory-clients of the eviction cell
MEMORY_SLACK = 4 << 20          # tables and buffers that grew once and stay
SEED = int(os.environ.get('KILL_SEED', '1'))


def encode(*words):
    words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words)


def bulk(data):
    return b'$%d\r\n%s\r\n' % (len(data), data)


class Peer:
    """One connection, the requests it sent, and the replies that must come, byte for byte."""

    def __init__(self, where, number):
        self.number = number
        self.socket = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
        self.socket.connect(where if isinstance(where, str) else ('127.0.0.1', where))
        self.socket.setblocking(False)
        self.got = self.expected = b''
        self.ended = False
        self.id = int(self.ask(b'CLIENT', b'ID')[1:])
        self.address = dict(part.split('=', 1) for part in
                            self.ask(b'CLIENT', b'INFO').decode().split('\r\n')[1].split()
                            if '=' in part)['addr']

    def ask(self, *words):
        self.send(encode(*words), b'')
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self.is_whole(self.got):
            if self.ended or time.monotonic() > deadline:
                raise AssertionError(f'no reply to {words}: {self.got!r}')
            self.wait_and_read()
        reply, self.got = self.got, b''
        return reply

    @staticmethod
    def is_whole(reply):
        if not reply.endswith(b'\r\n'):
            return False
        head, _, rest = reply.partition(b'\r\n')
        return head[:1] != b'$' or len(rest) == int(head[1:]) + 2

    def send(self, data, expected):
        """Sends what the socket takes: the rest of a request is left out, as by a slow client."""
        self.expected += expected
        try:
            self.socket.send(data)
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):
            self.ended = True

    def read(self):
        while not self.ended:
            try:
                data = self.socket.recv(1 << 18)
            except BlockingIOError:
                return
            except ConnectionResetError:
                data = b''
            self.got += data
            self.ended = not data

    def wait_and_read(self):
        select.select([self.socket], [], [], DEADLINE_SECONDS)
        self.read()

    def settle(self, must_end=False):
        """Reads until all replies have come, unless the connection ends."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self.ended and (must_end or len(self.got) < len(self.expected)):
            if time.monotonic() > deadline:
                raise AssertionError(f'client {self.id} got {len(self.got)} bytes of '
                                     f'{len(self.expected)}: {self.got[-80:]!r}')
            self.wait_and_read()

    def check(self):
        """What came is the beginning of what was due, or all of it if the connection lives."""
        if not self.expected.startswith(self.got):
            at = next(i for i in range(len(self.got)) if self.got[:i + 1] !=
                      self.expected[:i + 1])
            raise AssertionError(f'client {self.id}: byte {at} of its replies is foreign: '
                                 f'{self.got[max(0, at - 40):at + 40]!r} instead of '
                                 f'{self.expected[max(0, at - 40):at + 40]!r}')
        if not self.ended and self.got != self.expected:
            raise AssertionError(f'client {self.id} lost replies')
        self.got = self.expected = b''

    def close(self):
        self.socket.close()


def pipeline(peer, chance):
    """A few requests and their replies; all keys and texts are the connection's own."""
    data, expected = b'', b''
    for turn in range(chance.randrange(1, 20)):
        text = b'%d:%d:' % (peer.number, turn) + b'v' * chance.choice((0, 10, 1000))
        data += encode('SET', f'key:{peer.number}', text)
        data += encode('GET', f'key:{peer.number}') + encode('ECHO', text)
        expected += b'+OK\r\n' + bulk(text) * 2
    return data, expected


class Matrix(unittest.TestCase):
    """All cells of one socket, number of threads and way to hand work out, on one server."""
    socket_kind = io_threads = io_dispatch = None

    @classmethod
    def setUpClass(cls):
        options = ['--io-threads', str(cls.io_threads)]
        if cls.io_dispatch:
            options += ['--io-threads-always-active', 'yes']
            options += ['--io-dispatch', cls.io_dispatch]
            if reason := why_not(options):
                raise unittest.SkipTest(reason)
        cls.server = Server('--save', '', '--timeout', '0', '--maxclients', '8000', *options)
        cls.path = os.path.join(cls.server.folder, 'socket')
        cls.server.arguments += ('--unixsocket', cls.path)
        cls.server.start()
        cls.where = cls.path if cls.socket_kind == 'unix' else cls.server.port

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        self.chance = random.Random(f'{SEED} {self.id()}')
        self.peers, self.numbers = [], 0
        self.control = Raw(self.server.port)
        self.addCleanup(lambda: self.control.close())
        self.addCleanup(self.forget_peers)
        self.control.ask('SET', 'large', b'x' * LARGE_BYTES)
        self.round(self.kill_all)   # what grows once has grown before memory is measured
        self.close_all()
        self.memory = self.memory_now()

    # ---- One round --------------------------------------------------------------------------

    def fill(self, count=CONNECTIONS):
        for peer in [peer for peer in self.peers if peer.ended]:
            peer.close()
            self.peers.remove(peer)
        while len(self.peers) < count:
            self.numbers += 1
            self.peers.append(Peer(self.where, self.numbers))

    def traffic(self, peer):
        """Something in flight. Whatever it is, a request that was not ended gets its end later."""
        kind = self.chance.choice(('pipeline', 'pipeline', 'half', 'unread', 'idle'))
        if kind == 'idle':
            return b''
        data, expected = pipeline(peer, self.chance)
        if kind == 'unread':
            many = self.chance.randrange(1, 12)
            data = encode('GET', 'large') * many
            expected = bulk(b'x' * LARGE_BYTES) * many
        cut = self.chance.randrange(1, len(data)) if kind == 'half' else len(data)
        peer.send(data[:cut], expected)
        return data[cut:]

    def round(self, kill):
        self.fill()
        self.chance.shuffle(self.peers)
        rests = {peer: self.traffic(peer) for peer in self.peers}
        victims = kill()
        for peer, rest in rests.items():
            if rest:
                peer.send(rest, b'')
        for peer in self.peers:
            peer.settle(peer in victims)
            peer.check()

    def forget_peers(self):
        for peer in self.peers:
            peer.close()
        self.peers = []

    def close_all(self):
        self.forget_peers()
        wait_until(lambda: self.connected() == 1, 'the ended connections are gone')

    # ---- Whom a kill hits -------------------------------------------------------------------

    def kill_self(self, in_exec=False):
        killer = Peer(self.where, 0)
        before, replies = pipeline(killer, self.chance)
        kill = encode('CLIENT', 'KILL', 'ID', killer.id, 'SKIPME', 'no')
        if self.chance.randrange(2):
            kill = encode('CLIENT', 'KILL', 'ADDR', killer.address, 'ID', killer.id,
                          'SKIPME', 'no')
        replies += self.replies_to(b':1\r\n', in_exec)
        killer.send(before + self.wrapped(kill, in_exec) + before, replies)
        killer.settle()
        while not killer.ended:
            killer.wait_and_read()
        if killer.got != replies:
            raise AssertionError(f'who killed itself got {killer.got[-120:]!r}')
        killer.close()
        return []

    def kill_next(self, in_exec=False):
        victim = self.chance.choice(self.peers)
        one = [('ID', victim.id)]
        if self.where != self.path:   # clients of a Unix socket all have the same address
            one.append(('ADDR', victim.address))
        self.kill(self.chance.choice(one), b':1\r\n', in_exec)
        return [victim]

    def kill_all(self, in_exec=False):
        self.kill(('TYPE', 'normal', 'NOT-ID', self.control.ask('CLIENT', 'ID')),
                  b':%d\r\n' % len(self.peers), in_exec)
        return self.peers

    def kill(self, filters, count, in_exec):
        """Sent by a connection that lives on, with other requests around it."""
        killer = Peer(self.where, 0)
        before, replies = pipeline(killer, self.chance)
        data = before + self.wrapped(encode('CLIENT', 'KILL', *filters), in_exec) + before
        killer.send(data, replies + self.replies_to(count, in_exec) + replies)
        killer.settle()
        killer.check()
        killer.close()

    @staticmethod
    def wrapped(kill, in_exec):
        return encode('MULTI') + encode('INCR', 'n') + kill + encode('EXEC') if in_exec else kill

    def replies_to(self, count, in_exec):
        if not in_exec:
            return count
        return b'+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:%d\r\n' % self.next_number() + count

    def next_number(self):
        return int(self.control.ask('GET', 'n') or 0) + 1

    # ---- After the rounds -------------------------------------------------------------------

    def connected(self):
        info = self.control.ask('INFO', 'clients').decode()
        return int(info.partition('connected_clients:')[2].split('\r')[0])

    def listed(self):
        """The ids in CLIENT LIST, without the connection that asks."""
        me = self.control.ask('CLIENT', 'ID')
        lines = self.control.ask('CLIENT', 'LIST').decode().splitlines()
        return {int(line.split()[0][3:]) for line in lines if line} - {me}

    def memory_now(self):
        info = self.control.ask('INFO', 'memory').decode()
        return int(info.partition('used_memory:')[2].split('\r')[0])

    def finish(self, rounds, began):
        for peer in self.peers:
            peer.read()   # those who were evicted without having asked for anything
        living = {peer.id for peer in self.peers if not peer.ended}
        wait_until(lambda: self.listed() == living, 'CLIENT LIST shows the living, all of them')
        self.close_all()
        self.assertEqual(self.control.ask('PING'), 'PONG')
        self.assertEqual(len(self.control.ask('CLIENT', 'LIST').splitlines()), 1)
        wait_until(lambda: self.memory_now() <= self.memory + MEMORY_SLACK,
                   f'memory comes back to {self.memory} from {self.memory_now()}')
        seconds = time.monotonic() - began
        print(f'# {self.id()}: {rounds} rounds, {seconds / rounds * 1000:.1f} ms each', flush=True)

    def run_cell(self, kill):
        began = time.monotonic()
        for _ in range(ROUNDS):
            self.round(kill)
        self.finish(ROUNDS, began)

    # ---- The cells --------------------------------------------------------------------------

    def test_kill_self_from_command(self):
        self.run_cell(self.kill_self)

    def test_kill_next_from_command(self):
        self.run_cell(self.kill_next)

    def test_kill_all_from_command(self):
        self.run_cell(self.kill_all)

    def need_exec(self):
        with Raw(self.server.port) as raw:
            if raw.ask('MULTI') != 'OK':
                self.skipTest('the server does not know MULTI')

    def test_kill_self_from_exec(self):
        self.need_exec()
        self.run_cell(lambda: self.kill_self(in_exec=True))

    def test_kill_next_from_exec(self):
        self.need_exec()
        self.run_cell(lambda: self.kill_next(in_exec=True))

    def test_kill_all_from_exec(self):
        self.need_exec()
        self.run_cell(lambda: self.kill_all(in_exec=True))

    def test_kill_from_eviction(self):
        if reason := why_not(['--maxmemory-clients', '4mb']):
            self.skipTest(reason)
        began = time.monotonic()
        self.control.ask('CLIENT', 'NO-EVICT', 'ON')
        self.addCleanup(lambda: self.control.ask('CONFIG', 'SET', 'maxmemory-clients', 0))

        def evict():
            self.control.ask('CONFIG', 'SET', 'maxmemory-clients', CLIENTS_MEMORY)
            fat = Peer(self.where, 0)   # holds more than all may, so that it must go
            while not fat.ended:
                fat.send(b'*2\r\n$4\r\nECHO\r\n$67108864\r\n' + b'e' * (1 << 18), b'')
                fat.read()
            fat.close()
            self.control.ask('CONFIG', 'SET', 'maxmemory-clients', 0)
            return []
        for _ in range(ROUNDS):
            self.round(evict)
        self.finish(ROUNDS, began)

    def test_kill_from_timeout(self):
        began = time.monotonic()
        done = 0
        while done < ROUNDS:
            together = min(TIMED_OUT_TOGETHER, ROUNDS - done)
            self.fill(together * 4)
            self.control.ask('CONFIG', 'SET', 'timeout', 1)
            for peer in self.peers:
                self.traffic(peer)

            def all_have_ended():
                for peer in self.peers:
                    peer.read()
                return all(peer.ended for peer in self.peers)
            wait_until(all_have_ended, 'idle connections are closed')
            for peer in self.peers:
                peer.check()
            self.control.close()
            self.control = Raw(self.server.port)
            self.control.ask('CONFIG', 'SET', 'timeout', 0)
            done += together
        self.finish(ROUNDS, began)


def add_classes():
    for kind in ('tcp', 'unix'):
        for threads, dispatch in ((1, None), (2, 'owner'), (2, 'shared'), (4, 'owner'),
                                  (4, 'shared')):
            name = f'{kind.title()}{threads}{(dispatch or "").title()}'
            globals()[name] = type(name, (Matrix,), {
                '__module__': __name__, 'socket_kind': kind, 'io_threads': threads,
                'io_dispatch': dispatch})


add_classes()

if __name__ == '__main__':
    del Matrix   # its classes are the tests
    rota_server.main()
