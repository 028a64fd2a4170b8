# SPDX-License-Identifier: BSD-3-Clause
"""Clients that others wrote: python3-redis does what applications do with it."""
import threading
import unittest

import redis

import rota_server
from rota_server import DEADLINE_SECONDS, SharedServer, wait_until


class WithClient(SharedServer):
    def setUp(self):
        super().setUp()
        self.client = self.connect()

    def connect(self, **options):
        client = redis.Redis(port=self.server.port, socket_timeout=DEADLINE_SECONDS, **options)
        self.addCleanup(client.close)
        return client


class Strings(WithClient):
    def test_set_and_get_any_bytes(self):
        value = bytes(range(256)) * 5
        self.assertTrue(self.client.set(b'\x00key\r\n', value))
        self.assertEqual(self.client.get(b'\x00key\r\n'), value)
        self.assertIsNone(self.client.get('missing'))

    def test_set_options(self):
        self.assertTrue(self.client.set('k', '1', nx=True))
        self.assertIsNone(self.client.set('k', '2', nx=True))
        self.assertTrue(self.client.set('k', '3', xx=True))
        self.assertEqual(self.client.set('k', '4', get=True), b'3')
        self.assertTrue(self.client.set('k', '5', ex=100))
        self.assertTrue(self.client.set('k', '6', keepttl=True))
        self.assertGreater(self.client.ttl('k'), 0)

    def test_numbers(self):
        self.assertEqual(self.client.incr('n'), 1)
        self.assertEqual(self.client.incrby('n', 41), 42)
        self.assertEqual(self.client.decrby('n', 2), 40)
        self.assertEqual(self.client.incrbyfloat('f', 0.5), 0.5)
        self.client.set('word', 'x')
        with self.assertRaisesRegex(redis.ResponseError, 'value is not an integer'):
            self.client.incr('word')

    def test_parts(self):
        self.assertEqual(self.client.append('k', 'Hello'), 5)
        self.assertEqual(self.client.append('k', ' World'), 11)
        self.assertEqual(self.client.getrange('k', -5, -1), b'World')
        self.assertEqual(self.client.setrange('k', 6, 'Rota!'), 11)
        self.assertEqual(self.client.strlen('k'), 11)
        self.assertEqual(self.client.getdel('k'), b'Hello Rota!')
        self.assertFalse(self.client.exists('k'))

    def test_several_at_once(self):
        self.assertTrue(self.client.mset({f'k{n}': n for n in range(100)}))
        self.assertEqual(self.client.mget([f'k{n}' for n in range(101)]),
                         [str(n).encode() for n in range(100)] + [None])
        self.assertFalse(self.client.msetnx({'k1': 'x', 'new': 'y'}))
        self.assertFalse(self.client.exists('new'))

    def test_64_mb_value(self):
        value = b'\xfe' * (64 << 20)
        self.assertTrue(self.client.set('big', value))
        self.assertTrue(self.client.get('big') == value)   # not assertEqual: it would print both


