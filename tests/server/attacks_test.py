# SPDX-License-Identifier: BSD-3-Clause
"""Known attacks on servers of this family, each named by its id where it has one. What they share:
the attacker gets an error or is cut off, memory stays bounded, and everybody else is served on."""
import os
import random
import re
import resource
import signal
import socket
import struct
import subprocess
import time
import unittest

import rota_server
from rota_server import (DEADLINE_SECONDS, Server, SharedServer, free_port, run_program,
                         wait_until)
from rota_server import room

MB = 1 << 20
INT64_MAX = (1 << 63) - 1
EDGES = (0, 1, -1, (1 << 31) - 1, 1 << 31, -(1 << 31), 1 << 32, (1 << 32) - 1,
         INT64_MAX - 1, INT64_MAX, -INT64_MAX, -INT64_MAX - 1)
# A sanitizer would rather end the program than let an allocation fail.
for options in ('ASAN_OPTIONS', 'TSAN_OPTIONS'):
    os.environ[options] = os.environ.get(options, '') + ':allocator_may_return_null=1'


def tool(name):
    """The path of a tool that was built with the server."""
    folder, server = os.path.split(rota_server.PROGRAM)
    return os.path.join(folder, '..', '..', 'tools', server.replace('server', name))


def resident_bytes(server):
    with open(f'/proc/{server.process.pid}/statm') as statm:
        return int(statm.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')


def cpu_seconds(server):
    """The processor time that it has used, which does not depend on what else the machine does."""
    with open(f'/proc/{server.process.pid}/stat') as stat:
        fields = stat.read().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def open_descriptors(server):
    return len(os.listdir(f'/proc/{server.process.pid}/fd'))


def field(info, name):
    """A numeric field of an INFO reply."""
    return int(info.decode().split(f'\r\n{name}:')[1].split('\r\n')[0])


def reset(raw):
    """Closes with RST instead of FIN."""
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    raw.close()


def send_until_cut_off(raw, data, bytes_max):
    """Sends without ever reading; returns once the peer takes no more or has hung up."""
    raw.socket.settimeout(0.2)
    sent = 0
    try:
        while sent < bytes_max:
            sent += raw.socket.send(data)
    except OSError:
        pass
    raw.socket.settimeout(DEADLINE_SECONDS)
    return sent


def encode(*words):
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%s\r\n' % (len(p), p) for p in parts)


class Attacks(SharedServer):
    def setUp(self):
        super().setUp()
        self.raw = self.server.connect()
        self.addCleanup(self.raw.close)
        self.ask = self.raw.ask

    def wait_for_clients(self, count):
        wait_until(lambda: field(self.ask('INFO', 'clients'), 'connected_clients') == count,
                   f'{count} clients are connected')


class Parsing(Attacks):
    def test_cve_2026_27623_empty_and_negative_counts_do_not_confuse_the_next_request(self):
        chance = random.Random(27623)
        nothing = [b'*0\r\n', b'*-1\r\n', b'*-2147483648\r\n', b'\r\n', b'\n', b'  \r\n', b'\t\n']
        for _ in range(50):
            stream, expected = b'', []
            for number in range(chance.randrange(1, 60)):
                stream += chance.choice(nothing) * chance.randrange(0, 4)
                word = f'{number}'.encode()
                stream += chance.choice((b'ECHO %s\r\n' % word, b'ECHO "%s"\n' % word,
                                         encode('ECHO', word)))
                expected.append(word)
            with self.server.connect() as raw:
                while stream:
                    cut = chance.randrange(1, len(stream) + 1)
                    raw.send(stream[:cut])
                    stream = stream[cut:]
                self.assertEqual([raw.reply() for _ in expected], expected)

    def test_line_ends_in_error_texts_forge_no_reply(self):
        evil = b'x\r\n+FORGED\r\n$6\r\nforged\r\n'
        for words in ((evil,), (b'x', evil), (evil, evil), ('CLIENT', evil), ('CONFIG', evil),
                      ('CONFIG', 'SET', evil, '1'), ('CONFIG', 'SET', 'maxmemory', evil),
                      ('CLIENT', 'SETINFO', evil, 'x'), ('CLIENT', 'SETINFO', 'lib-name', evil),
                      ('CLIENT', 'SETNAME', evil), ('HELLO', '3', evil), ('HELLO', evil),
                      ('COMMAND', 'GETKEYS', evil), ('OBJECT', evil, 'k'), ('AUTH', evil, evil),
                      ('CLIENT', 'KILL', 'TYPE', evil), ('CLIENT', 'KILL', evil),
                      ('LATENCY', 'GRAPH', evil), ('SET', 'k', 'v', evil), ('SCAN', evil)):
            reply = self.ask(*words)
            self.assertTrue(str(reply).startswith('-'), (words, reply))
            self.assertEqual(self.ask('ECHO', 'in step'), b'in step', words)
        self.raw.send(b'"y\\r\\n+FORGED\\r\\n" "\\r\\n:1\\r\\n"\r\n')
        self.assertRegex(self.raw.reply(), '^-ERR unknown command')
        self.assertEqual(self.ask('ECHO', 'in step'), b'in step')

    def test_line_ends_in_a_client_name_forge_no_line_of_client_list(self):
        self.assertRegex(self.ask('CLIENT', 'SETNAME', 'a\nid=1 addr=forged'), '^-ERR')
        self.assertRegex(self.ask('HELLO', '2', 'SETNAME', 'a\nid=1'), '^-ERR')
        self.assertRegex(self.ask('CLIENT', 'SETINFO', 'lib-ver', 'a\nid=1'), '^-ERR')
        self.assertNotIn(b'forged', self.ask('CLIENT', 'LIST'))

    def test_cross_protocol_post_and_host_are_cut_off(self):
        for opening in ('POST / HTTP/1.1\r\n', 'post /\r\n', 'Host: localhost\r\n', 'HOST:\r\n'):
            with self.server.connect() as raw:
                raw.send(opening + 'Content-Length: 9\r\n\r\nSET forged v\r\n')
                while raw.line():
                    pass
            self.assertIsNone(self.ask('GET', 'forged'), opening)

    def test_2_gb_header_64_kb_line_and_a_million_arguments_cost_nothing(self):
        before = resident_bytes(self.server)
        hostile = (b'*2\r\n$3\r\nGET\r\n$2147483648\r\n', b'x' * 65535, b'*1000000\r\n',
                   b'*2147483647\r\n', b'*2\r\n$3\r\nSET\r\n$536870912\r\n', b'$-2\r\n', b'*-5\r\n',
                   b'*1\r\n$9223372036854775808\r\n', b'*9223372036854775808\r\n', b'*3\r\n$3\r\n')
        crowd = [self.server.connect() for _ in range(10 * len(hostile))]
        for number, raw in enumerate(crowd):
            raw.send(hostile[number % len(hostile)])
        self.assertEqual(self.ask('PING'), 'PONG')
        self.assertLess(resident_bytes(self.server) - before, room(self.server, 32 * MB))
        for raw in crowd:
            raw.close()
        self.wait_for_clients(1)

    def test_value_that_trickles_costs_what_has_arrived(self):
        before = resident_bytes(self.server)
        with self.server.connect() as raw:
            raw.send('*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n')
            for _ in range(64):
                raw.send(b'v' * 65536)
                self.assertEqual(self.ask('PING'), 'PONG')
            self.assertLess(resident_bytes(self.server) - before, room(self.server, 48 * MB))
        self.assertIsNone(self.ask('GET', 'k'))


class LargestLimits(Attacks):
    arguments = ('--save', '', '--proto-max-bulk-len', str(INT64_MAX),
                 '--client-query-buffer-limit', str(INT64_MAX))

    def test_cve_2021_21309_and_41099_sizes_do_not_wrap(self):
        before = resident_bytes(self.server)
        for size in (INT64_MAX, INT64_MAX - 1, INT64_MAX - 2, 1 << 62, (1 << 32) - 1, 1 << 32):
            with self.server.connect() as raw:
                raw.send(f'*2\r\n$3\r\nGET\r\n${size}\r\nabc\r\n')
                raw.send('PING\r\n' * 100)   # all of it belongs to the string
                self.assertEqual(self.ask('PING'), 'PONG', size)
                reset(raw)
        self.assertLess(resident_bytes(self.server) - before, room(self.server, 32 * MB))

    def test_cve_2022_35977_setrange_beyond_any_memory_is_an_error(self):
        self.ask('SET', 'k', 'value')
        self.ask('SET', 'long', 'v' * 10000)
        for offset in (INT64_MAX, INT64_MAX - 1, INT64_MAX - 7, 1 << 62, 1 << 60, 1 << 50):
            for key in ('k', 'long', 'none'):
                self.assertRegex(str(self.ask('SETRANGE', key, offset, 'x')), '^-ERR', offset)
        self.assertEqual(self.ask('MGET', 'k', 'long', 'none'), [b'value', b'v' * 10000, None])

    def test_cve_2021_29477_and_32625_lcs_refuses_what_it_cannot_hold(self):
        for name in ('a', 'b'):
            self.ask('SETRANGE', name, 1 << 20, 'x')
        for options in ((), ('LEN',), ('IDX',)):
            self.assertRegex(str(self.ask('LCS', 'a', 'b', *options)), '^-ERR Insufficient memory')


class Numbers(Attacks):
    def test_cve_2022_35977_getrange_and_setrange_at_the_edges(self):
        value = b'0123456789'
        for start in EDGES:
            for end in EDGES:
                self.ask('SET', 'k', value)
                first = max(start + len(value), 0) if start < 0 else start
                last = max(end + len(value), 0) if end < 0 else end
                wrong_way = start < 0 and end < 0 and start > end
                expected = b'' if wrong_way else value[first:last + 1]
                self.assertEqual(self.ask('GETRANGE', 'k', start, end), expected, (start, end))
        for offset in EDGES:
            reply = self.ask('SETRANGE', 'k', offset, 'xy')
            if 0 <= offset < 10:
                self.assertEqual(reply, 10)
            else:
                self.assertRegex(str(reply), '^-ERR', offset)

    def test_integer_arguments_at_the_edges_reach_no_assertion(self):
        self.ask('SET', 'text', 'v')
        commands = (('INCRBY', 'n', '?'), ('DECRBY', 'n', '?'), ('EXPIRE', 'text', '?'),
                    ('PEXPIRE', 'text', '?'), ('EXPIREAT', 'text', '?'),
                    ('PEXPIREAT', 'text', '?'), ('SET', 's', 'v', 'EX', '?'),
                    ('SET', 's', 'v', 'PX', '?'), ('SET', 's', 'v', 'EXAT', '?'),
                    ('SET', 's', 'v', 'PXAT', '?'), ('SETEX', 's', '?', 'v'),
                    ('PSETEX', 's', '?', 'v'), ('GETEX', 'text', 'EX', '?'), ('SELECT', '?'),
                    ('COPY', 'text', 'copy', 'DB', '?'), ('MOVE', 'text', '?'),
                    ('SWAPDB', '?', '?'), ('SCAN', '?'), ('SCAN', '0', 'COUNT', '?'),
                    ('MSETEX', '?', 'k', 'v'), ('LCS', 'a', 'b', 'IDX', 'MINMATCHLEN', '?'),
                    ('CLIENT', 'KILL', 'ID', '?'), ('CLIENT', 'KILL', 'MAXAGE', '?'),
                    ('CLIENT', 'LIST', 'ID', '?'), ('CLIENT', 'UNBLOCK', '?'),
                    ('SLOWLOG', 'GET', '?'), ('COMMANDLOG', 'GET', '?', 'slow'), ('HELLO', '?'),
                    ('OBJECT', 'FREQ', '?'), ('INCRBYFLOAT', 'f', '?'),
                    ('CONFIG', 'SET', 'slowlog-max-len', '?'),
                    ('CONFIG', 'SET', 'latency-monitor-threshold', '?'))
        for words in commands:
            for edge in EDGES:
                with self.server.connect() as raw:
                    raw.command(*(edge if word == '?' else word for word in words))
                    try:
                        raw.reply()
                    except ConnectionError:
                        self.assertEqual(words[:2], ('CLIENT', 'KILL'))   # it killed itself
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')

    def test_cve_2021_29477_and_32625_lcs_products(self):
        for name, size in (('a', 1 << 16), ('b', 1 << 16), ('c', 1 << 20), ('d', 1 << 22)):
            self.ask('SETRANGE', name, size - 1, 'x')
        for one, other in (('a', 'b'), ('a', 'c'), ('c', 'd'), ('d', 'd')):   # 2^32 to 2^44
            for options in ((), ('LEN',), ('IDX', 'WITHMATCHLEN')):
                self.assertRegex(str(self.ask('LCS', one, other, *options)),
                                 '^-ERR Insufficient memory', (one, other, options))

    def test_cve_2023_28425_the_same_key_twice(self):
        self.assertEqual(self.ask('MSETNX', 'k', '1', 'k', '2', 'k', '3'), 1)
        self.assertEqual(self.ask('GET', 'k'), b'3')
        self.assertEqual(self.ask('MSETNX', 'new', '1', 'k', '9', 'new', '2'), 0)
        self.assertIsNone(self.ask('GET', 'new'))
        self.assertEqual(self.ask('MSETEX', '2', 'e', '1', 'e', '2', 'NX', 'EX', '100'), 1)
        self.assertEqual(self.ask('GET', 'e'), b'2')
        self.assertEqual(self.ask('MSETEX', '2', 'e', '3', 'e', '4', 'XX'), 1)
        self.assertEqual(self.ask('MSETEX', '2', 'past', '1', 'past', '2', 'PXAT', '1'), 1)
        self.assertIsNone(self.ask('GET', 'past'))
        self.assertEqual(self.ask('MSET', 'm', '1', 'm', '2'), 'OK')
        self.assertEqual(self.ask('DEL', 'm', 'm', 'k', 'k'), 2)
        self.assertEqual(self.ask('UNLINK', 'e', 'e'), 1)
        self.assertEqual(self.ask('RENAME', 'none', 'none'), '-ERR no such key')
        self.ask('SET', 'k', 'v')
        self.assertEqual(self.ask('RENAME', 'k', 'k'), 'OK')
        self.assertEqual(self.ask('LCS', 'k', 'k'), b'v')
        self.assertRegex(str(self.ask('COPY', 'k', 'k')), '^-')

    def test_cve_2023_36824_getkeys_of_thousands_of_keys_and_junk_counts(self):
        keys = [f'key:{number}'.encode() for number in range(5000)]
        self.assertEqual(self.ask('COMMAND', 'GETKEYS', 'MGET', *keys), keys)
        pairs = [word for key in keys for word in (key, b'v')]
        self.assertEqual(self.ask('COMMAND', 'GETKEYS', 'MSETEX', len(keys), *pairs), keys)
        self.assertEqual(len(self.ask('COMMAND', 'GETKEYSANDFLAGS', 'DEL', *keys)), len(keys))
        for count in (*EDGES, 5001, 'junk', '', '1e9', ' 2'):
            reply = self.ask('COMMAND', 'GETKEYS', 'MSETEX', count, 'k', 'v')
            self.assertTrue(reply == [b'k'] or str(reply).startswith('-'), (count, reply))
        self.assertEqual(self.ask('PING'), 'PONG')


class Patterns(Attacks):
    def test_cve_2022_36021_and_2024_31228_patterns_end_soon(self):
        key = b'a' * 10000
        self.ask('SET', key, 'v')
        patterns = (b'a*' * 5000 + b'b', b'*' * MB + b'b', b'*a' * 2000 + b'b', b'?*' * 5000 + b'b',
                    b'[a-z]*' * 2000 + b'b', b'[^b]*' * 2000 + b'b', b'\\a*' * 2000 + b'b',
                    b'*' + b'[' * 10000, b'[' + b'a-' * 10000, b'*' + b'\\' * 9999)
        for pattern in patterns:
            before = cpu_seconds(self.server)
            self.assertEqual(self.ask('KEYS', pattern), [], pattern[:20])
            self.assertEqual(self.ask('SCAN', 0, 'MATCH', pattern, 'COUNT', 1000)[1], [])
            self.ask('CONFIG', 'GET', pattern)
            self.ask('COMMAND', 'LIST', 'FILTERBY', 'PATTERN', pattern)
            self.assertLess(cpu_seconds(self.server) - before, 10, pattern[:20])
        self.assertEqual(self.ask('KEYS', b'a*' * 5000), [key])


class BeforeAuthentication(unittest.TestCase):
    def setUp(self):
        self.server = Server('--save', '', '--requirepass', 'secret').start()
        self.addCleanup(self.server.stop)
        self.raw = self.server.connect()
        self.addCleanup(self.raw.close)
        self.assertEqual(self.raw.ask('AUTH', 'secret'), 'OK')

    def test_cve_2021_32675_and_2025_46686_a_thousand_hostile_headers(self):
        hostile = (b'*10\r\n$16384\r\n' + b'x' * 8000,
                   b'*10\r\n$16384\r\n' + b'x' * 16384 + b'\r\n',
                   b'*2147483647\r\n', b'*1000\r\n', b'*1\r\n$536870912\r\n', b'x' * 16384,
                   b'*10\r\n$', b'*0\r\n' * 4000)
        before = resident_bytes(self.server)
        crowd = []
        for number in range(1000):
            crowd.append(self.server.connect())
            crowd[-1].send(hostile[number % len(hostile)])
        self.assertEqual(self.raw.ask('PING'), 'PONG')
        self.assertLess(resident_bytes(self.server) - before, room(self.server, 64 * MB))
        for raw in crowd:
            raw.close()

    def test_cve_2025_21605_unauthenticated_output_is_bounded(self):
        before = resident_bytes(self.server)
        crowd = []
        for _ in range(8):
            crowd.append(self.server.connect())
            crowd[-1].socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            send_until_cut_off(crowd[-1], b'PING\r\n' * 10000, 24 * MB)
        def nobody_is_owed():
            # Whoever was made to wait by TCP goes on sending until he is cut off. The kernel may
            # have dropped what he sent, and then lets him try again only after many seconds: that
            # costs nothing as long as nothing is kept for him.
            for raw in crowd:
                send_until_cut_off(raw, b'PING\r\n' * 1000, 1)
            kept = re.findall(rb' omem=(\d+)', self.raw.ask('CLIENT', 'LIST'))
            return len(kept) <= 3 and set(kept) == {b'0'}

        wait_until(nobody_is_owed, 'those who never read are gone')
        self.assertLess(resident_bytes(self.server) - before, room(self.server, 16 * MB))
        self.server.wait_for_log('overcoming of output buffer limits')
        for raw in crowd:
            raw.close()

    def test_whoever_reads_may_be_refused_as_often_as_it_likes(self):
        with self.server.connect() as raw:
            for _ in range(20):
                raw.send('GET k\r\n' * 1000)
                for _ in range(1000):
                    self.assertEqual(raw.reply(), '-NOAUTH Authentication required.')
            self.assertEqual(raw.ask('AUTH', 'secret'), 'OK')

    def test_pipelined_commands_before_auth_do_not_run(self):
        with self.server.connect() as raw:
            raw.send(encode('SET', 'k', '1') + encode('AUTH', 'secret') + encode('GET', 'k') +
                     encode('RESET') + encode('GET', 'k'))
            self.assertEqual([raw.reply() for _ in range(5)],
                             ['-NOAUTH Authentication required.', 'OK', None, 'RESET',
                              '-NOAUTH Authentication required.'])


class Secrets(unittest.TestCase):
    SECRETS = ('hunter2', 'open-sesame', 'wrong-guess', 'unknown-user-secret', 'replica-secret')

    def setUp(self):
        self.server = Server('--save', '', '--requirepass', 'hunter2', '--loglevel', 'debug',
                             '--commandlog-execution-slower-than', '0',
                             '--commandlog-request-larger-than', '0',
                             '--commandlog-reply-larger-than', '0').start()
        self.addCleanup(self.server.stop)
        self.raw = self.server.connect()
        self.addCleanup(self.raw.close)
        self.assertEqual(self.raw.ask('AUTH', 'hunter2'), 'OK')

    def tell_secrets(self):
        """Says passwords in every way there is, right and wrong ones."""
        with self.server.connect() as raw:
            for words in (('AUTH', 'wrong-guess'), ('AUTH', 'default', 'wrong-guess'),
                          ('AUTH', 'unknown-user-secret', 'hunter2'),
                          ('AUTH', 'default', 'hunter2', 'open-sesame'),
                          ('HELLO', '3', 'AUTH', 'default', 'wrong-guess'),
                          ('HELLO', '9', 'AUTH', 'default', 'hunter2'),
                          ('HELLO', 'x', 'auth', 'default', 'hunter2'),
                          ('HELLO', '2', 'NONSENSE', 'AUTH', 'default', 'hunter2'),
                          ('HELLO', '2', 'AUTH', 'hunter2'),
                          ('HELLO', '2', 'AUTH', 'default', 'hunter2', 'SETNAME', 'teller'),
                          ('AUTH', 'hunter2'),
                          ('CONFIG', 'SET', 'masterauth', 'replica-secret'),
                          ('CONFIG', 'SET', 'maxmemory', '0', 'PrimaryAuth', 'replica-secret'),
                          ('CONFIG', 'SET', 'requirepass', 'open-sesame', 'maxmemory'),
                          ('CONFIG', 'SET', 'requirepass', 'open-sesame', 'nonsense', '1'),
                          ('CONFIG', 'SET', 'requirepass', 'open-sesame'),
                          ('AUTH', 'open-sesame'), ('CONFIG', 'SET', 'requirepass', 'hunter2')):
                raw.ask(*words)

    def assert_no_secret_in(self, text):
        for secret in self.SECRETS:
            self.assertNotIn(secret, text)

    def test_monitor_hides_passwords_and_shows_the_rest(self):
        with self.server.connect() as monitor:
            self.assertEqual(monitor.ask('AUTH', 'hunter2'), 'OK')
            self.assertEqual(monitor.ask('MONITOR'), 'OK')
            self.tell_secrets()
            self.raw.ask('SET', 'the-end', '1')
            lines = []
            while not lines or 'the-end' not in lines[-1]:
                lines.append(monitor.line())
        text = '\n'.join(lines)
        self.assert_no_secret_in(text)
        self.assertIn('"AUTH" "(redacted)"', text)
        self.assertIn('"HELLO" "2" "AUTH" "(redacted)" "(redacted)" "SETNAME" "teller"', text)
        self.assertIn('"SET" "the-end" "1"', text)
        self.assertNotIn('CONFIG', text)    # no administration in there

    def test_logs_of_commands_hide_passwords_and_show_the_rest(self):
        self.tell_secrets()
        for kind in ('slow', 'large-request', 'large-reply'):
            entries = self.raw.ask('COMMANDLOG', 'GET', '-1', kind)
            self.assertIsInstance(entries, list, entries)
            logged = [entry[3] for entry in entries]
            self.assert_no_secret_in(str(entries))
            self.assertIn([b'AUTH', b'(redacted)'], logged)
            self.assertIn([b'CONFIG', b'SET', b'maxmemory', b'0', b'PrimaryAuth', b'(redacted)'],
                          logged)
        self.assert_no_secret_in(str(self.raw.ask('SLOWLOG', 'GET', '-1')))

    def test_log_client_list_info_and_crash_report_hide_passwords(self):
        self.tell_secrets()
        self.assert_no_secret_in(str(self.raw.ask('CLIENT', 'LIST')))
        self.assert_no_secret_in(str(self.raw.ask('INFO', 'everything')))
        with self.server.connect() as raw:
            raw.send('*2\r\n$4\r\nAUTH\r\n$7\r\nhunter2')   # half a request, then the crash
            self.assertEqual(self.raw.ask('PING'), 'PONG')
            self.server.process.send_signal(signal.SIGSEGV)
            self.server.wait_for_exit()
        self.assert_no_secret_in(self.server.log())

    def test_cve_2022_3647_crash_report_ends_in_time(self):
        begin = time.monotonic()
        self.server.process.send_signal(signal.SIGSEGV)
        self.assertEqual(self.server.wait_for_exit(), -signal.SIGSEGV)
        self.assertLess(time.monotonic() - begin, 5)
        self.assertIn('crashed by signal', self.server.log())


class Crowds(Attacks):
    def test_slow_senders_do_not_disturb_a_good_client(self):
        request = encode('ECHO', 'slow but sure')
        crowd = [self.server.connect() for _ in range(300)]
        slowest = 0
        for position in range(len(request)):
            for raw in crowd:
                raw.send(request[position:position + 1])
            begin = time.monotonic()
            self.assertEqual(self.ask('PING'), 'PONG')
            slowest = max(slowest, time.monotonic() - begin)
        self.assertLess(slowest, 1)
        for raw in crowd:
            self.assertEqual(raw.reply(), b'slow but sure')
            raw.close()

    def test_5000_connects_and_closes_leave_nothing_behind(self):
        def flood(count):
            for number in range(count):
                raw = self.server.connect()
                if number % 3 == 0:
                    raw.send('PING\r\n')
                if number % 3 == 1:
                    reset(raw)
                else:
                    raw.close()
            self.wait_for_clients(1)
        flood(500)   # what stays for good is there now
        before, descriptors = resident_bytes(self.server), open_descriptors(self.server)
        flood(5000)
        self.assertEqual(open_descriptors(self.server), descriptors)
        self.assertLess(resident_bytes(self.server) - before, room(self.server, 8 * MB))

    def test_kills_from_within_pipelines_of_several_connections(self):
        chance = random.Random(1000)
        for _ in range(1000):
            group = [self.server.connect() for _ in range(3)]
            ids = [raw.ask('CLIENT', 'ID') for raw in group]
            for raw in group:
                kill = chance.choice((
                    encode('CLIENT', 'KILL', 'ID', chance.choice(ids)),
                    encode('CLIENT', 'KILL', 'ID', chance.choice(ids), 'SKIPME', 'no'),
                    encode('CLIENT', 'KILL', 'TYPE', 'normal', 'ID', ids[0], ids[1], ids[2]),
                    encode('CLIENT', 'KILL', 'ID', *ids, 'SKIPME', 'no'),
                    encode('CLIENT', 'KILL', '127.0.0.1:%d' % raw.socket.getsockname()[1])))
                try:
                    raw.send(encode('SET', 'k', 'v' * 50) + kill + encode('GET', 'k') + kill +
                             encode('MONITOR') + encode('GET', 'k'))
                except OSError:
                    pass   # killed already
            for raw in group:
                reset(raw) if chance.random() < 0.3 else raw.close()
        self.assertEqual(self.ask('GET', 'k'), b'v' * 50)
        self.wait_for_clients(1)

    def test_everybody_kills_everybody_at_once(self):
        for _ in range(30):
            group = [self.server.connect() for _ in range(20)]
            wait_until(lambda: field(self.ask('INFO', 'clients'), 'connected_clients') == 21, 'all')
            own = self.ask('CLIENT', 'ID')
            self.server.process.send_signal(signal.SIGSTOP)   # so that all come in one turn
            for raw in group:
                raw.send(encode('GET', 'k') +
                         encode('CLIENT', 'KILL', 'NOT-ID', own, 'SKIPME', 'no') + encode('PING'))
            self.server.process.send_signal(signal.SIGCONT)
            self.wait_for_clients(1)
            for raw in group:
                raw.close()

    def test_cve_2025_48367_connections_reset_while_they_wait_to_be_accepted(self):
        self.server.process.send_signal(signal.SIGSTOP)
        for _ in range(200):
            reset(self.server.connect())
        self.server.process.send_signal(signal.SIGCONT)
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')
        self.wait_for_clients(1)

    def test_reset_in_the_middle_of_replies(self):
        self.ask('SET', 'big', b'v' * (4 * MB))
        for _ in range(20):
            raw = self.server.connect()
            raw.send(encode('GET', 'big') * 5)
            raw.exactly(1000)
            reset(raw)
        self.wait_for_clients(1)
        self.assertEqual(len(self.ask('GET', 'big')), 4 * MB)

    def test_half_closed_pipeline_gets_every_reply(self):
        count = MB // len(encode('ECHO', '123456'))
        with self.server.connect() as raw:
            raw.send(b''.join(encode('ECHO', f'{n:06}') for n in range(count)))
            raw.socket.shutdown(socket.SHUT_WR)
            for number in range(count):
                self.assertEqual(raw.reply(), b'%06d' % number)
            self.assertTrue(raw.at_end())


class Exhaustion(unittest.TestCase):
    def test_cve_2025_48367_without_descriptors_the_listener_goes_on(self):
        with Server('--save', '') as server, server.connect() as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')
            pid = server.process.pid
            old = resource.prlimit(pid, resource.RLIMIT_NOFILE)
            in_use = max(int(name) for name in os.listdir(f'/proc/{pid}/fd')) + 1
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (in_use + 8, old[1]))
            # io_uring's accept goes by the limit of when it was armed: so it is armed again.
            server.port = free_port()
            self.assertEqual(raw.ask('CONFIG', 'SET', 'port', str(server.port)), 'OK')
            crowd = [server.connect() for _ in range(60)]
            served = 0
            for other in crowd:
                try:
                    other.send('PING\r\n')
                    served += other.line() == '+PONG'
                except OSError:
                    pass   # refused
            self.assertTrue(4 <= served <= 9, served)
            self.assertEqual(raw.ask('SET', 'k', 'v'), 'OK')
            for other in crowd:
                other.close()
            wait_until(lambda: field(raw.ask('INFO', 'clients'), 'connected_clients') == 1,
                       'the crowd is gone')
            with server.connect() as newcomer:
                self.assertEqual(newcomer.ask('GET', 'k'), b'v')

    def test_monitors_that_never_read_are_dropped(self):
        with Server('--save', '', '--client-output-buffer-limit', 'normal 1mb 0 0') as server:
            with server.connect() as raw:
                self.assertEqual(raw.ask('SET', 'k', 'v'), 'OK')
                before = resident_bytes(server)
                monitors = []
                for _ in range(50):
                    monitors.append(server.connect())
                    monitors[-1].socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    self.assertEqual(monitors[-1].ask('MONITOR'), 'OK')
                text = 'x' * 60000
                for _ in range(150):
                    self.assertEqual(raw.ask('ECHO', text), text.encode())
                wait_until(lambda: field(raw.ask('INFO', 'clients'), 'connected_clients') == 1,
                           'all monitors are dropped')
                self.assertLess(resident_bytes(server) - before, room(server, 160 * MB))
                self.assertEqual(raw.ask('PING'), 'PONG')
                for monitor in monitors:
                    monitor.close()

    def test_slow_reader_of_a_100_mb_value_costs_it_once_more(self):
        with Server('--save', '') as server, server.connect() as raw:
            size = 100 * MB
            self.assertEqual(raw.ask('SETRANGE', 'k', size - 1, 'x'), size)
            before = resident_bytes(server)
            with server.connect() as slow:
                slow.command('GET', 'k')
                slow.exactly(10 * MB)
                self.assertEqual(raw.ask('PING'), 'PONG')
                self.assertLess(resident_bytes(server) - before, room(server, size + 40 * MB))
            wait_until(lambda: resident_bytes(server) - before < room(server, 40 * MB),
                       'memory is given back')

    def test_idle_connections_are_cheap(self):
        count = 1000
        with Server('--save', '') as server, server.connect() as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')
            before = resident_bytes(server)
            idle = [server.connect() for _ in range(count)]
            for other in idle:
                self.assertEqual(other.ask('PING'), 'PONG')
            self.assertLess(resident_bytes(server) - before, room(server, count * 4096))
            for other in idle:
                other.close()

    def test_timeout_closes_the_idle_and_only_them(self):
        with Server('--save', '', '--timeout', '1') as server, server.connect() as busy:
            half = server.connect()
            half.send('*3\r\n$3\r\nSET\r\n$1\r\n')   # a request that never ends is idle too
            idle = [server.connect() for _ in range(20)] + [half]
            closed = [False] * len(idle)
            for raw in idle:
                raw.socket.settimeout(0.05)
            deadline = time.monotonic() + DEADLINE_SECONDS
            while not all(closed) and time.monotonic() < deadline:
                self.assertEqual(busy.ask('PING'), 'PONG')
                for number, raw in enumerate(idle):
                    if closed[number]:
                        continue
                    try:
                        closed[number] = raw.socket.recv(1) == b''
                    except TimeoutError:
                        break
            self.assertTrue(all(closed))
            self.assertEqual(busy.ask('PING'), 'PONG')
            for raw in idle:
                raw.close()


