# SPDX-License-Identifier: BSD-3-Clause
"""The append-only file: what was acknowledged is there after a kill, whatever was going on; a torn
end costs what was not whole and nothing else; a file that is damaged is refused with the place; a
disk that failed once is not believed again.
"""
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

import rota_server
from rota_server import Server, wait_until

FOLDER = 'appendonlydir'
MANIFEST = 'appendonly.aof.manifest'


def command(*words):
    parts = [str(word).encode() for word in words]
    return b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%s\r\n' % (len(p), p) for p in parts)


class Aof(unittest.TestCase):
    def server(self, *arguments):
        return Server('--save', '', '--appendonly', 'yes', '--enable-debug-command', 'yes',
                      *arguments)

    def again(self, server):
        """The same folder with a new process, after a kill."""
        if server.process.poll() is None:
            # While the disk is busy with a sync, everysec lets what follows wait in the process.
            with server.connect() as raw:
                wait_until(lambda: self.info(raw, 'aof_enabled') == '0' or
                           self.info(raw, 'aof_buffer_length') == '0', 'the write')
            server.process.send_signal(signal.SIGKILL)
        server.wait_for_exit()
        return server.start()

    def refused(self, server, *reasons):
        server._spawn()
        self.assertEqual(server.wait_for_exit(), 1)
        for reason in reasons:
            self.assertIn(reason, server.log())

    def path(self, server, name):
        return os.path.join(server.folder, FOLDER, name)

    def read(self, server, name):
        with open(self.path(server, name), 'rb') as file:
            return file.read()

    def put(self, server, name, content):
        os.makedirs(os.path.join(server.folder, FOLDER), exist_ok=True)
        with open(self.path(server, name), 'wb') as file:
            file.write(content)

    def put_increment(self, server, content):
        self.put(server, MANIFEST, b'file appendonly.aof.1.incr.aof seq 1 type i\n')
        self.put(server, 'appendonly.aof.1.incr.aof', content)

    def info(self, raw, field):
        lines = raw.ask('INFO', 'persistence').decode().split('\r\n')
        return dict(line.split(':') for line in lines if ':' in line)[field]

    def rewrite(self, raw):
        before = int(self.info(raw, 'aof_rewrites'))
        self.assertEqual(raw.ask('BGREWRITEAOF'), 'Background append only file rewriting started')
        wait_until(lambda: int(self.info(raw, 'aof_rewrites')) == before + 1, 'the rewrite')

    def test_files_have_the_known_names_and_survive_a_kill(self):
        for fsync in ('always', 'everysec', 'no'):
            with self.server('--appendfsync', fsync) as server:
                self.assertEqual(self.read(server, MANIFEST).decode(),
                                 'file appendonly.aof.1.base.rdb seq 1 type b\n'
                                 'file appendonly.aof.1.incr.aof seq 1 type i\n')
                with server.connect() as raw:
                    raw.ask('SET', 'a', '1')
                    raw.ask('SELECT', '3')
                    raw.ask('SET', 'b', '2', 'EX', '100')
                self.again(server)
                with server.connect() as raw:
                    self.assertEqual(raw.ask('GET', 'a'), b'1')
                    raw.ask('SELECT', '3')
                    self.assertEqual(raw.ask('GET', 'b'), b'2')
                    self.assertTrue(0 < raw.ask('PTTL', 'b') <= 100000)

    def test_a_rewrite_begins_anew_and_loses_nothing(self):
        for preamble, suffix in (('yes', 'rdb'), ('no', 'aof')):
            with self.server('--appendfsync', 'always',
                             '--aof-use-rdb-preamble', preamble) as server:
                with server.connect() as raw:
                    for i in range(200):
                        raw.ask('SET', f'key{i}', i)
                        raw.ask('RPUSH', 'list', i)
                    raw.ask('HSET', 'hash', 'f', 'v')
                    raw.ask('HEXPIRE', 'hash', '100', 'FIELDS', '1', 'f')
                    raw.ask('XADD', 's', '5-5', 'f', 'v')
                    raw.ask('XGROUP', 'CREATE', 's', 'g', '0')
                    raw.ask('XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 's', '>')
                    raw.ask('ZADD', 'z', '1.5', 'a')
                    raw.ask('SADD', 'set', 'x', '1')
                    self.rewrite(raw)
                    raw.ask('SET', 'later', '1')
                    digest = raw.ask('DEBUG', 'DIGEST')
                    self.assertEqual(sorted(os.listdir(os.path.join(server.folder, FOLDER))),
                                     [f'appendonly.aof.2.base.{suffix}',
                                      'appendonly.aof.2.incr.aof', MANIFEST])
                    self.assertEqual(raw.ask('DEBUG', 'LOADAOF'), 'OK')
                    self.assertEqual(raw.ask('DEBUG', 'DIGEST'), digest)
                self.again(server)
                with server.connect() as raw:
                    self.assertEqual(raw.ask('DEBUG', 'DIGEST'), digest)
                    self.assertEqual(raw.ask('XPENDING', 's', 'g')[0], 1)

    def test_it_is_turned_on_and_off_while_running(self):
        with Server('--save', '', '--appendonly', 'no') as server:
            with server.connect() as raw:
                raw.ask('SET', 'before', '1')
                self.assertEqual(raw.ask('CONFIG', 'SET', 'appendonly', 'yes'), 'OK')
                raw.ask('SET', 'during', '1')
                wait_until(lambda: self.info(raw, 'aof_rewrites') == '1', 'the first rewrite')
                raw.ask('SET', 'after', '1')
                self.assertEqual(self.info(raw, 'aof_enabled'), '1')
                raw.ask('CONFIG', 'SET', 'appendonly', 'no')
                raw.ask('SET', 'off', '1')
                raw.ask('CONFIG', 'SET', 'appendonly', 'yes')
                wait_until(lambda: self.info(raw, 'aof_rewrites') == '2', 'the second rewrite')
            server.arguments = ('--save', '', '--appendonly', 'yes')
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('EXISTS', 'before', 'during', 'after', 'off'), 4)

    def test_it_is_turned_on_while_a_snapshot_is_written(self):
        with Server('--save', '', '--rdb-key-save-delay', '20000') as server:
            with server.connect() as raw:
                raw.ask('MSET', *(f'key{i // 2}' for i in range(40)))
                raw.ask('BGSAVE')
                self.assertEqual(raw.ask('CONFIG', 'SET', 'appendonly', 'yes'), 'OK')
                raw.ask('INCR', 'count')
                self.assertEqual(self.info(raw, 'aof_rewrite_scheduled'), '1')
                wait_until(lambda: self.info(raw, 'aof_rewrites') == '1', 'the rewrite')
                raw.ask('INCR', 'count')
            server.arguments = ('--save', '', '--appendonly', 'yes')
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('GET', 'count'), b'2')

    def test_a_rewrite_without_appending_leaves_a_base_alone(self):
        with Server('--save', '', '--appendonly', 'no') as server, server.connect() as raw:
            raw.ask('SET', 'a', '1')
            self.rewrite(raw)
            raw.ask('SET', 'b', '1')
            self.rewrite(raw)
            self.assertEqual(self.info(raw, 'aof_enabled'), '0')
            self.assertEqual(self.read(server, MANIFEST),
                             b'file appendonly.aof.2.base.rdb seq 2 type b\n')

    def test_an_old_single_file_becomes_the_base(self):
        with self.server() as server:
            server.process.send_signal(signal.SIGKILL)
            server.wait_for_exit()
            for name in os.listdir(os.path.join(server.folder, FOLDER)):
                os.unlink(self.path(server, name))
            with open(os.path.join(server.folder, 'appendonly.aof'), 'wb') as file:
                file.write(command('SELECT', 0) + command('SET', 'old', 1))
            for _ in range(2):
                self.again(server)
                with server.connect() as raw:
                    self.assertEqual(raw.ask('GET', 'old'), b'1')
            self.assertTrue(self.read(server, MANIFEST).startswith(
                b'file appendonly.aof seq 1 type b\n'))

    def test_what_expires_and_what_chance_decides_is_told_as_it_was(self):
        with self.server() as server:
            with server.connect() as raw:
                raw.ask('SADD', 'set', *range(50))
                raw.ask('SPOP', 'set', '20')
                raw.ask('SPOP', 'set')
                raw.ask('SET', 'gone', '1', 'PX', '1')
                wait_until(lambda: raw.ask('EXISTS', 'gone') == 0, 'expiry')
                raw.ask('INCRBYFLOAT', 'f', '0.1')
                raw.ask('XADD', 's', '*', 'f', 'v')
                digest = raw.ask('DEBUG', 'DIGEST')
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('DEBUG', 'DIGEST'), digest)
            increment = self.read(server, 'appendonly.aof.1.incr.aof')
            self.assertIn(command('UNLINK', 'gone'), increment)

    def test_what_scripts_did_is_told_once_and_functions_come_back(self):
        library = ("#!lua name=lib\nserver.register_function('twice', function(keys, args)"
                   " server.call('INCR', keys[1]) return server.call('INCR', keys[1]) end)")
        for preamble in ('yes', 'no'):
            with self.server('--appendfsync', 'always',
                             '--aof-use-rdb-preamble', preamble) as server:
                with server.connect() as raw:
                    raw.ask('SELECT', '3')
                    self.assertEqual(raw.ask('FUNCTION', 'LOAD', library), b'lib')
                    self.assertEqual(raw.ask('FCALL', 'twice', '1', 'counter'), 2)
                    self.assertEqual(raw.ask('EVAL', "server.call('RPUSH', KEYS[1], ARGV[1]) "
                                             "server.call('SET', KEYS[2], server.call('INCR', "
                                             "KEYS[3]))", '3', 'list', 'k', 'counter', 'x'), None)
                    raw.ask('EVAL', "return server.call('GET', KEYS[1])", '1', 'k')   # no write
                increment = self.read(server, 'appendonly.aof.1.incr.aof')
                self.assertNotIn(b'EVAL', increment)
                self.assertNotIn(b'FCALL', increment)
                self.assertEqual(increment.count(command('MULTI')), 2)
                for rewritten in (False, True):
                    self.again(server)
                    with server.connect() as raw:
                        raw.ask('SELECT', '3')
                        self.assertEqual(raw.ask('MGET', 'counter', 'k'), [b'3', b'3'])
                        self.assertEqual(raw.ask('LRANGE', 'list', '0', '-1'), [b'x'])
                        self.assertEqual(raw.ask('FCALL', 'twice', '1', 'other'), 2)
                        self.assertEqual(raw.ask('DEL', 'other'), 1)
                        if not rewritten:
                            self.rewrite(raw)

    def test_what_was_evicted_does_not_come_back(self):
        with self.server('--maxmemory-policy', 'allkeys-random') as server:
            with server.connect() as raw:
                for number in range(200):
                    raw.ask('SET', f'key:{number}', 'v' * 5000)
                used = int(raw.ask('INFO', 'memory').decode().split('used_memory:')[1].split()[0])
                self.assertEqual(raw.ask('CONFIG', 'SET', 'maxmemory', str(used - 300_000)), 'OK')
                wait_until(lambda: raw.ask('DBSIZE') < 190, 'some have gone')
                self.assertEqual(raw.ask('CONFIG', 'SET', 'maxmemory', '0'), 'OK')
                left = raw.ask('DBSIZE')
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('DBSIZE'), left)

    def test_a_field_that_had_expired_does_not_come_back(self):
        with self.server() as server:
            with server.connect() as raw:
                raw.ask('HSET', 'h', 'f', '5', 'g', '1')
                raw.ask('HPEXPIRE', 'h', '1', 'FIELDS', '1', 'f')
                wait_until(lambda: raw.ask('HGET', 'h', 'f') is None, 'expiry')
                self.assertEqual(raw.ask('HINCRBY', 'h', 'f', '1'), 1)
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('HGET', 'h', 'f'), b'1')
                self.assertEqual(raw.ask('HTTL', 'h', 'FIELDS', '1', 'f'), [-1])

    def test_recovery_is_repeatable_and_keeps_what_came_after_it(self):
        whole = command('SELECT', 0) + command('SET', 'a', 1)
        for torn in (command('MULTI') + command('SET', 'b', 1),
                     command('MULTI') + command('SET', 'b', 1) + command('EXEC')[:-1],
                     command('SET', 'b', 1)[:-3], b'*', b'*2\r', b'#TS:1'):
            with self.server() as server:
                server.process.send_signal(signal.SIGKILL)
                server.wait_for_exit()
                self.put_increment(server, whole + torn)
                server.start()
                with server.connect() as raw:
                    self.assertEqual(raw.ask('EXISTS', 'a', 'b'), 1)
                    raw.ask('SET', 'c', '1')
                self.assertEqual(self.read(server, 'appendonly.aof.1.incr.aof'),
                                 whole + command('SELECT', 0) + command('SET', 'c', '1'))
                self.again(server)
                with server.connect() as raw:
                    self.assertEqual(raw.ask('EXISTS', 'a', 'b', 'c'), 2)

    def test_a_torn_end_is_refused_where_it_is_not_allowed(self):
        with self.server('--aof-load-truncated', 'no') as server:
            server.process.send_signal(signal.SIGKILL)
            server.wait_for_exit()
            self.put_increment(server, command('SET', 'a', 1)[:-1])
            self.refused(server, 'Unexpected end of file reading the append only file', 'offset 0')

    def test_damage_is_refused_with_its_place_and_changes_nothing(self):
        good = command('SET', 'a', 1)
        cases = ((good + b'!!!' + good, 'Bad file format', f'offset {len(good)}'),
                 (good + command('BLA', 1) + good, "unknown command 'bla'", f'offset {len(good)}'),
                 # A number that was damaged in the middle is no torn end.
                 (good + good.replace(b'$3', b'$9', 1) + good * 3, 'Bad file format', 'offset'),
                 (good + good.replace(b'$1\r\na', b'$99\r\na', 1) + good * 9, 'Bad file', 'offset'))
        with self.server() as server:
            server.process.send_signal(signal.SIGKILL)
            server.wait_for_exit()
            for content, *reasons in cases:
                self.put_increment(server, content)
                server._spawn()
                self.assertEqual(server.wait_for_exit(), 1)
                for reason in reasons:
                    self.assertIn(reason.lower(), server.log().lower())
                self.assertEqual(self.read(server, 'appendonly.aof.1.incr.aof'), content)

    def test_a_bad_manifest_is_refused_with_the_reason(self):
        line = b'file appendonly.aof.1.incr.aof seq 1 type i\n'
        cases = ((b'', 'Found an empty AOF manifest'), (b'\n', 'Invalid AOF manifest file format'),
                 (line.replace(b'type i', b'type x'), 'Unknown AOF file type'),
                 (line + line, 'Found a non-monotonic sequence number'),
                 (line.replace(b'type i', b'type b') * 2, 'Found duplicate base file information'),
                 (b'file ../x seq 1 type i\n', "File can't be a path, just a filename"),
                 (b'file ' + b'x' * 2000 + b' seq 1 type i\n', 'too long line'),
                 (line, 'No such file or directory'))
        with self.server() as server:
            server.process.send_signal(signal.SIGKILL)
            server.wait_for_exit()
            os.unlink(self.path(server, 'appendonly.aof.1.incr.aof'))
            for content, reason in cases:
                self.put(server, MANIFEST, content)
                self.refused(server, reason)

    def test_waitaof_waits_for_the_disk(self):
        with self.server('--appendfsync', 'everysec') as server, server.connect() as raw:
            raw.ask('SET', 'a', '1')
            raw.ask('SET', 'b', '1')
            self.assertEqual(raw.ask('WAITAOF', '1', '0', '0'), [1, 0])
            self.assertEqual(raw.ask('WAITAOF', '0', '1', '10'), [1, 0])
            self.assertEqual(raw.ask('WAITAOF', '0', '0', '0'), [1, 0])
            self.assertTrue(raw.ask('WAITAOF', '2', '0', '0').startswith('-ERR value is out of'))
            raw.ask('CONFIG', 'SET', 'appendfsync', 'no')
            raw.ask('SET', 'c', '1')
            self.assertEqual(raw.ask('WAITAOF', '1', '0', '10'), [0, 0])
            raw.ask('CONFIG', 'SET', 'appendonly', 'no')
            self.assertTrue(raw.ask('WAITAOF', '1', '0', '0').startswith('-ERR WAITAOF cannot'))

    def test_timestamps_are_written_and_skipped(self):
        with self.server('--aof-timestamp-enabled', 'yes') as server:
            with server.connect() as raw:
                raw.ask('SET', 'a', '1')
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('GET', 'a'), b'1')
            self.assertTrue(self.read(server, 'appendonly.aof.1.incr.aof').startswith(b'#TS:'))

    def test_it_is_rewritten_when_it_has_grown(self):
        with self.server('--auto-aof-rewrite-min-size', '10kb') as server, \
                server.connect() as raw:
            for i in range(400):
                raw.ask('SET', 'key', 'x' * 100)
            wait_until(lambda: int(self.info(raw, 'aof_rewrites')) > 0, 'a rewrite')
            self.assertLess(int(self.info(raw, 'aof_base_size')), 20000)

    def test_nothing_acknowledged_is_lost_to_a_kill_at_any_moment(self):
        """Writers count up; the process is killed at random moments, during rewrites as well."""
        chance = random.Random(8)
        with self.server('--appendfsync', 'always') as server:
            for _ in range(6):
                acknowledged, sent = [0] * 4, [0] * 4

                def write(index):
                    try:
                        with server.connect() as raw:
                            start = int(raw.ask('GET', f'seq{index}') or 0)
                            for number in range(start + 1, start + 10**6):
                                sent[index] = number
                                if index % 2:
                                    raw.ask('MULTI')
                                    raw.ask('SET', f'seq{index}', number)
                                    raw.ask('SET', f'twin{index}', number)
                                    raw.ask('EXEC')
                                else:
                                    raw.ask('SET', f'seq{index}', number)
                                acknowledged[index] = number
                    except (OSError, ValueError, TypeError):
                        pass   # killed

                writers = [threading.Thread(target=write, args=[i]) for i in range(4)]
                for writer in writers:
                    writer.start()
                wait_until(lambda: all(acknowledged), 'writes')
                with server.connect() as raw:
                    if chance.random() < 0.7:
                        raw.ask('BGREWRITEAOF')
                    more = acknowledged[0] + chance.randrange(100)
                    wait_until(lambda: acknowledged[0] >= more, 'more writes')
                server.process.send_signal(signal.SIGKILL)
                server.wait_for_exit()
                for writer in writers:
                    writer.join()
                server.start()
                with server.connect() as raw:
                    for i in range(4):
                        found = int(raw.ask('GET', f'seq{i}'))
                        self.assertGreaterEqual(found, acknowledged[i])
                        self.assertLessEqual(found, sent[i])
                        if i % 2:
                            self.assertEqual(int(raw.ask('GET', f'twin{i}')), found)
                    # What an interrupted rewrite has left is gone.
                    names = os.listdir(os.path.join(server.folder, FOLDER))
                    self.assertEqual([name for name in names if 'temp' in name or 'tmp' in name],
                                     [])

    def test_a_full_disk_stops_writes_until_there_is_room(self):
        """Reads go on, writes are refused, and it recovers by itself."""
        folder = self.tmpfs(2 << 20)
        with self.server('--appenddirname', 'small') as server:
            server.process.send_signal(signal.SIGKILL)
            server.wait_for_exit()
            subprocess.run(['rm', '-rf', os.path.join(server.folder, 'small')], check=True)
            os.symlink(folder, os.path.join(server.folder, 'small'))
            server.start()
            filler = os.path.join(folder, 'filler')
            with server.connect() as raw:
                self.assertEqual(raw.ask('SET', 'a', '1'), 'OK')
                with open(filler, 'wb', buffering=0) as file:
                    try:
                        while file.write(b'x' * 4096):
                            pass
                    except OSError:
                        pass

                def refuses():
                    return str(raw.ask('SET', 'b', 'y' * 10000)).startswith('-MISCONF Errors')
                wait_until(refuses, 'an error')
                self.assertEqual(raw.ask('GET', 'a'), b'1')
                self.assertRegex(raw.ask('EVAL', "return server.call('SET', KEYS[1], 'v')", '1',
                                         'b'), '^-MISCONF Errors writing to the AOF file')
                self.assertEqual(self.info(raw, 'aof_last_write_status'), 'err')
                os.unlink(filler)
                wait_until(lambda: raw.ask('SET', 'c', '1') == 'OK', 'room')
                digest = raw.ask('DEBUG', 'DIGEST')
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('DEBUG', 'DIGEST'), digest)

    def test_a_sync_that_failed_is_not_believed_later(self):
        """EIO once, then all is well, says the disk. Writes wait for a rewrite all the same."""
        strace = shutil.which('strace')
        if not strace:
            self.skipTest('no strace to make a sync fail')
        with tempfile.NamedTemporaryFile('w', suffix='.sh', delete=False) as script:
            script.write(f'#!/bin/sh\nexec {strace} -D -f -qq -o /dev/null -e trace=fdatasync '
                         f'-e inject=fdatasync:error=EIO:when=1 {rota_server.PROGRAM} "$@"\n')
        self.addCleanup(os.unlink, script.name)
        os.chmod(script.name, 0o755)
        program, rota_server.PROGRAM = rota_server.PROGRAM, script.name
        self.addCleanup(setattr, rota_server, 'PROGRAM', program)
        with self.server('--rdb-key-save-delay', '20000') as server:
            with server.connect() as raw:
                raw.ask('MSET', *(f'key{i // 2}' for i in range(60)))

                def refuses():
                    return str(raw.ask('SET', 'a', '1')).startswith('-MISCONF Errors writing to')
                wait_until(refuses, 'the failure')
                self.assertEqual(raw.ask('GET', 'key1'), b'key1')
                self.assertEqual(self.info(raw, 'aof_rewrites'), '0')
                wait_until(lambda: raw.ask('SET', 'a', '2') == 'OK', 'the rewrite')
                self.assertEqual(self.info(raw, 'aof_rewrites'), '1')
                digest = raw.ask('DEBUG', 'DIGEST')
            rota_server.PROGRAM = program
            self.again(server)
            with server.connect() as raw:
                self.assertEqual(raw.ask('DEBUG', 'DIGEST'), digest)

    def tmpfs(self, size):
        folder = os.path.join('/tmp', f'rota-aof-small-{os.getpid()}')
        os.makedirs(folder, exist_ok=True)
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', folder],
                                 capture_output=True)
        if mounted.returncode:
            os.rmdir(folder)
            self.skipTest('no right to mount a small file system')
        self.addCleanup(os.rmdir, folder)
        self.addCleanup(subprocess.run, ['umount', '-l', folder], check=True)
        return folder


if __name__ == '__main__':
    rota_server.main()
