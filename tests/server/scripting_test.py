# SPDX-License-Identifier: BSD-3-Clause
"""Scripts and functions in a server: those that run for too long, what others see meanwhile, and
what survives a restart."""
import re
import unittest

import rota_server
from rota_server import Server, SharedServer, wait_until

BUSY = ('-BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.')
BUSY_FUNCTION = BUSY.replace('SCRIPT KILL', 'FUNCTION KILL')
FOREVER = 'while true do end'
STUBBORN = 'while true do pcall(function() while true do end end) end'
KILLED = '-ERR Script killed by user with SCRIPT KILL. script: on @user_script:1.'


def info(raw, section, field):
    text = raw.ask('INFO', section).decode()
    return re.search(rf'^{field}:(.*?)\r?$', text, re.M)[1]


class WithLua(SharedServer):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls.server.connect() as raw:
            if 'Could not find scripting engine' in str(raw.ask('EVAL', 'return 1', 0)):
                cls.server.stop()
                raise unittest.SkipTest('the server was built without Lua')


class Busy(WithLua):
    arguments = (*SharedServer.arguments, '--busy-reply-threshold', '20')

    def begin(self, *command):
        """A script that has become busy, and a second connection."""
        raw, other = self.server.connect(), self.server.connect()
        raw.command(*command)
        kind = BUSY_FUNCTION if command[0] == 'FCALL' else BUSY
        wait_until(lambda: other.ask('PING') == kind, 'the server is busy')
        return raw, other

    def test_others_are_told_and_kill_it(self):
        raw, other = self.begin('EVAL', FOREVER, 0)
        for command in (['GET', 'x'], ['EVAL', 'return 1', 0], ['SHUTDOWN'], ['SHUTDOWN', 'SAVE'],
                        ['FUNCTION', 'KILL'], ['FUNCTION', 'STATS'], ['SCRIPT', 'EXISTS', 'x'],
                        ['FUNCTION', 'LIST'], ['CONFIG', 'GET', 'port']):
            self.assertEqual(other.ask(*command), BUSY, command)
        self.assertTrue(other.ask('nosuch').startswith('-ERR unknown command'))
        self.assertEqual(other.ask('SCRIPT', 'KILL'), 'OK')
        self.assertEqual(raw.reply(), KILLED)
        self.assertEqual(raw.ask('PING'), 'PONG')
        self.assertEqual(other.ask('SCRIPT', 'KILL'), '-NOTBUSY No scripts in execution right now.')

    def test_a_script_that_catches_its_end_ends(self):
        raw, other = self.begin('EVAL', STUBBORN, 0)
        self.assertEqual(other.ask('SCRIPT', 'KILL'), 'OK')
        self.assertEqual(raw.reply(), KILLED)

    def test_transactions_of_others(self):
        raw, other = self.begin('EVAL', FOREVER, 0)
        self.assertEqual(other.ask('MULTI'), 'OK')
        self.assertEqual(other.ask('GET', 'x'), BUSY)
        self.assertEqual(other.ask('EXEC'),
                         '-EXECABORT Transaction discarded because of: ' + BUSY[1:])
        self.assertEqual(other.ask('MULTI'), 'OK')
        self.assertEqual(other.ask('DISCARD'), 'OK')
        self.assertEqual(other.ask('SCRIPT', 'KILL'), 'OK')
        self.assertEqual(raw.reply(), KILLED)

    def test_a_function(self):
        with self.server.connect() as raw:
            raw.ask('FUNCTION', 'LOAD', 'REPLACE',
                    "#!lua name=busy\nredis.register_function('busy', "
                                                   'function() while true do end end)')
        raw, other = self.begin('FCALL', 'busy', 0, 'arg')
        self.assertEqual(other.ask('SCRIPT', 'KILL'), BUSY_FUNCTION)
        running = other.ask('FUNCTION', 'STATS')[1]
        self.assertEqual(running[:4], [b'name', b'busy', b'command', [b'FCALL', b'busy', b'0',
                                                                      b'arg']])
        self.assertGreaterEqual(running[5], 20)
        self.assertEqual(other.ask('FUNCTION', 'KILL'), 'OK')
        self.assertEqual(raw.reply(), '-ERR Script killed by user with FUNCTION KILL. script: on '
                                      '@user_function:2.')

    def test_one_that_has_written_cannot_be_killed(self):
        with Server(*self.arguments) as server:
            raw, other = server.connect(), server.connect()
            raw.command('EVAL', "redis.call('set', 'x', 1) " + FOREVER, 0)
            wait_until(lambda: other.ask('PING') == BUSY, 'the server is busy')
            self.assertTrue(other.ask('SCRIPT', 'KILL').startswith('-UNKILLABLE'))
            other.command('SHUTDOWN', 'NOSAVE')
            server.wait_for_exit()

    def test_in_a_transaction(self):
        raw, other = self.server.connect(), self.server.connect()
        for command in (['MULTI'], ['SET', 'in', 'multi'], ['EVAL', FOREVER, 0], ['GET', 'in'],
                        ['EXEC']):
            raw.command(*command)
        wait_until(lambda: other.ask('PING') == BUSY, 'the server is busy')
        # EXEC has written; the script itself has not.
        self.assertEqual(other.ask('SCRIPT', 'KILL'), 'OK')
        self.assertEqual([raw.reply() for _ in range(4)], ['OK'] + ['QUEUED'] * 3)
        self.assertEqual(raw.reply(), ['OK', KILLED, b'multi'])

    def test_what_the_caller_sends_meanwhile_waits_in_order(self):
        raw, other = self.server.connect(), self.server.connect()
        raw.command('EVAL', FOREVER, 0)
        for i in range(200):
            raw.command('ECHO', i)
        wait_until(lambda: other.ask('PING') == BUSY, 'the server is busy')
        for i in range(200, 400):
            raw.command('ECHO', i)
        raw.send('*2\r\n$4\r\nECHO\r\n$3\r\n4')
        for _ in range(20):
            self.assertEqual(other.ask('PING'), BUSY)
        raw.send('00\r\n')
        self.assertEqual(other.ask('SCRIPT', 'KILL'), 'OK')
        self.assertEqual(raw.reply(), KILLED)
        self.assertEqual([raw.reply() for _ in range(401)], [b'%d' % i for i in range(401)])

    def test_what_others_had_pipelined_is_answered_in_order(self):
        sides = [self.server.connect() for _ in range(20)]
        killer = self.server.connect()
        for side in sides:
            side.command('SET', 'k', 'v')
        for side in sides:
            side.reply()
        sides[0].command('EVAL', FOREVER, 0)
        for side in sides[1:]:
            side.send(b''.join(b'*2\r\n$4\r\nECHO\r\n$2\r\n%d\r\n' % i for i in range(10, 99)))
        wait_until(lambda: killer.ask('PING') == BUSY, 'the server is busy')
        self.assertEqual(killer.ask('SCRIPT', 'KILL'), 'OK')
        for side in sides[1:]:
            answers = [side.reply() for _ in range(10, 99)]
            for i, answer in enumerate(answers, 10):
                self.assertIn(answer, (b'%d' % i, BUSY))
        self.assertEqual(sides[0].reply(), KILLED)
        for side in sides[1:]:
            self.assertEqual(side.ask('PING'), 'PONG')

    def test_clients_come_and_go(self):
        raw, other = self.begin('EVAL', FOREVER, 0)
        for _ in range(50):
            with self.server.connect() as guest:
                self.assertEqual(guest.ask('PING'), BUSY)
        raw.socket.close()   # the caller itself
        raw.reader.close()
        for _ in range(20):
            self.assertEqual(other.ask('PING'), BUSY)
        self.assertEqual(other.ask('SCRIPT', 'KILL'), 'OK')
        wait_until(lambda: other.ask('PING') == 'PONG', 'the script has ended')

    def test_clients_that_wait_are_served_when_it_has_ended(self):
        raw, waiting, other = (self.server.connect() for _ in range(3))
        waiting.command('BLPOP', 'list', 0)
        wait_until(lambda: info(other, 'clients', 'blocked_clients') == '1', 'one waits')
        raw.command('EVAL', "redis.call('rpush', 'list', 'a') local n = 0 "
                            "for i = 1, 2e7 do n = n + i end return redis.call('lpop', 'list')", 0)
        self.assertEqual(raw.reply(), b'a')
        raw.ask('RPUSH', 'list', 'b')
        self.assertEqual(waiting.reply(), [b'list', b'b'])

    def test_time_stands_still(self):
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('EVAL',
                                     "redis.call('set', 'gone', 1, 'px', 5) local t = "
                                     "redis.call('time') "
                                             'for i = 1, 3e6 do end local u = redis.call("time") '
                                             "return {redis.call('exists', 'gone'), "
                                             "redis.call('pttl', 'gone')}", 0),
                             [1, 5])


