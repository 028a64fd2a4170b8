# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots: written on request and by themselves, loaded at the start, never half there."""
import os
import signal
import unittest

import rota_server
from rota_server import Server, wait_until


class Snapshots(unittest.TestCase):
    def again(self, server):
        """The same folder with a new process."""
        if server.process.poll() is None:
            server.process.send_signal(signal.SIGKILL)
        server.wait_for_exit()
        return server.start()

    def info(self, raw, field):
        lines = raw.ask('INFO', 'persistence').decode().split('\r\n')
        return dict(line.split(':') for line in lines if ':' in line)[field]

    def files(self, server):
        return sorted(name for name in os.listdir(server.folder) if name.endswith('.rdb'))

    def test_what_was_saved_is_there_after_a_kill(self):
        with Server('--save', '') as server:
            with server.connect() as raw:
                raw.ask('SET', 'a', '1')
                raw.ask('SET', 'gone', '1', 'PX', '1')
                raw.ask('SELECT', '5')
                raw.ask('RPUSH', 'list', 'x', 'y')
                self.assertEqual(raw.ask('SAVE'), 'OK')
                raw.ask('SET', 'b', 'too late')
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('GET', 'a'), b'1')
                self.assertEqual(raw.ask('EXISTS', 'gone'), 0)
                raw.ask('SELECT', '5')
                self.assertEqual(raw.ask('LRANGE', 'list', '0', '-1'), [b'x', b'y'])
                self.assertEqual(raw.ask('EXISTS', 'b'), 0)
                self.assertEqual(self.info(raw, 'rdb_last_load_keys_loaded'), '2')

    def test_bgsave_sees_the_moment_at_which_it_began(self):
        with Server('--save', '', '--rdb-key-save-delay', '1000') as server:
            with server.connect() as raw:
                for i in range(50):
                    raw.ask('SET', f'key{i}', 'before')
                self.assertEqual(raw.ask('BGSAVE'), 'Background saving started')
                self.assertEqual(raw.ask('BGSAVE'), '-ERR Background save already in progress')
                self.assertEqual(self.info(raw, 'rdb_bgsave_in_progress'), '1')
                for i in range(50):
                    raw.ask('SET', f'key{i}', 'after')
                wait_until(lambda: self.info(raw, 'rdb_bgsave_in_progress') == '0', 'the end')
                self.assertEqual(self.info(raw, 'rdb_last_bgsave_status'), 'ok')
                self.assertEqual(self.info(raw, 'rdb_changes_since_last_save'), '50')
            self.again(server)
            with server.connect() as raw:
                for i in range(50):
                    self.assertEqual(raw.ask('GET', f'key{i}'), b'before')

    def test_a_cancelled_bgsave_leaves_nothing(self):
        with Server('--save', '', '--rdb-key-save-delay', '100000') as server, \
                server.connect() as raw:
            for i in range(100):
                raw.ask('SET', f'key{i}', 'x')
            self.assertTrue(raw.ask('BGSAVE', 'CANCEL').startswith('-ERR Background saving is'))
            raw.ask('BGSAVE')
            self.assertEqual(raw.ask('BGSAVE', 'CANCEL'), 'Background saving cancelled')
            self.assertEqual(self.info(raw, 'rdb_bgsave_in_progress'), '0')
            self.assertEqual(self.info(raw, 'rdb_last_bgsave_status'), 'ok')
            self.assertEqual(self.files(server), [])

    def test_a_save_point_saves(self):
        with Server('--save', '1 2') as server, server.connect() as raw:
            raw.ask('SET', 'a', '1')
            raw.ask('SET', 'b', '1')
            wait_until(lambda: self.info(raw, 'rdb_saves') == '1', 'a snapshot')
            self.assertEqual(self.files(server), ['dump.rdb'])

    def test_an_orderly_end_saves_where_there_are_save_points(self):
        with Server('--save', '3600 1') as server:
            for words in (('SHUTDOWN',), ('SHUTDOWN', 'NOSAVE')):
                with server.connect() as raw:
                    raw.ask('INCR', 'count')
                    raw.command(*words)
                    self.assertEqual(server.wait_for_exit(), 0)
                self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('GET', 'count'), b'1')

    def test_a_snapshot_that_fails_is_told_and_stops_writes(self):
        with Server('--save', '3600 1', '--dbfilename', 'dump.rdb') as server, \
                server.connect() as raw:
            os.mkdir(os.path.join(server.folder, 'dump.rdb'))
            raw.ask('SET', 'a', '1')
            self.assertTrue(raw.ask('SAVE').startswith('-ERR'))
            self.assertEqual(self.info(raw, 'rdb_last_bgsave_status'), 'err')
            self.assertTrue(raw.ask('SET', 'a', '2').startswith('-MISCONF'))
            self.assertEqual(raw.ask('GET', 'a'), b'1')
            self.assertTrue(raw.ask('SHUTDOWN').startswith('-ERR Errors trying to SHUTDOWN'))
            raw.ask('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no')
            self.assertEqual(raw.ask('SET', 'a', '2'), 'OK')
            os.rmdir(os.path.join(server.folder, 'dump.rdb'))
            self.assertEqual(raw.ask('SAVE'), 'OK')
            self.assertEqual(self.files(server), ['dump.rdb'])

    def test_a_damaged_file_is_refused_with_the_reason(self):
        with Server('--save', '') as server:
            with server.connect() as raw:
                raw.ask('SET', 'key', 'value' * 10)
                raw.ask('SAVE')
            server.process.send_signal(signal.SIGKILL)
            server.wait_for_exit()
            path = os.path.join(server.folder, 'dump.rdb')
            with open(path, 'rb') as file:
                whole = file.read()
            for damaged, reason in ((whole[:-20], 'at byte'),
                                    (whole[:-1] + bytes([whole[-1] ^ 1]), 'checksum'),
                                    (b'', 'no RDB file'), (b'REDIS0099' + whole[9:], 'version'),
                                    (b'x' + whole[1:], 'no RDB file')):
                with open(path, 'wb') as file:
                    file.write(damaged)
                server._spawn()
                self.assertEqual(server.wait_for_exit(), 1)
                self.assertIn(reason, server.log())
                with open(path, 'rb') as file:
                    self.assertEqual(file.read(), damaged)

    def test_debug_reload_changes_nothing(self):
        with Server('--save', '', '--enable-debug-command', 'yes') as server, \
                server.connect() as raw:
            raw.ask('SET', 'a', '1', 'EX', '1000')
            raw.ask('XADD', 's', '1-1', 'f', 'v')
            digest = raw.ask('DEBUG', 'DIGEST')
            self.assertEqual(raw.ask('DEBUG', 'RELOAD'), 'OK')
            self.assertEqual(raw.ask('DEBUG', 'RELOAD', 'NOFLUSH', 'MERGE'), 'OK')
            self.assertTrue(raw.ask('DEBUG', 'RELOAD', 'NOFLUSH').startswith('-ERR Error trying'))
            self.assertEqual(raw.ask('DEBUG', 'DIGEST'), digest)


if __name__ == '__main__':
    rota_server.main()
