# SPDX-License-Identifier: BSD-3-Clause
"""The C client hiredis, through hiredis_smoke.cc: one run of it for each check."""
import os
import subprocess
import tempfile

import rota_server
from rota_server import DEADLINE_SECONDS, Server, SharedServer


class Hiredis(SharedServer):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix='rota-test-')
        cls.socket_path = os.path.join(cls.folder.name, 'server.sock')
        cls.server = Server(*cls.arguments, '--unixsocket', cls.socket_path).start()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.folder.cleanup()

    def check(self, name):
        done = subprocess.run([os.environ['HIREDIS_SMOKE'], str(self.server.port),
                               self.socket_path, name], capture_output=True, text=True,
                              timeout=4 * DEADLINE_SECONDS)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_types_of_replies(self):
        self.check('types_of_replies')

    def test_binary_safety(self):
        self.check('binary_safety')

    def test_pipeline(self):
        self.check('pipeline')

    def test_unix_socket(self):
        self.check('unix_socket')

    def test_connection_that_is_killed(self):
        self.check('connection_that_is_killed')


if __name__ == '__main__':
    rota_server.main()
