# SPDX-License-Identifier: BSD-3-Clause
"""Users: their files, what a change means to connections on other threads, and the ways around a
rule that others have found."""
import os
import threading
import unittest

import rota_server
from rota_server import Server, SharedServer, run_program, wait_until

NOPERM_KEY = '-NOPERM No permissions to access a key'


def login(server, user='u', password='x'):
    raw = server.connect()
    assert raw.ask('AUTH', user, password) == 'OK'
    return raw


class Files(unittest.TestCase):
    def start(self, config, users=None):
        server = Server('--save', '', config='')
        self.addCleanup(server.stop)
        if users is not None:
            config += f'aclfile {server.write_file("users.acl", users)}\n'
        server.write_file('server.conf', config)
        return server.start()

    def refused(self, config, users=None):
        server = Server(config='')
        self.addCleanup(server.stop)
        if users is not None:
            config += f'aclfile {server.write_file("users.acl", users)}\n'
        ended = run_program(server.write_file('server.conf', config), '--port', '0')
        self.assertEqual(ended.returncode, 1)
        return ended.stderr

    def test_users_of_the_configuration_are_written_back_as_they_are(self):
        server = self.start('user alice on >pw ~a* +@all -config (+get ~b)\n'
                            'user "q\\"uote" on nopass %R~"x\\"y" +@read\nrequirepass secret\n')
        with server.connect() as raw:
            self.assertEqual(raw.ask('AUTH', 'secret'), 'OK')
            raw.ask('ACL', 'SETUSER', 'new', 'on', '(~x', '+get)')
            before = raw.ask('ACL', 'LIST')
            self.assertEqual(raw.ask('CONFIG', 'REWRITE'), 'OK')
        with open(server.config_path) as file:
            self.assertNotIn('>pw', file.read())
        again = Server('--save', '')
        again.config_path = server.config_path
        again.start()
        self.addCleanup(again.stop)
        with again.connect() as raw:
            self.assertEqual(raw.ask('AUTH', 'alice', 'pw'), 'OK')
            self.assertEqual(raw.ask('GET', 'b'), None)
            self.assertEqual(raw.ask('GET', 'c'), NOPERM_KEY)
            self.assertEqual(raw.ask('AUTH', 'secret'), 'OK')
            self.assertEqual(raw.ask('ACL', 'LIST'), before)

    def test_a_line_that_is_wrong_ends_the_start_and_is_shown(self):
        for line, reason in (('user a on bogus', "Error in user declaration 'a': Syntax error"),
                             ('user a on\nuser a off', 'Duplicate user found'),
                             ('user "a b" on', 'Spaces not allowed'),
                             ('user a (+get', 'Unmatched parenthesis'),
                             ('user a +nosuch', 'Unknown command or category')):
            self.assertIn(reason, self.refused(line + '\n'), line)
        self.assertIn('ACL file', self.refused('user a on\n', users='user b on\n'))
        wrong = self.refused('', users='user a on\nuser b bad\n')
        self.assertIn('users.acl:2: Syntax error', wrong)
        self.assertIn('No such file', self.refused('aclfile /no/such/file\n'))

    def test_load_changes_all_or_nothing(self):
        server = self.start('', users='user a on nopass +@all ~*\nuser b on nopass +@all ~* &*\n')
        path = os.path.join(server.folder, 'users.acl')
        admin = server.connect()
        a, b, listening = (login(server, name) for name in 'abb')
        listening.ask('SUBSCRIBE', 'x')
        before = admin.ask('ACL', 'LIST')
        server.write_file('users.acl', 'user b on\nnonsense\nuser b on\nuser c bad\nuser d (+get\n')
        error = admin.ask('ACL', 'LOAD')
        self.assertEqual(error, f'-ERR {path}:2 should start with user keyword followed by the '
                         f"username. WARNING: Duplicate user 'b' found on line 3. {path}:4: Syntax "
                         f'error. {path}:5: Unmatched parenthesis in selector definition.WARNING: '
                         'ACL errors detected, no change to the previously active ACL rules was '
                         'performed')
        self.assertEqual(admin.ask('ACL', 'LIST'), before)
        # a goes, b may listen to less, and whoever is b and does not listen stays.
        server.write_file('users.acl', 'user b on nopass +@all ~k &y\n\nuser d on  ( +get  ~x )\n')
        self.assertEqual(admin.ask('ACL', 'LOAD'), 'OK')
        self.assertTrue(a.at_end() and listening.at_end())
        self.assertEqual(b.ask('GET', 'other'), NOPERM_KEY)
        self.assertEqual(admin.ask('ACL', 'LIST'), [
            b'user b on nopass ~k resetchannels &y +@all',
            b'user d on resetchannels -@all (~x resetchannels -@all +get)',
            b'user default on nopass ~* &* +@all'])

    def test_saved_users_load_again_and_the_file_keeps_its_mode(self):
        server = self.start('', users='user a on nopass +@all ~*\n')
        path = os.path.join(server.folder, 'users.acl')
        os.chmod(path, 0o600)
        with server.connect() as raw:
            raw.ask('ACL', 'SETUSER', 'b', 'on', '>pw', '%W~x', '&c', 'db=1,3', '+@all', '-@admin',
                    '(+select|0 ~a)')
            before = raw.ask('ACL', 'LIST')
            self.assertEqual(raw.ask('ACL', 'SAVE'), 'OK')
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            raw.ask('ACL', 'DELUSER', 'a', 'b')
            self.assertEqual(raw.ask('ACL', 'LOAD'), 'OK')
            self.assertEqual(raw.ask('ACL', 'LIST'), before)

    def test_load_under_traffic(self):
        """Who is deleted and made again while he sends requests is cut off or answered."""
        server = self.start('', users='user u on nopass +@all ~*\n')
        stop = threading.Event()
        answers = set()

        def traffic():
            while not stop.is_set():
                try:
                    with server.connect() as raw:
                        answers.add(raw.ask('AUTH', 'u', 'x'))
                        for _ in range(20):
                            answers.add(str(raw.ask('GET', 'k')))
                except OSError:
                    pass
        threads = [threading.Thread(target=traffic) for _ in range(3)]
        for thread in threads:
            thread.start()
        with server.connect() as raw:
            for turn in range(60):
                rule = ('', 'user u on nopass +@all ~*\n', 'user u on nopass +get ~x\n')[turn % 3]
                server.write_file('users.acl', rule)
                self.assertEqual(raw.ask('ACL', 'LOAD'), 'OK')
            stop.set()
            for thread in threads:
                thread.join()
            self.assertEqual(raw.ask('PING'), 'PONG')
        self.assertLessEqual(answers, {'OK', 'None', NOPERM_KEY,
                                       '-WRONGPASS invalid username-password pair or user is '
                                       'disabled.',
                                       "-NOPERM User u has no permissions to run the 'get' command",
                                       '-NOAUTH Authentication required.'})


