# SPDX-License-Identifier: BSD-3-Clause
"""What somebody sees who starts the server for the first time, and what they get wrong."""
import os
import signal
import socket
import subprocess
import tempfile
import unittest

import rota_server
from rota_server import Raw, Server, run_program, wait_until


class Refusals(unittest.TestCase):
    """A start that cannot work ends at once, with status 1 and the reason."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='rota-test-')
        self.addCleanup(self.folder.cleanup)

    def config(self, text):
        path = os.path.join(self.folder.name, 'server.conf')
        with open(path, 'w') as file:
            file.write(text)
        return path

    def assert_refused(self, done, *reasons):
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        for reason in reasons:
            self.assertIn(reason, done.stdout + done.stderr)

    def test_port_in_use_is_named(self):
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = run_program('--port', str(port), '--bind', '127.0.0.1',
                               '--dir', self.folder.name)
        self.assert_refused(done, f'Could not create server TCP listening socket 127.0.0.1:{port}',
                            'Address already in use', f'Failed listening on port {port} (tcp)')

    def test_address_that_is_not_ours_is_named(self):
        done = run_program('--port', '1', '--bind', '192.0.2.1', '--dir', self.folder.name)
        self.assert_refused(done, '192.0.2.1:1', 'Cannot assign requested address')

    def test_missing_config_file_is_named(self):
        done = run_program('/nonexistent/server.conf')
        self.assert_refused(done, "Fatal error, can't open config file '/nonexistent/server.conf': "
                            'No such file or directory')

    def test_config_file_without_permission_is_named(self):
        path = self.config('port 0\n')
        os.chmod(path, 0)
        os.chmod(self.folder.name, 0o755)
        nobody = 65534 if os.geteuid() == 0 else None   # root may read every file
        try:
            done = run_program(path, user=nobody)
        except PermissionError:
            self.skipTest('another user may not run a program in this checkout')
        self.assert_refused(done, path, 'Permission denied')

    def test_config_file_that_is_a_folder_loop_is_named(self):
        path = os.path.join(self.folder.name, 'loop.conf')
        os.symlink(path, path)
        self.assert_refused(run_program(path), path, 'Too many levels of symbolic links')

    def test_unknown_directive_is_fatal_with_its_line(self):
        done = run_program(self.config('port 0\nno-such-thing 1\n'))
        self.assert_refused(done, '*** FATAL CONFIG FILE ERROR (Version',
                            'Reading the configuration file, at line 2',
                            ">>> 'no-such-thing 1'",
                            'Bad directive or wrong number of arguments')

    def test_unknown_option_is_fatal(self):
        self.assert_refused(run_program('--no-such-thing', '1'),
                            '*** FATAL CONFIG FILE ERROR (Version', ">>> 'no-such-thing \"1\"'",
                            'Bad directive or wrong number of arguments')

    def test_value_out_of_range_is_fatal(self):
        self.assert_refused(run_program('--port', '99999'), ">>> 'port \"99999\"'",
                            'argument must be between 0 and 65535 inclusive')

    def test_value_of_another_kind_is_fatal(self):
        self.assert_refused(run_program(self.config('appendfsync sometimes\n')),
                            ">>> 'appendfsync sometimes'",
                            'argument(s) must be one of the following')

    def test_unbalanced_quotes_are_fatal(self):
        self.assert_refused(run_program(self.config('requirepass "half\n')),
                            'Unbalanced quotes in configuration line')

    def test_log_file_that_cannot_be_opened_is_fatal(self):
        self.assert_refused(run_program('--port', '0', '--logfile', '/nonexistent/log'),
                            "Can't open the log file: No such file or directory (/nonexistent/log)")

    def test_folder_that_does_not_exist_is_fatal(self):
        self.assert_refused(run_program('--port', '0', '--dir', '/nonexistent'),
                            'No such file or directory')


class Announcements(unittest.TestCase):
    def test_version(self):
        for option in ('--version', '-v'):
            done = run_program(option)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r'^\w+ server v=\d+\.\d+\.\d+ ')

    def test_help_names_the_ways_to_start(self):
        for option in ('--help', '-h'):
            done = run_program(option)
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, r'^Usage: ')
            for word in ('--version', '--port', ' - '):
                self.assertIn(word, done.stdout)

    def test_ready_line_and_pid_are_logged(self):
        with Server('--save', '') as server:
            server.wait_for_log('Ready to accept connections')
            self.assertIn(f'{server.process.pid}:M ', server.log())
            self.assertIn('Server initialized', server.log())


class WaysToConfigure(unittest.TestCase):
    def test_arguments_beat_the_file(self):
        with Server('--maxclients', '77', config='maxclients 55\ntimeout 33\nsave ""\n') as server:
            with server.connect() as raw:
                self.assertEqual(raw.ask('CONFIG', 'GET', 'maxclients'), [b'maxclients', b'77'])
                self.assertEqual(raw.ask('CONFIG', 'GET', 'timeout'), [b'timeout', b'33'])

    def test_include_is_followed(self):
        server = Server()
        part = server.write_file('part.conf', 'timeout 44\n')
        server.config_path = server.write_file('server.conf', f'save ""\ninclude {part}\n')
        with server, server.connect() as raw:
            self.assertEqual(raw.ask('CONFIG', 'GET', 'timeout'), [b'timeout', b'44'])

    def test_renamed_command_answers_to_its_new_name_only(self):
        with Server(config='save ""\nrename-command FLUSHALL WIPE\nrename-command DBSIZE ""\n') \
                as server, server.connect() as raw:
            self.assertEqual(raw.ask('WIPE'), 'OK')
            self.assertRegex(raw.ask('FLUSHALL'), r"^-ERR unknown command 'FLUSHALL'")
            self.assertRegex(raw.ask('DBSIZE'), r"^-ERR unknown command 'DBSIZE'")

    def test_rewrite_keeps_comments_and_order_and_survives_a_restart(self):
        config = '# mine\nsave ""\ntimeout 10\n\n# about clients\nmaxclients 50\n'
        with Server(config=config) as server:
            with server.connect() as raw:
                self.assertEqual(raw.ask('CONFIG', 'SET', 'timeout', '20', 'maxmemory', '100mb'),
                                 'OK')
                self.assertEqual(raw.ask('CONFIG', 'REWRITE'), 'OK')
            with open(server.config_path) as file:
                lines = file.read().splitlines()
            kept = [line for line in lines if line in
                    ('# mine', 'timeout 20', '# about clients', 'maxclients 50')]
            self.assertEqual(kept, ['# mine', 'timeout 20', '# about clients', 'maxclients 50'])
            self.assertIn('maxmemory 100mb', lines)
            self.assertNotIn('timeout 10', lines)
            done = server.process
            done.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait_for_exit(), 0)
            server.start()
            with server.connect() as raw:
                self.assertEqual(raw.ask('CONFIG', 'GET', 'timeout'), [b'timeout', b'20'])
                self.assertEqual(raw.ask('CONFIG', 'GET', 'maxmemory'),
                                 [b'maxmemory', b'104857600'])

    def test_rewrite_finds_a_file_that_was_named_from_another_folder(self):
        server = Server(config='save ""\n')
        server.config_path = os.path.relpath(server.config_path)
        with server, server.connect() as raw:
            self.assertEqual(raw.ask('CONFIG', 'REWRITE'), 'OK')

    def test_rewrite_without_a_file_is_an_error(self):
        with Server('--save', '') as server, server.connect() as raw:
            self.assertEqual(raw.ask('CONFIG', 'REWRITE'),
                             '-ERR The server is running without a config file')

    def test_config_set_is_all_or_nothing(self):
        with Server('--save', '') as server, server.connect() as raw:
            before = raw.ask('CONFIG', 'GET', 'timeout')
            self.assertRegex(raw.ask('CONFIG', 'SET', 'timeout', '5', 'maxclients', 'many'),
                             '^-ERR CONFIG SET failed')
            self.assertEqual(raw.ask('CONFIG', 'GET', 'timeout'), before)

    def test_standard_input(self):
        port = rota_server.free_port()
        process = subprocess.Popen([rota_server.PROGRAM, '-', '--port', str(port)], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        process.stdin.write('save ""\nbind 127.0.0.1\ntimeout 66\n')
        process.stdin.close()
        for line in process.stdout:
            if 'Ready to accept connections' in line:
                break
        with Raw(port) as raw:
            self.assertEqual(raw.ask('CONFIG', 'GET', 'timeout'), [b'timeout', b'66'])
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(rota_server.DEADLINE_SECONDS), 0)


class Logs(unittest.TestCase):
    def test_full_disk_for_the_log_does_not_stop_the_server(self):
        with Server('--save', '', '--logfile', '/dev/full') as server, server.connect() as raw:
            self.assertEqual(raw.ask('SET', 'k', 'v'), 'OK')
            self.assertEqual(raw.ask('CONFIG', 'SET', 'loglevel', 'debug'), 'OK')
            for _ in range(100):   # each of these connections is worth a line
                with server.connect() as other:
                    self.assertEqual(other.ask('GET', 'k'), b'v')
            self.assertTrue(server.is_alive())

    def test_log_file_is_written(self):
        server = Server('--save', '')
        path = os.path.join(server.folder, 'my.log')
        server.arguments += ('--logfile', path)
        with server:
            def logged():
                with open(path) as log:
                    return 'Ready to accept connections' in log.read()
            wait_until(logged, 'the ready line in the log file')


if __name__ == '__main__':
    rota_server.main()
