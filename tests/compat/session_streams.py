# SPDX-License-Identifier: BSD-3-Clause
"""Streams that need several connections: who waits, who watches, who listens; and the events of
keys that commands of all other streams raise."""
SCENARIOS = '''
a BLPOP k 0; b BRPOP k j 0; c RPUSH k 1 2 3; c LRANGE k 0 -1; a PING; b PING
a BLMOVE s d LEFT RIGHT 0; b BLMPOP 0 2 x d LEFT COUNT 9; c RPUSH s 1 2; c LRANGE s 0 -1
a BRPOPLPUSH s s 0; c RPUSH s 1; c LRANGE s 0 -1
a BLPOP k 0; c SET k v; c DEL k; c LPUSH j 1; c RENAME j k
a BLPOP k 0; c MULTI; c RPUSH k 1; c DEL k; c EXEC; c RPUSH k 2
a BLPOP k 0; c MULTI; c RPUSH k 1; c LPOP k; c RPUSH k 2; c EXEC
a BLPOP k 0; c SELECT 1; c RPUSH k 1; c SWAPDB 0 1; c SELECT 0; c LLEN k
a BLPOP k 0; c SELECT 1; c RPUSH k 1; c MOVE k 0; c SELECT 0
a BLPOP k 0; c RPUSH j 1; c COPY j k; c LLEN k
a BLPOP k k k 0; c RPUSH k 1 2; c LLEN k
a BRPOPLPUSH k j 0; c SET j v; c RPUSH k 1; c LLEN k
a MULTI; a BLPOP k 0; a BRPOPLPUSH k j 0; a BLMPOP 0 1 k LEFT; a WAIT 1 0; a EXEC
a WATCH k; c SET k 1; a MULTI; a GET k; a EXEC; a MULTI; a GET k; a EXEC
a WATCH k; c SELECT 1; c SET k 1; a MULTI; a EXEC; a WATCH k; c SWAPDB 0 1; a MULTI; a EXEC
a SET k 1; a WATCH k; c FLUSHALL; a MULTI; a EXEC; a WATCH k; c FLUSHDB; a MULTI; a EXEC
a WATCH k; c SET k 1; a UNWATCH; a MULTI; a EXEC; a WATCH k; c DEL k; a RESET; a MULTI; a EXEC
a MULTI; a MULTI; a WATCH k; a bogus; a GET; a EXEC; a EXEC; a DISCARD; a EXEC x; a DISCARD x
a MULTI; a SET k; a DISCARD; a MULTI; a SET k 1; a INCR k; a LPUSH k 1; a HELLO 3; a GET no; a EXEC
a MULTI; a SUBSCRIBE x; a PING; a EXEC; a GET k; a UNSUBSCRIBE; a GET k
a SUBSCRIBE x y x; a PING; a PING z; a GET k; c PUBLISH x 1; c PUBLISH z 1; a EXEC; a UNSUBSCRIBE y
a SUBSCRIBE x; c PUBSUB NUMSUB x y; c PUBSUB CHANNELS; c PUBSUB NUMPAT; a RESET; c PUBSUB CHANNELS
a PSUBSCRIBE x* y*; a SUBSCRIBE x1; c PUBLISH x1 m; a PUNSUBSCRIBE x*; c PUBLISH x1 m; a UNSUBSCRIBE
a HELLO 3; a SUBSCRIBE x; a PUBLISH x 1; a GET k; a PING; a UNSUBSCRIBE; a UNSUBSCRIBE
a HELLO 3; a SUBSCRIBE x; a MULTI; a PUBLISH x 1; a EXEC; a CLIENT REPLY OFF; c PUBLISH x 2
a SSUBSCRIBE x; a SSUBSCRIBE y; c SPUBLISH x 1; c PUBLISH x 1; c PUBSUB SHARDNUMSUB x
a SSUBSCRIBE x; c PUBSUB SHARDCHANNELS; a SUNSUBSCRIBE; a SUNSUBSCRIBE; a PUNSUBSCRIBE
a CLIENT REPLY OFF; a SUBSCRIBE x; c PUBLISH x 1; a PING
a CLIENT SETNAME w; a BLPOP k 0; a PING; a PING; c CLIENT KILL NAME w; c RPUSH k 1; c LLEN k
a BLPOP k -1; a BLPOP k x; a BLPOP k 1e300; a BLPOP k nan; a BLMPOP 0 0 k LEFT; a BLMPOP 0 1 k UP
a BLMPOP x 1 k LEFT; a BLMPOP 0 1 k LEFT COUNT 0; a BLMOVE a b LEFT UP 0; a BLMOVE a b LEFT LEFT x
c SET k v; a BLPOP k 0; a BLPOP no k 0; a BLMPOP 0 1 k LEFT; a BLMOVE k j LEFT LEFT 0
a WAIT 0 0; a WAIT x 0; a WAIT 0 -1; a WAIT 0 x; a WAIT -1 0
'''