class Threads(unittest.TestCase):
    """A reply to ACL SETUSER is a promise, also for reads that other threads answer."""

    def test_no_read_is_answered_after_the_right_to_it_was_taken(self):
        with Server('--save', '', '--io-threads', '3', '--io-threads-always-active',
                    'yes') as server:
            admin = server.connect()
            admin.ask('SET', 'k', 'v')
            for rule, back in (('-get', '+@all'), ('resetkeys', 'allkeys'), ('db=3', 'alldbs'),
                               ('-@all', '+@all')):
                admin.ask('ACL', 'SETUSER', 'u', 'on', 'nopass', '+@all', '~*', 'alldbs')
                readers = [login(server) for _ in range(8)]
                for _ in range(30):
                    for reader in readers:
                        self.assertEqual(reader.ask('GET', 'k'), b'v')
                    self.assertEqual(admin.ask('ACL', 'SETUSER', 'u', rule), 'OK')
                    for reader in readers:
                        self.assertTrue(str(reader.ask('GET', 'k')).startswith('-NOPERM'), rule)
                    self.assertEqual(admin.ask('ACL', 'SETUSER', 'u', back), 'OK')
                for reader in readers:
                    reader.close()

    def test_those_who_may_all_are_answered_by_io_threads_again(self):
        if '--io-dispatch' in rota_server.ARGUMENTS:
            self.skipTest('its reads may be anywhere')
        with Server('--save', '', '--io-threads', '2', '--io-threads-always-active',
                    'yes') as server:
            raw = server.connect()
            raw.ask('SET', 'k', 'v')
            raw.ask('ACL', 'SETUSER', 'u', 'on')

            def on_thread():
                raw.ask('GET', 'k')
                info = raw.ask('INFO', 'threads').decode()
                return 'io_threaded_commands_processed:0\r' not in info
            wait_until(on_thread, 'a read on an IO thread')


