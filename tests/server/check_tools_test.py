# SPDX-License-Identifier: BSD-3-Clause
"""rota-check-aof and rota-check-rdb: what they say, what they cut off, and that nothing in a file
can hurt them or make them change what they were not asked to change.
"""
import os
import random
import subprocess
import tempfile
import unittest

import rota_server
from rota_server import Server

CHECK_AOF, CHECK_RDB = os.environ['CHECK_AOF'], os.environ['CHECK_RDB']


def command(*words):
    parts = [str(word).encode() for word in words]
    return b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%s\r\n' % (len(p), p) for p in parts)


def run(*arguments, answer=''):
    done = subprocess.run(arguments, input=answer, capture_output=True, text=True,
                          errors='replace', timeout=30)
    return done.returncode, done.stdout + done.stderr


class CheckTools(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='rota-check-')
        self.addCleanup(self.folder.cleanup)

    def put(self, name, content):
        path = os.path.join(self.folder.name, name)
        with open(path, 'wb') as file:
            file.write(content)
        return path

    def content(self, path):
        with open(path, 'rb') as file:
            return file.read()

    def test_what_a_server_has_written_is_valid(self):
        with Server('--save', '', '--appendonly', 'yes') as server:
            with server.connect() as raw:
                for i in range(50):
                    raw.ask('SET', f'key{i}', i)
                raw.ask('SAVE')
                raw.ask('MULTI')
                raw.ask('INCR', 'a')
                raw.ask('INCR', 'a')
                raw.ask('EXEC')
            code, said = run(CHECK_AOF, os.path.join(server.folder, 'appendonlydir',
                                                     'appendonly.aof.manifest'))
            self.assertEqual(code, 0, said)
            for expected in ('Start checking Multi Part AOF', 'BASE AOF (RDB format)',
                             'RDB preamble is OK, proceeding with AOF tail', 'BASE AOF',
                             'Start to check INCR files', 'INCR AOF', 'diff=0',
                             'All AOF files and manifest are valid'):
                self.assertIn(expected, said)
            code, said = run(CHECK_RDB, os.path.join(server.folder, 'dump.rdb'))
            self.assertEqual(code, 0, said)
            self.assertIn('RDB looks OK', said)
            self.assertIn('50 keys read', said)

    def test_fix_cuts_off_what_is_not_whole_and_asks_first(self):
        whole = command('SET', 'foo', 'hello')
        for torn in (b'!!!', command('MULTI') + command('SET', 'a', 1), command('GET', 'a')[:-1]):
            path = self.put('a.aof', whole + torn)
            code, said = run(CHECK_AOF, path)
            self.assertEqual(code, 1)
            self.assertIn('not valid', said)
            self.assertIn(f'ok_up_to={len(whole)}, ok_up_to_line=8, diff={len(torn)}', said)
            self.assertEqual(run(CHECK_AOF, '--fix', path, answer='n\n')[0], 1)
            self.assertEqual(self.content(path), whole + torn)
            code, said = run(CHECK_AOF, '--fix', path, answer='y\n')
            self.assertEqual(code, 0)
            self.assertIn('Successfully truncated AOF', said)
            self.assertEqual(self.content(path), whole)
            self.assertEqual(run(CHECK_AOF, path)[0], 0)

    def test_only_the_last_of_several_files_is_cut(self):
        self.put('x.1.incr.aof', command('SET', 'a', 1)[:-1])
        self.put('x.2.incr.aof', command('SET', 'a', 1))
        manifest = self.put('x.manifest', b'file x.1.incr.aof seq 1 type i\n'
                                          b'file x.2.incr.aof seq 2 type i\n')
        code, said = run(CHECK_AOF, '--fix', manifest, answer='y\n')
        self.assertEqual(code, 1)
        self.assertIn('because it is not the last file', said)

    def test_it_is_cut_at_a_time(self):
        first = b'#TS:1\r\n' + command('SET', 'a', 1)
        path = self.put('a.aof', first + b'#TS:9\r\n' + command('SET', 'b', 1))
        code, said = run(CHECK_AOF, '--truncate-to-timestamp', '5', path)
        self.assertEqual(code, 0)
        self.assertIn('Successfully truncated AOF', said)
        self.assertEqual(self.content(path), first)

    def test_wrong_use_is_told(self):
        for arguments in ([], ['--fix'], ['--truncate-to-timestamp', 'x', 'f'], ['--bad', 'f'],
                          ['/nowhere/file.aof'], ['/nowhere/file.manifest'], ['x' * 65536]):
            self.assertEqual(run(CHECK_AOF, *arguments)[0], 1)
        self.assertEqual(run(CHECK_RDB)[0], 1)
        self.assertEqual(run(CHECK_RDB, '/nowhere/file.rdb')[0], 1)
        bad = self.put('bad.manifest', b'\n')
        self.assertIn('Invalid AOF manifest file format', run(CHECK_AOF, bad)[1])

    def test_hostile_files_are_refused_or_read_and_never_changed(self):
        chance = random.Random(5)
        with Server('--save', '') as server:
            with server.connect() as raw:
                raw.ask('SET', 'a', 'x' * 100)
                raw.ask('RPUSH', 'l', *range(50))
                raw.ask('XADD', 's', '1-1', 'f', 'v')
                raw.ask('SAVE')
            snapshot = self.content(os.path.join(server.folder, 'dump.rdb'))
        whole = snapshot + command('SET', 'foo', 'hello') * 3
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(chance.randrange(1, 4)):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            path = self.put('a', bytes(damaged[:chance.randrange(len(damaged))]))
            before = self.content(path)
            for program in (CHECK_AOF, CHECK_RDB):
                code, said = run(program, path)
                self.assertIn(code, (0, 1), said)
            self.assertEqual(self.content(path), before)


if __name__ == '__main__':
    rota_server.main()
