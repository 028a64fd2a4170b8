# SPDX-License-Identifier: BSD-3-Clause
"""A server whose threads do one thing wrong is not linearizable: see break_server.py.

This shows that histories are recorded where threads really meet; history_test.py has a proxy do
the harm, to any server."""
import os
import subprocess
import unittest

import rota_server
from rota_server import Server

PROGRAM = os.environ['ROTA_HISTORY']
LINEARIZABLE, REFUSED, UNDECIDED = 0, 1, 3   # exit status of rota-history
HISTORIES_OF_BROKEN = 200   # most faults show in the first few
HISTORIES = 20
TIMEOUT_SECONDS = 120


class BrokenServer(unittest.TestCase):
    def record(self, fault, count):
        with Server('--save', '', '--io-threads', '4', '--io-threads-always-active', 'yes',
                    environment={'ROTA_BROKEN': fault}) as server:
            return subprocess.run([PROGRAM, '--port', str(server.port), '--count', str(count)],
                                  capture_output=True, text=True, timeout=TIMEOUT_SECONDS)

    def assert_refused(self, fault):
        done = self.record(fault, HISTORIES_OF_BROKEN)
        self.assertEqual(done.returncode, REFUSED, done.stdout + done.stderr)
        self.assertIn('no order goes beyond', done.stdout)

    def test_without_a_fault_it_is_linearizable(self):
        for fault in ('none', 'slow_mset'):
            done = self.record(fault, HISTORIES)
            self.assertIn(done.returncode, (LINEARIZABLE, UNDECIDED), done.stdout + done.stderr)

    def test_half_a_transaction_seen_is_refused(self):
        self.assert_refused('half_transaction')

    def test_a_stale_read_is_refused(self):
        self.assert_refused('stale_read')

    def test_a_lost_update_is_refused(self):
        self.assert_refused('lost_update')

    def test_a_reply_before_the_write_is_published_is_refused(self):
        self.assert_refused('reply_before_publish')


if __name__ == '__main__':
    rota_server.main()
