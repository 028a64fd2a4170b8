# SPDX-License-Identifier: BSD-3-Clause
"""Client tracking where replies alone do not show it: limits, expiry, threads, clients that go."""
import unittest

import rota_server
from rota_server import Server, SharedServer, wait_until


class Tracking(SharedServer):
    def tracker(self, *options):
        raw = self.server.connect()
        self.addCleanup(raw.close)
        raw.ask('HELLO', '3')
        self.assertEqual(raw.ask('CLIENT', 'TRACKING', 'ON', *options), 'OK')
        return raw

    def setUp(self):
        super().setUp()
        self.admin = self.server.connect()
        self.addCleanup(self.admin.close)

    def info(self, field):
        for section in ('stats', 'clients'):
            for line in self.admin.ask('INFO', section).decode().split('\r\n'):
                if line.startswith(field + ':'):
                    return int(line.partition(':')[2])
        raise KeyError(field)

    def test_a_key_that_expires_is_told(self):
        for options in ((), ('BCAST',)):
            raw = self.tracker(*options)
            self.admin.ask('SET', 'k', 'v', 'PX', '20')
            if options:
                self.assertEqual(raw.reply(), [b'invalidate', [b'k']])
            raw.ask('GET', 'k')
            self.assertEqual(raw.reply(), [b'invalidate', [b'k']])   # by the active cycle
            self.assertEqual(raw.ask('CLIENT', 'TRACKING', 'OFF'), 'OK')

    def test_the_table_keeps_its_limit_and_tells_whom_it_forgets(self):
        raw = self.tracker()
        self.admin.ask('CONFIG', 'SET', 'tracking-table-max-keys', '10')
        raw.send(b''.join(b'GET k%d\r\n' % n for n in range(1000)))
        gone = set()
        replies = 0
        while replies < 1000 or len(gone) < 990:
            reply = raw.reply()
            if isinstance(reply, list):
                gone.add(reply[1][0])
            else:
                replies += 1
        self.assertEqual(self.info('tracking_total_keys'), 10)
        self.assertEqual(self.info('tracking_total_items'), 10)
        # A lower limit is reached without a further read.
        self.admin.ask('CONFIG', 'SET', 'tracking-table-max-keys', '3')
        wait_until(lambda: self.info('tracking_total_keys') == 3, 'the table shrinks')
        self.admin.ask('CONFIG', 'SET', 'tracking-table-max-keys', '1000000')

    def test_a_command_of_many_keys_does_not_outgrow_the_limit(self):
        raw = self.tracker()
        self.admin.ask('CONFIG', 'SET', 'tracking-table-max-keys', '10')
        raw.ask('MGET', *(f'k{n}' for n in range(5000)))
        self.assertLessEqual(self.info('tracking_total_keys'), 10)
        self.admin.ask('CONFIG', 'SET', 'tracking-table-max-keys', '1000000')

    def test_info_counts_keys_items_prefixes_and_clients(self):
        one, two = self.tracker(), self.tracker()
        wide = self.tracker('BCAST', 'PREFIX', 'a', 'PREFIX', 'b')
        for raw in (one, two):
            raw.ask('MGET', 'x', 'y')
        one.ask('GET', 'z')
        self.assertEqual(self.info('tracking_clients'), 3)
        self.assertEqual(self.info('tracking_total_keys'), 3)
        self.assertEqual(self.info('tracking_total_items'), 5)
        self.assertEqual(self.info('tracking_total_prefixes'), 2)
        for raw in (one, two, wide):
            raw.close()
        wait_until(lambda: self.info('tracking_clients') == 0, 'they are gone')
        self.assertEqual(self.info('tracking_total_prefixes'), 0)
        self.admin.ask('MSET', 'x', '1', 'y', '1', 'z', '1')   # nobody is left to be told
        self.assertEqual(self.info('tracking_total_keys'), 0)

    def test_a_client_that_tracks_itself_and_goes_takes_nothing_along(self):
        for _ in range(20):
            raw = self.tracker('BCAST', 'PREFIX', 'p')
            raw.send(b'SET p 1\r\nSET p 2\r\nQUIT\r\n')
            self.admin.ask('SET', 'p', '3')
            raw.close()
        self.assertEqual(self.admin.ask('PING'), 'PONG')


class Threads(unittest.TestCase):
    """Reads that IO threads answer are not remembered, so those of a client that tracks are not."""

    def test_every_change_of_what_was_read_is_told(self):
        with Server('--save', '', '--io-threads', '3', '--io-threads-always-active',
                    'yes') as server:
            admin = server.connect()
            admin.ask('SET', 'k', '0')
            clients = [server.connect() for _ in range(6)]
            for raw in clients:
                raw.ask('HELLO', '3')
                self.assertEqual(raw.ask('GET', 'k'), b'0')   # still on its thread
                raw.ask('CLIENT', 'TRACKING', 'ON')
            for turn in range(1, 30):
                before = str(turn - 1).encode()
                for raw in clients:
                    self.assertEqual(raw.ask('GET', 'k'), before)
                admin.ask('SET', 'k', str(turn))
                for raw in clients:
                    self.assertEqual(raw.reply(), [b'invalidate', [b'k']])


if __name__ == '__main__':
    rota_server.main()