class LongArguments(unittest.TestCase):
    LONG = 'x' * 65536

    def assert_refused(self, done):
        self.assertGreater(done.returncode, 0, done.stdout[:500] + done.stderr[:500])

    def test_cve_2025_27151_server(self):
        for arguments in ((self.LONG,), ('/' + self.LONG,), ('--dir', self.LONG),
                          ('--port', self.LONG), ('--bind', self.LONG, '--port', '0'),
                          ('--unixsocket', self.LONG, '--port', '0'), ('--' + self.LONG,),
                          ('--logfile', '/' + self.LONG), ('--include', '/' + self.LONG),
                          ('--' + self.LONG, self.LONG), ('--maxmemory', self.LONG)):
            self.assert_refused(run_program(*arguments))

    def test_cve_2025_27151_tools(self):
        for path in (tool('cli'), tool('benchmark')):
            if not os.access(path, os.X_OK):
                self.skipTest(f'{path} is not built')
            for arguments in (('-s', self.LONG), ('-h', self.LONG, '-p', '1'), ('-p', self.LONG),
                              ('-u', 'valkey://' + self.LONG), ('-u', self.LONG),
                              ('-n', self.LONG), ('--' + self.LONG,)):
                self.assert_refused(subprocess.run(
                    [path, *arguments, 'PING'], stdin=subprocess.DEVNULL, capture_output=True,
                    text=True, errors='replace', timeout=DEADLINE_SECONDS))

    def test_cve_2025_27151_long_words_in_a_running_server(self):
        with Server('--save', '') as server, server.connect() as raw:
            for words in ((self.LONG,), ('CONFIG', 'SET', 'dir', self.LONG),
                          ('CONFIG', 'SET', self.LONG, self.LONG), ('CLIENT', self.LONG),
                          ('CONFIG', 'GET', self.LONG), ('CLIENT', 'KILL', self.LONG),
                          ('CLIENT', 'SETNAME', self.LONG), ('CLIENT', 'LIST'),
                          ('SET', self.LONG, self.LONG, self.LONG), ('INFO', self.LONG),
                          ('SET', self.LONG, self.LONG), ('RENAME', self.LONG, 'k'),
                          ('GET', 'k'), ('COMMAND', 'INFO', self.LONG), ('HELLO', '3', self.LONG)):
                raw.ask(*words)
            self.assertEqual(raw.ask('PING'), 'PONG')


if __name__ == '__main__':
    rota_server.main()
