# SPDX-License-Identifier: BSD-3-Clause
"""How the process starts in the background, listens elsewhere, and ends."""
import fcntl
import os
import select
import signal
import socket
import stat
import subprocess
import unittest

import rota_server
from rota_server import DEADLINE_SECONDS, Raw, Server, run_program, wait_until


def process_is_gone(pid):
    """True also for a zombie: a daemon's parent may be somebody who does not wait."""
    try:
        with open(f'/proc/{pid}/stat') as file:
            return file.read().rpartition(')')[2].split()[0] == 'Z'
    except FileNotFoundError:
        return True


class Endings(unittest.TestCase):
    def assert_ends_cleanly_on(self, number):
        with Server('--save', '') as server, server.connect() as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')
            server.process.send_signal(number)
            self.assertEqual(server.wait_for_exit(), 0)
            self.assertTrue(raw.at_end())
            self.assertIn('User requested shutdown', server.log())
            self.assertIn('bye bye', server.log())

    def test_sigterm(self):
        self.assert_ends_cleanly_on(signal.SIGTERM)

    def test_sigint(self):
        self.assert_ends_cleanly_on(signal.SIGINT)

    def test_sighup_and_sigpipe_are_ignored(self):
        with Server('--save', '') as server, server.connect() as raw:
            for number in (signal.SIGHUP, signal.SIGPIPE):
                server.process.send_signal(number)
            self.assertEqual(raw.ask('PING'), 'PONG')
            self.assertTrue(server.is_alive())

    def test_shutdown_command_closes_without_a_reply(self):
        for words in (('SHUTDOWN',), ('SHUTDOWN', 'NOSAVE'), ('SHUTDOWN', 'NOSAVE', 'NOW')):
            with Server('--save', '') as server, server.connect() as raw:
                raw.command(*words)
                self.assertTrue(raw.at_end(), words)
                self.assertEqual(server.wait_for_exit(), 0)

    def test_shutdown_with_wrong_words_changes_nothing(self):
        with Server('--save', '') as server, server.connect() as raw:
            self.assertEqual(raw.ask('SHUTDOWN', 'MAYBE'), '-ERR syntax error')
            self.assertRegex(raw.ask('SHUTDOWN', 'ABORT'), '^-ERR No shutdown in progress')
            self.assertTrue(server.is_alive())


class Crashes(unittest.TestCase):
    def test_no_reply_leaves_once_the_report_has_begun(self):
        """The log is a pipe that is soon full: there the report stops, until it is read on."""
        server = Server('--save', '', '--io-threads', '4', '--io-threads-always-active', 'yes',
                        '--logfile', 'log')
        pipe = os.path.join(server.folder, 'log')
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)   # never at its end
        self.addCleanup(os.close, reader)
        with server, server.connect() as raw:
            self.assertEqual(raw.ask('SET', 'k', 'v'), 'OK')
            self.assertEqual(raw.ask('GET', 'k'), b'v')
            os.read(reader, 1 << 16)
            fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
            server.process.send_signal(signal.SIGSEGV)
            log = b''
            while b'BUG REPORT START' not in log:
                self.assertTrue(select.select([reader], [], [], DEADLINE_SECONDS)[0])
                log += os.read(reader, 16)
            raw.command('GET', 'k')
            replied = select.select([raw.socket], [], [], 0.2)[0]
            while server.process.poll() is None or select.select([reader], [], [], 0)[0]:
                if select.select([reader], [], [], 0.05)[0]:
                    log += os.read(reader, 4096)
            self.assertFalse(replied)
            self.assertEqual(server.wait_for_exit(), -signal.SIGSEGV)
            self.assertIn(b'BUG REPORT END', log)
            self.assertTrue(raw.at_end())


class Backgrounds(unittest.TestCase):
    def test_daemon_writes_its_pid_and_removes_the_file_at_the_end(self):
        server = Server()
        self.addCleanup(server.stop)
        pid_path = os.path.join(server.folder, 'server.pid')
        log_path = os.path.join(server.folder, 'server.log')
        port = rota_server.free_port()
        done = run_program('--port', str(port), '--bind', '127.0.0.1', '--dir', server.folder,
                           '--save', '', '--daemonize', 'yes', '--pidfile', pid_path,
                           '--logfile', log_path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

        def pid_in_file():
            if not os.path.exists(pid_path):
                return 0
            with open(pid_path) as file:
                return int(file.read() or 0)
        pid = wait_until(pid_in_file, 'a pid in the file')

        def ready():
            with open(log_path) as file:
                return 'Ready to accept connections' in file.read()
        try:
            wait_until(ready, 'the ready line')
            self.assertNotEqual(os.getsid(pid), os.getsid(0))
            with Raw(port) as raw:
                info = raw.ask('INFO', 'server').decode()
                self.assertIn(f'process_id:{pid}\r\n', info)
                self.assertEqual(raw.ask('CONFIG', 'GET', 'daemonize'), [b'daemonize', b'yes'])
        finally:
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda: process_is_gone(pid), 'the daemon ends')
        self.assertFalse(os.path.exists(pid_path))

    def test_pid_file_without_daemonize(self):
        server = Server('--save', '')
        path = os.path.join(server.folder, 'server.pid')
        server.arguments += ('--pidfile', path)
        with server:
            with open(path) as file:
                self.assertEqual(file.read(), f'{server.process.pid}\n')


class Listeners(unittest.TestCase):
    def test_unix_socket_serves_beside_tcp(self):
        server = Server('--save', '', '--unixsocketperm', '700')
        path = os.path.join(server.folder, 'server.sock')
        server.arguments += ('--unixsocket', path)
        with server:
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o700)
            with Raw(path) as local, server.connect() as remote:
                self.assertEqual(local.ask('SET', 'k', 'v'), 'OK')
                self.assertEqual(remote.ask('GET', 'k'), b'v')
                about = local.ask('CLIENT', 'INFO').decode()
                self.assertRegex(about, rf' addr=\S*{path}:0')
                self.assertIn(' flags=U ', about)

    def test_unix_socket_alone(self):
        server = Server()
        self.addCleanup(server.stop)
        path = os.path.join(server.folder, 'server.sock')
        log = os.path.join(server.folder, 'server.log')
        process = subprocess.Popen([rota_server.PROGRAM, '--port', '0', '--unixsocket', path,
                                    '--save', '', '--logfile', log, '--dir', server.folder],
                                   stdin=subprocess.DEVNULL)
        self.addCleanup(process.wait, rota_server.DEADLINE_SECONDS)
        self.addCleanup(process.terminate)

        def answers():
            try:
                with Raw(path) as raw:
                    return raw.ask('PING') == 'PONG'
            except OSError:
                return False
        wait_until(answers, 'the socket answers')

    def test_socket_file_of_an_earlier_life_is_replaced(self):
        server = Server('--save', '')
        path = os.path.join(server.folder, 'server.sock')
        server.arguments += ('--unixsocket', path)
        server.start()
        server.process.kill()
        server.wait_for_exit()
        self.assertTrue(os.path.exists(path))
        with server, Raw(path) as raw:
            self.assertEqual(raw.ask('PING'), 'PONG')

    def test_several_addresses(self):
        server = Server('--save', '', '--bind', '127.0.0.1', '127.0.0.2', '-192.0.2.1')
        with server, socket.create_connection(('127.0.0.2', server.port)) as second:
            second.sendall(b'PING\r\n')
            self.assertEqual(second.recv(7), b'+PONG\r\n')


if __name__ == '__main__':
    rota_server.main()
