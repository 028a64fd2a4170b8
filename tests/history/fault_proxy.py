# SPDX-License-Identifier: BSD-3-Clause
"""A proxy that makes a correct server behave like a broken one.

It stands between clients and a server and spoils one kind of thing, now and then. What the server
itself does stays correct, so whatever a checker refuses behind it was put there by the fault.

Faults: none, stale_read, half_mset, lost_update, reply_before_publish.
"""
import collections
import random
import socket
import threading
import time

CHUNK = 1 << 16
FAULTS = ('none', 'stale_read', 'half_mset', 'lost_update', 'reply_before_publish')
# Long against a round trip, so that others see what should not be seen; short for the test.
DELAY_SECONDS = 0.004
ONE_IN = 6   # how many chances to do harm are passed over for each that is taken


def encode(words):
    return b'*%d\r\n' % len(words) + b''.join(b'$%d\r\n%s\r\n' % (len(w), w) for w in words)


class Stream:
    """Reads requests from a client, or replies from a server."""

    def __init__(self, peer):
        self.peer = peer
        self.reader = peer.makefile('rb', CHUNK)

    def request(self):
        """The words of one request; None at the end."""
        line = self.reader.readline()
        if not line.endswith(b'\n'):
            return None
        words = []
        for _ in range(int(line[1:])):
            size = int(self.reader.readline()[1:])
            words.append(self.reader.read(size + 2)[:-2])
        return words

    def reply(self):
        """One reply as it is on the wire."""
        line = self.reader.readline()
        if not line:
            raise ConnectionError('the server hung up')
        if line[:1] == b'$' and line[1:2] != b'-':
            return line + self.reader.read(int(line[1:]) + 2)
        if line[:1] == b'*':
            return line + b''.join(self.reply() for _ in range(int(line[1:])))
        return line


class Session:
    """One client and its own connection to the server, one request at a time."""

    def __init__(self, proxy, client):
        self.fault = getattr(self, proxy.fault)
        self.chance = random.Random(proxy.next_seed())
        self.old = proxy.old
        self.client = Stream(client)
        self.server = Stream(socket.create_connection(proxy.server))
        self.server.peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.in_transaction = False

    def run(self):
        try:
            while words := self.client.request():
                verb = words[0].upper()
                if verb == b'MULTI':
                    self.in_transaction = True
                reply = self.ask(words) if self.in_transaction else self.fault(verb, words)
                if verb == b'EXEC' or reply[:1] == b'-':
                    self.in_transaction = False
                self.client.peer.sendall(reply)
        except (ConnectionError, ValueError):
            pass   # either side has gone
        finally:
            self.client.peer.close()
            self.server.peer.close()

    def ask(self, words):
        self.server.peer.sendall(encode(words))
        return self.server.reply()

    def strikes(self):
        return self.chance.randrange(ONE_IN) == 0

    def none(self, verb, words):
        return self.ask(words)

    def stale_read(self, verb, words):
        """Answers GET by what it was a few replies ago."""
        reply = self.ask(words)
        if verb == b'GET':
            seen = self.old[words[1]]
            seen.append(reply)
            if self.strikes():
                return seen[0]
        return reply

    def half_mset(self, verb, words):
        """Splits MSET, so that its first part is seen before the rest."""
        if verb == b'MSET' and len(words) > 3:
            self.ask(words[:3])
            time.sleep(DELAY_SECONDS)
            return self.ask([b'MSET', *words[3:]])
        return self.ask(words)

    def lost_update(self, verb, words):
        """Answers an update and then forgets it, as if two had read the same value before."""
        if verb in (b'INCR', b'APPEND') and self.strikes():
            before = self.ask([b'GET', words[1]])
            reply = self.ask(words)
            if before[:2] != b'$-':
                self.ask([b'SET', words[1], before.split(b'\r\n', 1)[1][:-2]])
            return reply
        return self.ask(words)

    def reply_before_publish(self, verb, words):
        """Says OK to SET, and only later tells the server."""
        if verb == b'SET' and self.strikes():
            self.client.peer.sendall(b'+OK\r\n')
            time.sleep(DELAY_SECONDS)
            self.ask(words)
            return b''
        return self.ask(words)


class FaultProxy:
    """Listens on a port of its own until it is closed; a thread for each connection."""

    def __init__(self, server_port, fault):
        assert fault in FAULTS
        self.server, self.fault = ('127.0.0.1', server_port), fault
        self.old = collections.defaultdict(lambda: collections.deque(maxlen=4))
        self.sessions = 0
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def next_seed(self):
        self.sessions += 1
        return self.sessions

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return   # closed
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=Session(self, client).run, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
