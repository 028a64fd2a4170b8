# SPDX-License-Identifier: BSD-3-Clause
"""Random commands on positions for differential.py: templates, and what fills them.

Few places are the same, because Valkey does not sort equally far ones in a stable order.
"""

# K key, E member, LON LAT a place, MANY places with their members, R size, U unit, AT where the
# centre is, AREA, OPT options.
TEMPLATES = '''
GEOADD K LON LAT E|GEOADD K LON LAT E LON LAT E LON LAT E|GEOADD K ADD LON LAT E
GEOADD K MANY|GEOADD K MANY|GEOADD K MANY|GEOADD K MANY
GEOADD K ADD ADD LON LAT E LON LAT E|GEOADD K LON LAT|GEOADD K CH LON LAT|GEOADD K NX
GEOPOS K E E E|GEOPOS K|GEOHASH K E E E|GEOHASH K|GEODIST K E E|GEODIST K E E U
GEODIST K E E U x|ZRANGE K 0 -1 WITHSCORES|ZADD K S E|ZREM K E|DEL g3|SET w E|TYPE K
GEOSEARCH K AT AREA|GEOSEARCH K AT AREA OPT|GEOSEARCH K AREA AT OPT|GEOSEARCH K AREA OPT OPT
GEOSEARCH K AT AREA OPT OPT|GEOSEARCH K AT AREA OPT OPT OPT|GEOSEARCH K AT AREA AREA OPT
GEOSEARCH K AT AT AREA OPT|GEOSEARCH K POLYGON|GEOSEARCH K POLYGON OPT OPT
GEOSEARCH K POLYGON AT|GEOSEARCH K AT POLYGON|GEOSEARCH K OPT POLYGON POLYGON
GEOSEARCHSTORE d K AT AREA|GEOSEARCHSTORE d K AT AREA STOREDIST|GEOSEARCHSTORE K K AT AREA OPT
GEOSEARCHSTORE d K POLYGON STOREDIST OPT|GEOSEARCHSTORE K K AREA OPT OPT
GEORADIUS K LON LAT R U|GEORADIUS K LON LAT R U OPT OPT|GEORADIUS K LON LAT R U OPT STORE d
GEORADIUS K LON LAT R U STOREDIST d OPT|GEORADIUS_RO K LON LAT R U OPT OPT
GEORADIUS_RO K LON LAT R U STORE d|GEORADIUSBYMEMBER K E R U OPT|GEORADIUSBYMEMBER K E R U
GEORADIUSBYMEMBER K E R U OPT STOREDIST d|GEORADIUSBYMEMBER K E R U STORE K STOREDIST d
GEORADIUSBYMEMBER_RO K E R U OPT OPT|GEORADIUSBYMEMBER_RO K E R U STORE d
GEORADIUSBYMEMBER K E R U STORE|DEBUG DIGEST-VALUE d|OBJECT ENCODING K|ZRANGE d 0 -1 WITHSCORES
CONFIG SET zset-max-listpack-entries LIMIT|COMMAND GETKEYSANDFLAGS GEORADIUS K 1 2 3 m OPT STORE d
COMMAND GETKEYSANDFLAGS GEORADIUSBYMEMBER K E 3 m STOREDIST d STORE e
COMMAND GETKEYS GEOSEARCHSTORE d K FROMMEMBER E BYRADIUS 1 m
'''
MEMBERS = [f'm{i}' for i in range(60)] + ['1', '-7', '', b'\x00\xff', 'x' * 70]
ODD = ['nan', 'inf', '-inf', 'abc', '', '0x10', '1e400', ' 1', '1e3', '-0']
UNITS = ['m', 'km', 'ft', 'mi', 'M', 'Km'] * 4 + ['cm', '']


