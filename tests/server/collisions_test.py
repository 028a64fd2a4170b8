# SPDX-License-Identifier: BSD-3-Clause
"""Many connections read and write the same few keys in every way, while the server is looked at
and set otherwise. A key holds nothing but its own letter, or a list: whoever reads anything else
has read what another thread was about to change. ThreadSanitizer sees the rest.
"""
import random
import unittest

import rota_server
from rota_server import Server

LETTERS = 'abcd'
SIZES = (1, 8, 40, 300, 5000, 20000)   # in the entry and outside of it
CONNECTIONS = 6
ROUNDS = 25
PIPELINE = 60


def read(chance, key):
    other = chance.choice(LETTERS)
    return chance.choice((
        ('GET', key), ('GET', key), ('MGET', key, other), ('STRLEN', key), ('EXISTS', key, other),
        ('GETRANGE', key, 0, 20), ('TYPE', key), ('TTL', key), ('PEXPIRETIME', key)))


def write(chance, key):
    other = chance.choice(LETTERS)
    text = key * chance.choice(SIZES)
    return chance.choice((
        ('SET', key, text), ('SET', key, text), ('SET', key, text, 'EX', 100),
        ('SET', key, text, 'KEEPTTL'), ('APPEND', key, key * 7), ('SETRANGE', key, 0, key * 5),
        ('EXPIRE', key, 100), ('PERSIST', key), ('PEXPIRE', key, 1), ('DEL', key),
        ('GETDEL', key), ('LPUSH', key, key), ('MSET', key, text, other, other * 9),
        ('INCR', 'n'), ('APPEND', 'n', '0'), ('SET', 'n', 1), ('RENAME', 'n', 'm'),
        ('COPY', 'm', 'n', 'REPLACE')))


def look(chance, key):
    return chance.choice((
        ('OBJECT', 'ENCODING', key), ('MEMORY', 'USAGE', key), ('RANDOMKEY',), ('SCAN', 0),
        ('INFO', 'everything'), ('CLIENT', 'LIST'), ('CONFIG', 'RESETSTAT'), ('DBSIZE',)))


def turn(chance, _):
    return chance.choice((
        ('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lfu'),
        ('CONFIG', 'SET', 'maxmemory-policy', 'noeviction'),
        ('CONFIG', 'SET', 'latency-tracking', chance.choice(('yes', 'no'))),
        ('CONFIG', 'SET', 'io-threads-do-command-reads', chance.choice(('yes', 'no'))),
        ('CONFIG', 'SET', 'maxmemory-clients', chance.choice(('0', '1gb'))),
        ('CONFIG', 'SET', 'io-threads', chance.choice((1, 2, 4))),
        ('FLUSHALL', chance.choice(('SYNC', 'ASYNC'))), ('SWAPDB', 0, 1)))


class Collisions(unittest.TestCase):
    def commands(self, chance):
        kinds = chance.choices((read, write, look, turn), (60, 35, 4, 0.3), k=PIPELINE)
        commands = [kind(chance, chance.choice(LETTERS)) for kind in kinds]
        if chance.randrange(4) == 0:
            commands[10:10] = [('MULTI',)]
            commands[14:14] = [('EXEC',)]
        return commands

    def check(self, command, reply):
        values = {'GET': [reply], 'GETRANGE': [reply], 'GETDEL': [reply],
                  'MGET': reply}.get(command[0], [])
        if isinstance(reply, str) and command[0] != 'TYPE':   # an error, OK or QUEUED
            self.assertRegex(reply, '^(OK|QUEUED|-WRONGTYPE |-ERR no such key|-ERR value is not an '
                             'integer|-ERR increment)')
            return
        for key, value in zip(command[1:], values):
            self.assertLessEqual(set(value or b''), set(key.encode()), (command, value))

    def test_whatever_others_do_a_key_holds_what_was_put_there(self):
        chance = random.Random(7)
        with Server('--save', '') as server:
            peers = [server.connect() for _ in range(CONNECTIONS)]
            for _ in range(ROUNDS):
                asked = [self.commands(chance) for _ in peers]
                for peer, commands in zip(peers, asked):
                    for command in commands:
                        peer.command(*command)
                for peer, commands in zip(peers, asked):
                    for command in commands:
                        self.check(command, peer.reply())
            for peer in peers:
                peer.close()


if __name__ == '__main__':
    rota_server.main()
