# SPDX-License-Identifier: BSD-3-Clause
"""What many connections see of a server is linearizable; and of a broken server it is not.

HISTORIES says how many are recorded of the real server, ROTA_TEST_LONG asks for very many.
"""
import os
import re
import subprocess

import rota_server
from fault_proxy import FaultProxy
from rota_server import SharedServer

PROGRAM = os.environ['ROTA_HISTORY']
LONG = os.environ.get('ROTA_TEST_LONG') == '1'
HISTORIES = int(os.environ.get('HISTORIES', '2000' if LONG else '60'))
# Enough for every fault to show: most show in the first few.
HISTORIES_OF_BROKEN = 60
TIMEOUT_SECONDS = 60 + HISTORIES

LINEARIZABLE, REFUSED, UNDECIDED = 0, 1, 3   # exit status of rota-history
UNDECIDED_MAX = 0.02   # the share of histories that may be too hard to judge


class Histories(SharedServer):
    def record(self, *arguments):
        return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True,
                              timeout=TIMEOUT_SECONDS)

    def test_all_are_linearizable(self):
        done = self.record('--port', self.server.port, '--count', HISTORIES)
        self.assertIn(done.returncode, (LINEARIZABLE, UNDECIDED), done.stdout + done.stderr)
        undecided = int(re.search(r'(\d+) undecided', done.stdout)[1])
        self.assertLessEqual(undecided, HISTORIES * UNDECIDED_MAX)
        print('#', done.stdout.strip().replace('\n', '\n# '), flush=True)

    def through(self, fault, count):
        proxy = FaultProxy(self.server.port, fault)
        try:
            return self.record('--port', proxy.port, '--count', count)
        finally:
            proxy.close()

    def test_a_proxy_without_a_fault_changes_nothing(self):
        done = self.through('none', 10)
        self.assertIn(done.returncode, (LINEARIZABLE, UNDECIDED), done.stdout + done.stderr)

    def assert_refused(self, fault):
        done = self.through(fault, HISTORIES_OF_BROKEN)
        self.assertEqual(done.returncode, REFUSED, done.stdout + done.stderr)
        self.assertIn('no order goes beyond', done.stdout)

    def test_a_stale_read_is_refused(self):
        self.assert_refused('stale_read')

    def test_half_an_mset_is_refused(self):
        self.assert_refused('half_mset')

    def test_a_lost_update_is_refused(self):
        self.assert_refused('lost_update')

    def test_a_reply_before_the_write_is_published_is_refused(self):
        self.assert_refused('reply_before_publish')


if __name__ == '__main__':
    rota_server.main()
