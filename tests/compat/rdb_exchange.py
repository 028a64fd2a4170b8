# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots from server to server: what one has saved the next one loads, and DEBUG DIGEST and the
number of keys stay the same. Valkey 9.1.2 and Rota in turns, and Redis where bench/peers has it.

    ROTA_SERVER=<rota-server> rdb_exchange.py
"""
import os
import shutil
import sys
import tempfile

import differential
import dump_streams

REDIS = os.path.expanduser('~/.cache/rota/peers/redis/bin/redis-server')
# What was never changed by a limit, changed by all, and not compressed.
SETTINGS = [[], [('list-max-listpack-size', 1), ('set-max-intset-entries', 0),
                 ('set-max-listpack-entries', 0), ('hash-max-listpack-entries', 0),
                 ('stream-node-max-entries', 3)],
            [('rdbcompression', 'no'), ('maxmemory-policy', 'allkeys-lru')],
            [('maxmemory-policy', 'allkeys-lfu')]]


class Stage:
    """One server on a folder that keeps its dump.rdb."""

    def __init__(self, program, folder, *arguments):
        self.server = differential.Server(program, '--dir', folder, '--dbfilename', 'dump.rdb',
                                          *arguments)
        self.side = dump_streams.Side(self.server, differential.encode)

    def ask(self, *words):
        return self.side.ask(*words)

    def state(self):
        return (self.ask('DEBUG', 'DIGEST'), self.ask('DBSIZE'), self.ask('PTTL', 'str1')[:2],
                self.ask('FUNCTION', 'LIST', 'WITHCODE') if RUNS_LUA else b'')

    def stop(self):
        self.side.connection.close()
        self.server.stop()


RUNS_LUA = differential.runs_lua(os.environ['ROTA_SERVER'])
LIBRARY = ("#!lua name=saved\nredis.register_function{function_name='f', description='of a file', "
           "callback=function() return redis.call('get', 'str1') end, flags={'no-writes'}}" +
           '-- a comment that is long enough to be worth its compression' * 10)


def fill(stage, words, settings, newest):
    class One:
        @staticmethod
        def ask(commands):
            for command in commands:
                stage.ask(*command)
    known = [line.split()[0].lower()
             for templates in [kind[0] for kind in dump_streams.KINDS[:3 + newest]] +
             [dump_streams.streams.TEMPLATES]
             for line in templates.replace('\n', '|').split('|') if line]
    for name, value in settings:
        stage.ask('CONFIG', 'SET', name, value)
    dump_streams.fill_keys(One, words, known)
    if RUNS_LUA:
        stage.ask('FUNCTION', 'LOAD', LIBRARY)
    stage.ask('PEXPIRE', 'str1', 10**9)
    stage.ask('PEXPIRE', 'l1', 10**9)
    for i in range(300):
        stage.ask('RPUSH', 'long', f'element {i}' * 10)
        stage.ask('SELECT', '3')
        stage.ask('SET', f'three{i}', i * 10**6)
        stage.ask('SELECT', '0')


def journey(programs, settings, seed):
    folder = tempfile.mkdtemp(prefix='rota-rdb-')
    try:
        first = Stage(programs[0], folder)
        fill(first, differential.Words(seed), settings, programs[0] != REDIS)
        expected = first.state()
        answers = [first.ask('SAVE')]
        first.stop()
        for program in programs[1:]:
            stage = Stage(program, folder)
            if stage.state() != expected:
                print(f'{programs} {settings}: {stage.state()} after {expected}')
                return False
            answers.append(stage.ask('DEBUG', 'RELOAD'))
            answers.append(b'' if stage.state() == expected else b'changed by RELOAD')
            for name, value in settings[:1]:
                stage.ask('CONFIG', 'SET', name, value)
            answers.append(stage.ask('SAVE'))
            stage.stop()
        if set(answers) - {b'+OK\r\n', b''}:
            print(f'{programs} {settings}: {answers}')
            return False
        return True
    finally:
        shutil.rmtree(folder)


def main():
    valkey, rota = differential.PEER, os.environ['ROTA_SERVER']
    if not os.access(valkey, os.X_OK):
        print(f'1..0 # SKIP no Valkey 9.1.2 in {valkey}: bench/peers installs it')
        return 77
    good = all([journey([valkey, rota, valkey, rota], settings, f'rdb {i}')
                for i, settings in enumerate(SETTINGS)] +
               [journey([rota, valkey, rota], SETTINGS[0], 'rdb')])
    if os.access(REDIS, os.X_OK):
        good &= journey([REDIS, rota, valkey, rota], SETTINGS[1], 'redis')
    print('ok' if good else 'not ok')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
