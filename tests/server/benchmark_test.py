# SPDX-License-Identifier: BSD-3-Clause
"""Load generators that others wrote: redis-benchmark of the distribution, test by test."""
import shutil
import subprocess

import rota_server
from rota_server import DEADLINE_SECONDS, SharedServer

# Its default tests, less those of types that do not exist yet. A type that comes adds its own.
TESTS = ('ping_inline', 'ping_mbulk', 'set', 'get', 'incr', 'mset')


class RedisBenchmark(SharedServer):
    def load(self, *options, requests=2000):
        program = shutil.which('redis-benchmark')
        self.assertIsNotNone(program, 'redis-benchmark is missing: tools/deps test installs it')
        done = subprocess.run([program, '-p', str(self.server.port), '-n', str(requests), '--csv',
                               *options], capture_output=True, text=True,
                              timeout=4 * DEADLINE_SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn('Error', done.stdout + done.stderr)
        self.assertNotIn('WARNING: Could not', done.stdout + done.stderr)
        return [line.split(',')[0].strip('"') for line in done.stdout.splitlines()[1:]]

    def commands_run(self):
        with self.server.connect() as raw:
            info = raw.ask('INFO', 'stats').decode()
        return int(info.partition('total_commands_processed:')[2].split('\r')[0])

    def test_default_tests(self):
        ran = self.load('-t', ','.join(TESTS))
        self.assertEqual(len(ran), len(TESTS), ran)
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('GET', 'counter:__rand_int__'), b'2000')

    def test_pipelines(self):
        before = self.commands_run()
        self.load('-t', ','.join(TESTS), '-P', '16', '-r', '1000', '-d', '512', requests=8000)
        self.assertGreaterEqual(self.commands_run() - before, 8000 * len(TESTS))

    def test_many_connections(self):
        self.load('-t', 'set,get', '-c', '500', '-r', '1000', requests=5000)

    def test_connection_for_every_request(self):
        self.load('-t', 'ping_mbulk,set', '-k', '0', requests=1000)

    def test_resp3_and_threads(self):
        self.load('-t', 'set,get', '-3', '--threads', '2', requests=4000)

    def test_large_values(self):
        self.load('-t', 'set,get', '-d', '1000000', '-c', '10', requests=50)

    def test_any_command_line(self):
        self.load('-r', '100', 'setrange', 'key:__rand_int__', '5', 'abc')
        with self.server.connect() as raw:
            self.assertGreater(raw.ask('DBSIZE'), 0)


if __name__ == '__main__':
    rota_server.main()