class Sides:
    """The same connections by name to one server, read up to what it has said so far."""

    def __init__(self, server):
        self.server = server
        self.fence = server.connect()
        self.named = {}
        self.ids = {}
        self.shown = False   # ids may be in replies

    def of(self, name):
        if name not in self.named:
            self.named[name] = self.server.connect()
            self.named[name].send(b'CLIENT ID\r\n')
            self.ids['@' + name] = self.named[name].reply()[1:-2]
        return self.named[name]

    def fill(self, word):
        """"@b" is the id of connection b."""
        if word.startswith('@'):
            self.of(word[1:])
            self.shown = True
        return self.ids.get(word, word)

    def heard(self, encode):
        """What each has been told. The server has answered what came before the fence."""
        for _ in range(3):
            self.fence.send(encode(['PING']))
            self.fence.reply()
        told = []
        for name, side in sorted(self.named.items()):
            data = b''
            side.socket.setblocking(False)
            try:
                while more := side.socket.recv(1 << 16):
                    data += more
            except (BlockingIOError, ConnectionResetError):
                pass
            side.socket.setblocking(True)
            for short, number in self.ids.items() if self.shown else ():
                data = data.replace(b':' + number + b'\r', b':' + short.encode() + b'\r')
            if data:
                told.append(name.encode() + b' ' + data)
        return b' '.join(told)

    def close(self):
        for side in (self.fence, *self.named.values()):
            side.close()


def run_scenarios(pair, scenarios, first):
    """Steps of a letter for the connection, then the command; `first` comes before each scenario.
    A line that begins with blanks goes on with the one before it."""
    import differential   # late: it imports this
    for line in scenarios.strip().replace(';\n  ', '; ').split('\n'):
        sides = [Sides(server) for server in pair.servers]
        for side in sides:
            for command in first:
                side.fence.send(differential.encode(command))
                side.fence.reply()
        steps = line.split('; ')
        for at, step in enumerate(steps):
            name, *command = step.replace('""', '\0').split()
            command = [word.replace('\0', '') for word in command]
            theirs, ours = (side.of(name).send(differential.encode(map(side.fill, command))) or
                            side.heard(differential.encode) for side in sides)
            pair.report.compare('; '.join(steps[:at + 1]), theirs, ours)
        for side in sides:
            side.close()


def scenarios_stream(pair, words, count, known):
    run_scenarios(pair, SCENARIOS, [['FLUSHALL']])


class Listening:
    """A pair that also compares the events that each command raises."""
    EVENTS = b'KEAnm'

    def __init__(self, pair):
        self.pair, self.report, self.servers = pair, pair.report, pair.servers

    @staticmethod
    def events(listener, encode):
        listener.send(encode(['PING']))
        heard = []
        while (reply := listener.reply()) != b'+PONG\r\n':
            if b'(' in reply[:1] or reply.endswith(b')'):
                return [reply]
            parts = reply.split(b'\r\n')
            event = parts[6] + b' ' + parts[8]
            if not event.startswith(b'__keyevent') or b'expired' not in event:
                heard.append(event)
        return [event for event in heard if not event.endswith(b'expired')]

    def ask(self, commands, resp=2, first=()):
        from differential import encode, show
        sides = [server.connect() for server in self.servers]
        listeners = [server.connect() for server in self.servers]
        for listener in listeners:
            for words in (['HELLO', '3'], ['CONFIG', 'SET', 'notify-keyspace-events', self.EVENTS],
                          ['PSUBSCRIBE', '__key*']):
                listener.send(encode(words))
                listener.reply()
        for words in ([['HELLO', resp]] if resp != 2 else []) + list(commands):
            for side in sides:
                side.send(encode(words))
            replies = [side.reply() for side in sides]
            if any(b'(closed)' in reply for reply in replies):
                break
            theirs, ours = (b', '.join(self.events(listener, encode)) for listener in listeners)
            self.report.compare('events of ' + show(words), theirs, ours)
        for side in sides + listeners:
            side.close()


STREAMS = {'scenarios': scenarios_stream}


def events_of(name, stream):
    def run(pair, words, count, known):
        stream(Listening(pair), words, count // 4, known)
    STREAMS['events-' + name] = run