class Places:
    def __init__(self, random):
        self.random = random
        # Most of them lie together, so that small areas find some.
        self.home = (random.uniform(-170, 170), random.uniform(-80, 80))
        self.spread = random.choice([0.001, 0.1, 2, 10])

    def coordinate(self, axis, limit):
        pick = self.random.random()
        if pick < 0.03:
            return self.random.choice([limit, -limit, 0, limit + 1e-8, -limit - 1, *ODD])
        return self.near(axis, limit) if pick < 0.8 else self.random.uniform(-limit, limit)

    def near(self, axis, limit):
        value = self.random.gauss(self.home[axis], self.spread)
        beyond = max(abs(value) - limit, 0)   # thrown back, so that none are the same
        return value - 2 * beyond if value > 0 else value + 2 * beyond

    def longitude(self):
        return self.coordinate(0, 180)

    def latitude(self):
        return self.coordinate(1, 85.05112878)

    def many(self):
        """Places that no command refuses."""
        places = []
        for _ in range(self.random.randint(5, 25)):
            places += [self.near(0, 180), self.near(1, 85.05112878), self.random.choice(MEMBERS)]
        return places

    def size(self):
        if self.random.random() < 0.05:
            return self.random.choice([0, -1, 1e-7, 1e9, 1e308, *ODD])
        return self.spread * 10 ** self.random.uniform(3, 5.5)

    def area(self):
        random = self.random
        area = ['BYRADIUS', self.size(), random.choice(UNITS)] if random.random() < 0.5 else \
            ['BYBOX', self.size(), self.size(), random.choice(UNITS)]
        return area[:-1] if random.random() < 0.03 else area

    def center(self):
        if self.random.random() < 0.5:
            return ['FROMMEMBER', self.random.choice(MEMBERS)]
        return ['fromlonlat', self.longitude(), self.latitude()]

    def polygon(self):
        # Not across a pole, where Valkey finds nothing.
        count = self.random.choice([3, 3, 4, 5, 8])
        corners = [part for _ in range(count)
                   for part in (self.near(0, 180), self.near(1, 85.05112878))]
        if self.random.random() < 0.1:
            corners[self.random.randrange(2 * count)] = self.random.choice([0, 180, -90, *ODD])
        if self.random.random() < 0.1:
            count = self.random.choice([0, 2, 100, -1, 2**31, 'x', ''])
        return ['BYPOLYGON', count, *corners]

    def options(self):
        return self.random.choice([
            ['WITHDIST'], ['withcoord'], ['WITHHASH'], ['ASC'], ['DESC'], ['ASC'], ['DESC'],
            ['COUNT', self.random.choice([1, 2, 5, 1000])], ['COUNT', 3, 'ANY'], [],
            ['WITHDIST', 'WITHHASH', 'WITHCOORD'],
            self.random.choice([['COUNT'], ['COUNT', 0], ['COUNT', -1], ['COUNT', 2**63],
                                ['COUNT', 2**63 - 1], ['ANY'], ['STORE'], ['STOREDIST'],
                                ['bogus'], ['STORE', 'd']])])


def fill(words, places, template):
    choose = words.random.choice
    made = []
    for part in template.split():
        if part == 'K':
            made.append(choose(['g1', 'g1', 'g2', 'g3'] * 6 + ['none', 'w']))
        elif part == 'E':
            made.append(choose(MEMBERS))
        elif part == 'S':
            made.append(words.random.randrange(2**52) if words.random.random() < 0.9 else
                        choose([0, 2**52 - 1, 2**52, -1, 2**53, '1e18', '1e19', '1e300', 'inf',
                                '-inf', '0.5']))
        elif part == 'U':
            made.append(choose(UNITS))
        elif part == 'ADD':
            made.append(choose(['NX', 'XX', 'CH', 'ch', 'GT', 'INCR']))
        elif part == 'LIMIT':
            made.append(choose([0, 8, 128]))
        elif part in ('LON', 'LAT', 'R'):
            made.append({'LON': places.longitude, 'LAT': places.latitude, 'R': places.size}[part]())
        elif part in ('AT', 'AREA', 'POLYGON', 'OPT', 'MANY'):
            made += {'AT': places.center, 'MANY': places.many, 'AREA': places.area,
                     'POLYGON': places.polygon, 'OPT': places.options}[part]()
        else:
            made.append(part)
    return made


def geo_stream(pair, words, count, known):
    lines = [line for line in TEMPLATES.replace('\n', '|').split('|') if line]
    for resp in (2, 3):
        commands = [['FLUSHALL']]
        for i in range(count):
            if i % 500 == 0:
                places = Places(words.random)
            commands.append(fill(words, places, words.random.choice(lines)))
        pair.ask(commands + [['DEBUG', 'DIGEST']], resp)


STREAMS = {'geo': geo_stream}