class Scripts(WithLua):
    arguments = (*SharedServer.arguments, '--enable-debug-command', 'yes')

    def setUp(self):
        super().setUp()
        self.raw = self.server.connect()
        self.raw.ask('SCRIPT', 'FLUSH')
        self.raw.ask('FUNCTION', 'FLUSH')

    def tearDown(self):
        self.raw.socket.close()

    def test_the_cache_keeps_500_scripts_of_eval(self):
        kept = self.raw.ask('SCRIPT', 'LOAD', 'return "kept"')
        for i in range(510):
            self.raw.command('EVAL', f'return {i}', 0)
        for i in range(510):
            self.assertEqual(self.raw.reply(), i)
        self.assertEqual(info(self.raw, 'memory', 'number_of_cached_scripts'), '501')
        self.assertEqual(info(self.raw, 'stats', 'evicted_scripts'), '10')
        self.assertEqual(self.raw.ask('SCRIPT', 'EXISTS', kept), [1])

    def test_memory_is_shown(self):
        before = int(info(self.raw, 'memory', 'used_memory_vm_eval'))
        self.raw.ask('EVAL', 'return "' + 'x' * 1000000 + '"', 0)
        self.assertGreater(int(info(self.raw, 'memory', 'used_memory_vm_eval')), before + 1000000)
        self.assertGreater(int(info(self.raw, 'memory', 'used_memory_scripts_eval')), 1000000)
        self.raw.ask('SCRIPT', 'FLUSH')
        self.assertLess(int(info(self.raw, 'memory', 'used_memory_vm_eval')), before + 100000)

    def test_events_and_monitors_see_what_a_script_does(self):
        monitor, listener = self.server.connect(), self.server.connect()
        self.raw.ask('CONFIG', 'SET', 'notify-keyspace-events', 'KEA')
        listener.ask('SUBSCRIBE', '__keyspace@0__:k')
        self.assertEqual(monitor.ask('MONITOR'), 'OK')
        self.raw.ask('EVAL',
                     "redis.call('set', 'k', 1) redis.call('incr', 'k') redis.pcall('nosuch')", 0)
        self.raw.ask('PING')
        seen = [re.sub(r'^\+\S+ \[\d+ (\S+?)(:\d+)?\]', r'\1', monitor.line()) for _ in range(4)]
        self.assertTrue(seen[0].startswith('127.0.0.1 "EVAL"'), seen)
        self.assertEqual(seen[1:3], ['lua "set" "k" "1"', 'lua "incr" "k"'])
        self.assertEqual([listener.reply()[2] for _ in range(2)], [b'set', b'incrby'])
        self.raw.ask('CONFIG', 'SET', 'notify-keyspace-events', '')

    def test_a_script_is_seen_whole_or_not_at_all(self):
        self.raw.ask('MSET', 'a', 0, 'b', 0)
        reader = self.server.connect()
        for i in range(1, 300):
            self.raw.command('EVAL', f"redis.call('set', 'a', {i}) redis.call('set', 'b', {i})", 0)
            reader.command('MGET', 'a', 'b')
            a, b = reader.reply()
            self.assertEqual(a, b)
            self.raw.reply()

    def test_watch_sees_what_a_script_changes(self):
        other = self.server.connect()
        other.ask('WATCH', 'k')
        self.raw.ask('EVAL', "redis.call('set', 'k', 1)", 0)
        other.ask('MULTI')
        self.assertIsNone(other.ask('EXEC'))

    def test_select_in_a_script_stays_there(self):
        self.raw.ask('EVAL', "redis.call('select', 5) redis.call('set', 'five', 1)", 0)
        self.assertEqual(self.raw.ask('EXISTS', 'five'), 0)
        self.raw.ask('SELECT', 5)
        self.assertEqual(self.raw.ask('EXISTS', 'five'), 1)

    def test_a_script_may_do_what_its_user_may(self):
        self.raw.ask('ACL', 'SETUSER', 'alice', 'on', 'nopass', '~a*', '+@scripting', '+get',
                     '+acl|log')
        self.raw.ask('SET', 'a', 1)
        alice = self.server.connect()
        alice.ask('AUTH', 'alice', '')
        get = "return redis.call('get', ARGV[1])"
        self.assertEqual(alice.ask('EVAL', get, 0, 'a'), b'1')
        self.assertEqual(alice.ask('EVAL', get, 0, 'b'),
                         '-ERR ACL failure in script: No permissions '
                                                         'to access a key script: on '
                                                         '@user_script:1.')
        self.assertIn('ACL failure in script: User alice has no permissions to run the \'set\' '
                      'command',
                      alice.ask('EVAL', "return redis.call('set', 'a', 1)", 0))
        check = "return {redis.acl_check_cmd('get', 'a'), redis.acl_check_cmd('get', 'b')}"
        self.assertEqual(alice.ask('EVAL', check, 0), [1, None])
        entry = self.raw.ask('ACL', 'LOG')[0]
        self.assertEqual(entry[entry.index(b'context') + 1], b'lua')
        self.raw.ask('ACL', 'DELUSER', 'alice')

    def test_functions_survive_a_reload(self):
        self.raw.ask('FUNCTION', 'LOAD',
                     "#!lua name=a\nredis.register_function('f', function() return 7 end)")
        self.assertEqual(self.raw.ask('DEBUG', 'RELOAD'), 'OK')
        self.assertEqual(self.raw.ask('FCALL', 'f', 0), 7)
        self.assertEqual(info(self.raw, 'memory', 'number_of_libraries'), '1')

    def test_statistics_count_inner_commands(self):
        self.raw.ask('CONFIG', 'RESETSTAT')
        self.raw.ask('SET', 'k', 'text')
        self.raw.ask('EVAL', "redis.pcall('lpush', 'k', 1) return redis.call('get', 'k')", 0)
        stats = self.raw.ask('INFO', 'commandstats').decode()
        self.assertRegex(stats, r'cmdstat_lpush:calls=1,.*failed_calls=1')
        self.assertRegex(stats, r'cmdstat_get:calls=1,.*failed_calls=0')
        self.assertRegex(stats, r'cmdstat_eval:calls=1,.*failed_calls=0')

    def test_a_huge_reply_and_many_arguments(self):
        self.assertEqual(len(self.raw.ask('EVAL', "return ('x'):rep(20000000)", 0)), 20000000)
        self.assertEqual(self.raw.ask('EVAL', "local t = {} for i = 1, 7000 do t[i] = i end "
                                              "return redis.call('rpush', 'l', unpack(t))", 0),
                                              7000)
        self.assertEqual(len(self.raw.ask('EVAL', "return redis.call('lrange', 'l', 0, -1)", 0)),
                         7000)


class Restart(unittest.TestCase):
    def test_functions_survive_a_restart(self):
        with Server() as server:
            raw = server.connect()
            if 'LUA' not in str(raw.ask('FUNCTION', 'STATS')):
                self.skipTest('the server was built without Lua')
            raw.ask('FUNCTION', 'LOAD',
                    "#!lua name=a\nredis.register_function('f', function() return 7 end)")
            self.assertEqual(raw.ask('SAVE'), 'OK')
            server.process.kill()
            server.process.wait()
            server._spawn()
            wait_until(server._answers, 'the server is back')
            self.assertEqual(server.connect().ask('FCALL', 'f', 0), 7)


if __name__ == '__main__':
    rota_server.main()