class Attacks(SharedServer):
    def user(self, *rules):
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('ACL', 'SETUSER', 'u', 'reset', 'on', 'nopass', *rules), 'OK')
        return login(self.server)

    def tearDown(self):
        with self.server.connect() as raw:
            raw.ask('ACL', 'DELUSER', 'u')
            raw.ask('ACL', 'LOG', 'RESET')

    def test_a_group_called_streams_hides_no_key(self):
        raw = self.user('+@all', '~streams', '~x')
        with self.server.connect() as admin:
            admin.ask('XADD', 'secret', '1-1', 'f', 'v')
            admin.ask('XGROUP', 'CREATE', 'secret', 'g', '0')
        for words in (('COUNT', 1, 'GROUP', 'g', 'streams', 'STREAMS', 'secret', '>'),
                      ('GROUP', 'g', 'streams', 'STREAMS', 'secret', '>'),
                      ('NOACK', 'GROUP', 'streams', 'streams', 'STREAMS', 'secret', '>'),
                      ('BLOCK', 1, 'COUNT', 1, 'GROUP', 'g', 'streams', 'STREAMS', 'secret', '>')):
            self.assertEqual(raw.ask('XREADGROUP', *words), NOPERM_KEY)
        self.assertEqual(raw.ask('XREAD', 'COUNT', 1, 'STREAMS', 'secret', '0'), NOPERM_KEY)

    def test_every_key_of_many_is_asked_for(self):   # CVE-2023-36824
        raw = self.user('+@all', '~k*')
        for count in (1, 255, 256, 257, 5000):
            self.assertEqual(raw.ask('MGET', *['k'] * count, 'other'), NOPERM_KEY)
            self.assertEqual(raw.ask('ZINTER', count + 1, *['k'] * count, 'other'), NOPERM_KEY)
        self.assertEqual(raw.ask('MGET', *['k'] * 5000), [None] * 5000)
        for numkeys in ('-1', 'x', '99999999999', '0', str(2**64)):
            self.assertTrue(raw.ask('ZINTER', numkeys, 'k').startswith('-'))

    def test_copy_to_two_databases_needs_both(self):
        raw = self.user('+@all', '~*', 'db=0,2')
        self.assertEqual(raw.ask('SET', 'a', '1'), 'OK')
        for words in (('DB', 1), ('DB', 1, 'DB', 2), ('DB', 2, 'DB', 1), ('REPLACE', 'DB', 1)):
            self.assertEqual(raw.ask('COPY', 'a', 'b', *words),
                             '-NOPERM No permissions to access database')

    def test_a_transaction_is_asked_again_when_it_runs(self):
        raw = self.user('+@all', '~*')
        for words in (('MULTI',), ('SET', 'k', '1'), ('GET', 'k')):
            raw.ask(*words)
        with self.server.connect() as admin:
            admin.ask('ACL', 'SETUSER', 'u', 'resetkeys', '~other')
        for reply in raw.ask('EXEC'):
            self.assertTrue(reply.startswith('-NOPERM ACLs rules changed'))
        with self.server.connect() as admin:
            self.assertIsNone(admin.ask('GET', 'k'))

    def test_passwords_are_hidden_where_commands_are_shown(self):
        with self.server.connect() as raw:
            raw.ask('CONFIG', 'SET', 'slowlog-log-slower-than', '0')
            raw.ask('ACL', 'SETUSER', 'u', '>hidden-word')
            raw.ask('AUTH', 'u', 'hidden-word')
            raw.ask('HELLO', '3', 'AUTH', 'u', 'hidden-word')
            raw.ask('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
            self.assertNotIn('hidden-word', str(raw.ask('SLOWLOG', 'GET', '-1')))
            self.assertNotIn('hidden-word', str(raw.ask('ACL', 'LOG')))
            raw.ask('SLOWLOG', 'RESET')

    def test_the_log_of_refusals_keeps_little_of_a_long_key(self):
        raw = self.user('+@all')
        for n in range(5):
            self.assertEqual(raw.ask('GET', str(n) + 'x' * 100000), NOPERM_KEY)
        with self.server.connect() as admin:
            self.assertLess(len(str(admin.ask('ACL', 'LOG'))), 20000)

    def test_a_rule_with_a_blank_in_it_cannot_be_written_down(self):
        with self.server.connect() as raw:
            for rule in ('+select|a b', '+select|a\nb', '~a b', '&a\tb', '+select|'):
                self.assertIn('Syntax error', raw.ask('ACL', 'SETUSER', 'u', rule))
            self.assertEqual(raw.ask('ACL', 'GETUSER', 'u'), None)

    def test_wrong_passwords_and_missing_users_sound_the_same(self):
        with self.server.connect() as raw:
            wrong = '-WRONGPASS invalid username-password pair or user is disabled.'
            raw.ask('ACL', 'SETUSER', 'u', 'off', '>pw')
            for user, password in (('u', 'pw'), ('u', 'x'), ('nosuch', 'pw'), ('', '')):
                self.assertEqual(raw.ask('AUTH', user, password), wrong)


if __name__ == '__main__':
    rota_server.main()