class Keys(WithClient):
    def test_existence_rename_and_type(self):
        self.client.mset({'a': 1, 'b': 2})
        self.assertEqual(self.client.exists('a', 'b', 'c', 'a'), 3)
        self.assertTrue(self.client.rename('a', 'c'))
        self.assertEqual(self.client.type('c'), b'string')
        self.assertEqual(self.client.type('a'), b'none')
        self.assertFalse(self.client.renamenx('c', 'b'))
        self.assertEqual(self.client.delete('b', 'c', 'd'), 2)
        with self.assertRaisesRegex(redis.ResponseError, 'no such key'):
            self.client.rename('a', 'b')

    def test_copy_and_unlink(self):
        self.client.set('a', 'v', ex=100)
        self.assertTrue(self.client.copy('a', 'b'))
        self.assertGreater(self.client.ttl('b'), 0)
        self.assertEqual(self.client.unlink('a', 'b'), 2)

    def test_expiry(self):
        self.client.set('k', 'v')
        self.assertEqual(self.client.ttl('k'), -1)
        self.assertTrue(self.client.expire('k', 100))
        self.assertTrue(0 < self.client.pttl('k') <= 100_000)
        self.assertTrue(self.client.persist('k'))
        self.assertEqual(self.client.ttl('k'), -1)
        self.assertTrue(self.client.pexpire('k', 1))
        wait_until(lambda: self.client.get('k') is None, 'the key expires')
        self.assertEqual(self.client.ttl('k'), -2)
        self.assertFalse(self.client.expire('k', 100))

    def test_keys_nobody_touches_expire_too(self):
        with self.client.pipeline(transaction=False) as pipe:
            for number in range(500):
                pipe.set(f'k{number}', 'v', px=1)
            pipe.execute()
        wait_until(lambda: self.client.dbsize() == 0, 'active expiry removes them all')

    def test_scan_finds_every_key_once_the_set_is_stable(self):
        wanted = {f'key:{number}'.encode() for number in range(3000)}
        with self.client.pipeline(transaction=False) as pipe:
            for key in wanted:
                pipe.set(key, 'v')
            pipe.execute()
        self.assertEqual(set(self.client.scan_iter(count=50)), wanted)
        self.assertEqual(set(self.client.scan_iter(match='key:1?')),
                         {f'key:1{digit}'.encode() for digit in range(10)})
        self.assertEqual(set(self.client.scan_iter(_type='hash')), set())
        self.assertEqual(len(self.client.keys('*')), 3000)
        self.assertIn(self.client.randomkey(), wanted)

    def test_databases_are_apart(self):
        other = self.connect(db=3)
        self.client.set('k', 'zero')
        other.set('k', 'three')
        self.assertEqual(self.client.get('k'), b'zero')
        self.assertEqual(other.dbsize(), 1)
        self.assertFalse(self.client.move('k', 3))
        self.client.set('only', 'v')
        self.assertTrue(self.client.move('only', 3))
        self.assertEqual(other.get('only'), b'v')
        self.assertTrue(other.flushdb())
        self.assertEqual(self.client.get('k'), b'zero')

    def test_object(self):
        self.client.mset({'n': 12345, 's': 'short', 'l': 'x' * 200})
        self.assertEqual(self.client.object('encoding', 'n'), b'int')
        self.assertEqual(self.client.object('encoding', 's'), b'embstr')
        self.assertEqual(self.client.object('encoding', 'l'), b'raw')
        self.assertGreater(self.client.memory_usage('l'), 200)


