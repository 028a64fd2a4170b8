# SPDX-License-Identifier: BSD-3-Clause
"""Limits and nonsense: a clear message, bounded memory, and everybody else is served on."""
import os
import random
import re
import resource
import socket
import struct
import unittest

import rota_server
from rota_server import Server, SharedServer, room, wait_until


def resident_bytes(server):
    with open(f'/proc/{server.process.pid}/statm') as statm:
        return int(statm.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def leaves_room(server, room_bytes):
    """Limits the server's address space to what it has and so much more; False where it has no
    natural size."""
    with open(f'/proc/{server.process.pid}/statm') as statm:
        size = int(statm.read().split()[0]) * os.sysconf('SC_PAGE_SIZE')
    if size > 1 << 40:
        return False
    limit = size + room_bytes
    resource.prlimit(server.process.pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
    return True


class ProtocolErrors(SharedServer):
    def assert_refused(self, data, message):
        """The bytes get that error, then the connection ends; the server lives on."""
        with self.server.connect() as raw:
            raw.send(data)
            self.assertEqual(raw.line(), message)
            self.assertTrue(raw.at_end())
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')

    def test_bulk_of_2_gb_is_refused_before_its_bytes_come(self):
        before = resident_bytes(self.server)
        self.assert_refused('*2\r\n$3\r\nGET\r\n$2147483648\r\n',
                            '-ERR Protocol error: invalid bulk length')
        self.assertLess(resident_bytes(self.server) - before, 64 << 20)

    def test_negative_bulk_length(self):
        self.assert_refused('*1\r\n$-5\r\n', '-ERR Protocol error: invalid bulk length')

    def test_bulk_length_that_is_no_number(self):
        self.assert_refused('*1\r\n$abc\r\n', '-ERR Protocol error: invalid bulk length')

    def test_multibulk_length_beyond_the_limit(self):
        self.assert_refused('*2147483648\r\n', '-ERR Protocol error: invalid multibulk length')

    def test_multibulk_length_that_is_no_number(self):
        self.assert_refused('*abc\r\n', '-ERR Protocol error: invalid multibulk length')

    def test_something_else_where_a_bulk_must_stand(self):
        self.assert_refused('*1\r\nPING\r\n', "-ERR Protocol error: expected '$', got 'P'")

    def test_inline_request_without_an_end(self):
        self.assert_refused('x' * (70 * 1024), '-ERR Protocol error: too big inline request')

    def test_unbalanced_quotes_in_an_inline_request(self):
        self.assert_refused('SET k "half\r\n',
                            '-ERR Protocol error: unbalanced quotes in request')

    def test_many_arguments_are_announced_but_never_sent(self):
        before = resident_bytes(self.server)
        waiting = [self.server.connect() for _ in range(20)]
        for raw in waiting:
            raw.send('*1000000\r\n$3\r\nSET\r\n')
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')
        self.assertLess(resident_bytes(self.server) - before, 256 << 20)
        for raw in waiting:
            raw.close()

    def test_web_request_is_cut_off(self):
        with self.server.connect() as raw:
            raw.send('POST / HTTP/1.1\r\nHost: localhost\r\n\r\nSET k v\r\n')
            while raw.line():
                pass   # whatever it says, it must end
        with self.server.connect() as raw:
            self.assertIsNone(raw.ask('GET', 'k'))
        self.server.wait_for_log('Possible SECURITY ATTACK detected')

    def test_garbage_harms_nobody(self):
        chance = random.Random(20)
        with self.server.connect() as witness:
            self.assertEqual(witness.ask('SET', 'k', 'kept'), 'OK')
            for _ in range(150):
                garbage = chance.randbytes(chance.randrange(1, 3000))
                with self.server.connect() as raw:
                    try:
                        raw.send(garbage)
                        raw.socket.shutdown(socket.SHUT_WR)
                        while raw.exactly(65536):
                            pass
                    except OSError:
                        pass   # cut off in the middle: fine
                self.assertEqual(witness.ask('GET', 'k'), b'kept')
        self.assertTrue(self.server.is_alive())

    def test_reset_in_the_middle_of_a_request(self):
        for _ in range(50):
            with self.server.connect() as raw:
                raw.send('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000\r\nhalf')
                raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        with self.server.connect() as raw:
            self.assertIsNone(raw.ask('GET', 'k'))


class BeforeAuthentication(SharedServer):
    arguments = ('--save', '', '--requirepass', 'secret')

    def setUp(self):   # the shared one would need to log in
        pass

    def test_commands_are_refused_until_the_password_is_right(self):
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('GET', 'k'), '-NOAUTH Authentication required.')
            self.assertEqual(raw.ask('AUTH', 'wrong'), '-WRONGPASS invalid username-password pair '
                             'or user is disabled.')
            self.assertEqual(raw.ask('AUTH', 'secret'), 'OK')
            self.assertIsNone(raw.ask('GET', 'k'))

    def test_limits_are_stricter(self):
        for data, message in (
                ('*100\r\n', '-ERR Protocol error: unauthenticated multibulk length'),
                ('*2\r\n$3\r\nGET\r\n$20000\r\n',
                 '-ERR Protocol error: unauthenticated bulk length')):
            with self.server.connect() as raw:
                raw.send(data)
                self.assertEqual(raw.line(), message)
                self.assertTrue(raw.at_end())


class Clients(unittest.TestCase):
    def test_one_too_many_is_told_so_and_the_others_stay(self):
        with Server('--save', '', '--maxclients', '5') as server:
            # The connection by which start() found the server ready may still be counted.
            with server.connect() as raw:
                wait_until(lambda: raw.ask('INFO', 'clients').count(b'connected_clients:1\r'),
                           'only this client is left')
                others = [server.connect() for _ in range(4)]
                for other in others:
                    self.assertEqual(other.ask('PING'), 'PONG')
                with server.connect() as refused:
                    self.assertEqual(refused.line(), '-ERR max number of clients reached')
                    self.assertTrue(refused.at_end())
                self.assertIn(b'rejected_connections:1\r', raw.ask('INFO', 'stats'))
                others.pop().close()
                wait_until(lambda: raw.ask('INFO', 'clients').count(b'connected_clients:4\r'),
                           'the closed one is gone')
                with server.connect() as welcome:
                    self.assertEqual(welcome.ask('PING'), 'PONG')
                for other in others:
                    self.assertEqual(other.ask('PING'), 'PONG')
                    other.close()

    def test_a_client_that_never_reads_is_dropped_at_its_limit(self):
        with Server('--save', '', '--client-output-buffer-limit', 'normal 8mb 0 0') as server:
            with server.connect() as raw, server.connect() as witness:
                self.assertEqual(raw.ask('SET', 'k', 'v' * 1_000_000), 'OK')
                before = resident_bytes(server)
                try:
                    raw.send('GET k\r\n' * 200)
                except OSError:
                    pass
                wait_until(lambda: witness.ask('INFO', 'clients').count(b'connected_clients:1\r'),
                           'the client that never reads is gone')
                self.assertLess(resident_bytes(server) - before, room(server, 100 << 20))
            server.wait_for_log('overcoming of output buffer limits')

    def test_the_largest_clients_go_when_all_hold_too_much_and_no_more_than_must(self):
        limit = 6 << 20
        with Server('--save', '') as server, server.connect() as control:
            self.assertEqual(control.ask('CLIENT', 'NO-EVICT', 'ON'), 'OK')
            holders = [server.connect() for _ in range(12)]
            sent = [b'*2\r\n$4\r\nECHO\r\n$10000000\r\n' + b'h' * number * 100_000
                    for number in range(1, len(holders) + 1)]
            for raw, data in zip(holders, sent):
                raw.send(data)

            def sizes(field='tot-mem'):
                lines = control.ask('CLIENT', 'LIST').decode().splitlines()
                return {line.split()[0]: int(re.search(rf' {field}=(\d+)', line)[1])
                        for line in lines}
            wait_until(lambda: sum(sizes('qbuf').values()) == sum(map(len, sent)),
                       'all bytes are there')
            before = sizes()
            self.assertEqual(control.ask('CONFIG', 'SET', 'maxmemory-clients', limit), 'OK')
            wait_until(lambda: len(sizes()) < len(before) and sum(sizes().values()) < limit,
                       'what the clients hold is within the limit')
            after = sizes()
            gone = {name: size for name, size in before.items() if name not in after}
            self.assertGreaterEqual(sum(after.values()) + min(gone.values()), limit)
            self.assertGreaterEqual(min(gone.values()), sorted(after.values())[-1])
            self.assertIn(b'evicted_clients:%d\r' % len(gone), control.ask('INFO', 'stats'))
            server.wait_for_log('Evicting client: id=')
            for raw in holders:
                raw.close()

    def test_an_idle_client_is_closed_after_the_timeout(self):
        with Server('--save', '', '--timeout', '1') as server, server.connect() as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')
            self.assertTrue(raw.at_end())
            self.assertTrue(server.is_alive())

    def test_what_there_is_no_memory_for_is_an_error_and_changes_nothing(self):
        with Server('--save', '', '--proto-max-bulk-len', '4gb') as server, \
                server.connect() as raw:
            if not leaves_room(server, 256 << 20):
                self.skipTest('a sanitizer: its address space cannot be limited')
            refusal = '-ERR Insufficient memory, failed executing the command'
            self.assertEqual(raw.ask('SETRANGE', 'k', str(100 << 20), 'x'), (100 << 20) + 1)
            leaves_room(server, 32 << 20)
            chunk = 'y' * (1 << 20)
            reply, length = None, (100 << 20) + 1
            while (reply := raw.ask('APPEND', 'k', chunk)) != refusal:
                length += len(chunk)
                self.assertEqual(reply, length)
                self.assertLess(length, 200 << 20)
            for words in (('SETRANGE', 'k', '3000000000', 'x'),
                          ('SETRANGE', 'new', '3000000000', 'x'),
                          ('GET', 'k'), ('MGET', 'k', 'k'), ('GETRANGE', 'k', '0', '-1')):
                self.assertEqual(raw.ask(*words), refusal, words)
            self.assertEqual(raw.ask('STRLEN', 'k'), length)
            self.assertEqual(raw.ask('GETRANGE', 'k', '-3', '-1'), b'yyy')
            self.assertEqual(raw.ask('EXISTS', 'new'), 0)
            self.assertEqual(raw.ask('SET', 'new', 'v'), 'OK')

    def test_memory_limit_refuses_writes_and_keeps_what_is_there(self):
        with Server('--save', '') as server, server.connect() as raw:
            self.assertEqual(raw.ask('SET', 'k', 'v'), 'OK')
            self.assertEqual(raw.ask('CONFIG', 'SET', 'maxmemory', '1'), 'OK')
            self.assertEqual(raw.ask('SET', 'k', 'w'), "-OOM command not allowed when used memory "
                             "> 'maxmemory'.")
            self.assertEqual(raw.ask('GET', 'k'), b'v')
            self.assertEqual(raw.ask('CONFIG', 'SET', 'maxmemory', '0'), 'OK')
            self.assertEqual(raw.ask('SET', 'k', 'w'), 'OK')


if __name__ == '__main__':
    rota_server.main()
