# SPDX-License-Identifier: BSD-3-Clause
"""Clients that are told something outside of their own turn: those who wait in a blocking command
and those who listen to channels, however the connections are spread over threads."""
import re

from rota_server import SharedServer, main, wait_until

CLIENTS = 60


class Waiting(SharedServer):
    def setUp(self):
        super().setUp()
        self.admin = self.server.connect()
        self.addCleanup(self.admin.close)

    def crowd(self, *words):
        crowd = [self.server.connect() for _ in range(CLIENTS)]
        for raw in crowd:
            self.addCleanup(raw.close)
            raw.command(*words)
        return crowd

    def info(self, field):
        return int(re.search(rf'^{field}:(\d+)', self.admin.ask('INFO').decode(), re.M)[1])

    def wait_for_blocked(self, count):
        wait_until(lambda: self.info('blocked_clients') == count, f'{count} clients wait')

    def test_every_client_that_waits_is_served_once(self):
        crowd = self.crowd('BLPOP', 'k', '0')
        self.wait_for_blocked(CLIENTS)
        pushed = [str(i).encode() for i in range(CLIENTS)]
        self.assertEqual(self.admin.ask('RPUSH', 'k', *pushed, 'left'), CLIENTS + 1)
        served = [raw.reply()[1] for raw in crowd]
        self.assertEqual(sorted(served), sorted(pushed))
        self.assertEqual(self.admin.ask('LRANGE', 'k', 0, -1), [b'left'])

    def test_what_follows_in_the_pipeline_waits_for_the_answer(self):
        crowd = self.crowd('BLPOP', 'k', '0')
        for i, raw in enumerate(crowd):
            raw.command('ECHO', i)
            raw.command('BLPOP', 'j', '0')
            raw.command('ECHO', 'last')
        self.wait_for_blocked(CLIENTS)
        self.admin.ask('RPUSH', 'k', *['x'] * CLIENTS)
        for i, raw in enumerate(crowd):
            self.assertEqual([raw.reply(), raw.reply()], [[b'k', b'x'], str(i).encode()])
        self.wait_for_blocked(CLIENTS)
        self.admin.ask('RPUSH', 'j', *['y'] * CLIENTS)
        for raw in crowd:
            self.assertEqual([raw.reply(), raw.reply()], [[b'j', b'y'], b'last'])

    def test_timeouts_and_ends_leave_nothing_behind(self):
        crowd = self.crowd('BLPOP', 'k', '0.01')
        self.assertEqual([raw.reply() for raw in crowd], [None] * CLIENTS)
        for raw in crowd:
            raw.command('BLPOP', 'k', '0')
        self.wait_for_blocked(CLIENTS)
        for raw in crowd[::2]:
            raw.socket.shutdown(2)
        self.wait_for_blocked(CLIENTS // 2)
        self.admin.ask('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
        self.wait_for_blocked(0)
        self.assertEqual(self.admin.ask('RPUSH', 'k', 'x'), 1)

    def test_a_message_reaches_all_who_listen(self):
        crowd = self.crowd('SUBSCRIBE', 'ch')
        for raw in crowd:
            self.assertEqual(raw.reply(), [b'subscribe', b'ch', 1])
        for i in range(20):
            self.assertEqual(self.admin.ask('PUBLISH', 'ch', f'{i}' * 1000), CLIENTS)
        for raw in crowd:
            for i in range(20):
                self.assertEqual(raw.reply(), [b'message', b'ch', f'{i}'.encode() * 1000])

    def test_a_slow_listener_is_let_go(self):
        self.admin.ask('CONFIG', 'SET', 'client-output-buffer-limit', 'pubsub 100kb 0 0')
        slow = self.server.connect()
        self.addCleanup(slow.close)
        slow.ask('SUBSCRIBE', 'ch')
        wait_until(lambda: self.admin.ask('PUBLISH', 'ch', 'x' * 50000) == 0, 'it is let go')


if __name__ == '__main__':
    main()