class Connections(WithClient):
    def test_pipeline_of_10000(self):
        with self.client.pipeline(transaction=False) as pipe:
            for number in range(10_000):
                pipe.set(f'k{number}', number)
                pipe.get(f'k{number}')
            replies = pipe.execute()
        self.assertEqual(replies[1::2], [str(number).encode() for number in range(10_000)])

    def test_error_in_a_pipeline_leaves_the_rest_alone(self):
        with self.client.pipeline(transaction=False) as pipe:
            pipe.set('k', 'v')
            pipe.incr('k')
            pipe.get('k')
            first, second, third = pipe.execute(raise_on_error=False)
        self.assertTrue(first)
        self.assertIsInstance(second, redis.ResponseError)
        self.assertEqual(third, b'v')

    def test_name_and_list(self):
        self.client.client_setname('worker-1')
        self.assertEqual(self.client.client_getname(), 'worker-1')
        mine = [row for row in self.client.client_list() if row['name'] == 'worker-1']
        self.assertEqual(len(mine), 1)
        self.assertEqual(int(mine[0]['id']), self.client.client_id())

    def test_kill(self):
        victim = self.connect()
        number = victim.client_id()
        connection = victim.connection_pool.get_connection('CLIENT')
        self.assertEqual(self.client.client_kill_filter(_id=number), 1)
        # The thread that has the connection ends it, maybe only after the killer has its reply.
        with self.assertRaises(redis.ConnectionError):
            connection.read_response()
        victim.connection_pool.release(connection)
        # python3-redis reconnects by itself: it must now be somebody else.
        self.assertNotEqual(victim.client_id(), number)

    def test_info_and_config(self):
        info = self.client.info()
        self.assertEqual(info['redis_version'], '7.2.4')
        self.assertEqual(info['tcp_port'], self.server.port)
        self.client.set('k', 'v')
        self.assertEqual(self.client.info('keyspace')['db0']['keys'], 1)
        self.assertTrue(self.client.config_set('timeout', 600))
        self.assertEqual(self.client.config_get('timeout'), {'timeout': '600'})
        self.assertTrue(self.client.config_set('timeout', 0))
        with self.assertRaisesRegex(redis.ResponseError, "can't set immutable config"):
            self.client.config_set('databases', 3)

    def test_commands_describe_themselves(self):
        described = self.client.command()
        self.assertEqual(described['get']['arity'], 2)
        self.assertIn('readonly', described['get']['flags'])
        self.assertEqual(self.client.command_count(), len(described))
        self.assertEqual(self.client.command_getkeys('MSET', 'a', 1, 'b', 2), ['a', 'b'])

    def test_slow_log(self):
        self.client.config_set('slowlog-log-slower-than', 0)
        self.client.slowlog_reset()
        self.client.set('slow', 'v')
        self.client.config_set('slowlog-log-slower-than', 10000)
        self.assertIn(b'SET slow v', [entry['command'] for entry in self.client.slowlog_get()])

    def test_monitor_sees_commands(self):
        with self.client.monitor() as monitor:
            self.connect().set('watched', 'v')
            self.assertIn('SET watched v', (line['command'] for line in monitor.listen()))

    def test_threads_share_one_counter(self):
        def count():
            client = self.connect()
            for _ in range(500):
                client.incr('n')
        threads = [threading.Thread(target=count) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(self.client.get('n'), b'4000')


class Resp3(SharedServer):
    """python3-redis of this age speaks RESP2 only: RESP3 goes over a raw connection."""

    def test_hello_switches_and_describes(self):
        with self.server.connect() as raw:
            hello = raw.ask('HELLO', '3')
            self.assertEqual(hello[b'proto'], 3)
            self.assertEqual(hello[b'mode'], b'standalone')
            self.assertEqual(hello[b'role'], b'master')
            self.assertEqual(raw.ask('HELLO', '2')[2:6:2], [b'version', b'proto'])

    def test_hello_refuses_what_it_does_not_speak(self):
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('HELLO', '4'), '-NOPROTO unsupported protocol version')
            self.assertEqual(raw.ask('PING'), 'PONG')

    def test_hello_sets_the_name(self):
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('HELLO', '3', 'SETNAME', 'me')[b'proto'], 3)
            self.assertEqual(raw.ask('CLIENT', 'GETNAME'), b'me')

    def test_types(self):
        with self.server.connect() as raw:
            raw.ask('HELLO', '3')
            raw.command('GET', 'missing')
            self.assertEqual(raw.line(), '_')
            raw.command('CONFIG', 'GET', 'timeout')
            self.assertEqual(raw.line(), '%1')
            self.assertEqual([raw.reply(), raw.reply()], [b'timeout', b'0'])
            raw.command('INFO', 'keyspace')
            self.assertRegex(raw.line(), '^=')

    def test_inline_and_split_requests(self):
        with self.server.connect() as raw:
            for byte in '*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nsplit\r\n':
                raw.send(byte)
            self.assertEqual(raw.reply(), 'OK')
            raw.send('GET k\r\n  \r\nSET k "two words"\r\nGET k\r\n')
            self.assertEqual([raw.reply() for _ in range(3)], [b'split', 'OK', b'two words'])

    def test_client_reply_off_and_skip(self):
        with self.server.connect() as raw:
            raw.send('CLIENT REPLY OFF\r\nSET k 1\r\nCLIENT REPLY ON\r\n'
                     'CLIENT REPLY SKIP\r\nSET k 2\r\nGET k\r\n')
            self.assertEqual([raw.reply(), raw.reply()], ['OK', b'2'])

    def test_quit_and_reset(self):
        with self.server.connect() as raw:
            raw.ask('HELLO', '3')
            raw.ask('SELECT', '5')
            self.assertEqual(raw.ask('RESET'), 'RESET')
            self.assertIn(' db=0 ', raw.ask('CLIENT', 'INFO').decode())
            raw.command('GET', 'missing')
            self.assertEqual(raw.line(), '$-1')
            self.assertEqual(raw.ask('QUIT'), 'OK')
            self.assertTrue(raw.at_end())


if __name__ == '__main__':
    rota_server.main()
