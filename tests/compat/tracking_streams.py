# SPDX-License-Identifier: BSD-3-Clause
"""Client tracking: every mode, what it remembers, and who is told what and when."""
import session_streams

OPTIONS = '''
on|off|x|on on|on redirect|on redirect x|on redirect 0|on redirect -1|on redirect 999999|off bcast
on prefix a|on bcast optin|on bcast optout|on optin optout|on redirect 1 redirect 2|on bogus
on optin|on optout|on noloop|on bcast|on bcast prefix a prefix b|on bcast prefix a prefix ab
on bcast prefix bc|on bcast prefix b|on bcast prefix c noloop|on bcast prefix ""|off prefix x
on bcast prefix|off redirect 999999|on optin noloop|on optout noloop|on bcast noloop
'''
CACHING = '''
caching yes|caching no|caching x|caching|caching yes no|getredir|trackinginfo|trackinginfo x
getredir x|tracking|id
'''
SCENARIOS = '''
a HELLO 3; a CLIENT TRACKING ON; a GET k; c SET k 1; c SET k 2; a MGET k j i; c MSET k 1 j 2 i 3;
  a GET k; a SET k 3; a GET k; c DEL k no; a CLIENT TRACKING OFF; c SET k 1; a GET k; c SET k 2
a HELLO 3; a CLIENT TRACKING ON; a EXISTS e; a TTL t; a TYPE y; a STRLEN s; a LRANGE l 0 -1;
  c MSET e 1 t 1 y 1 s 1; c RPUSH l 1; a SMEMBERS m; a HGETALL h; a ZRANGE z 0 -1; c SADD m 1;
  c HSET h a 1; c ZADD z 1 a; a SCARD m; c SREM m 1; a XREAD STREAMS x 0; c XADD x 1-1 a b
a HELLO 3; a CLIENT TRACKING ON; a INCR n; a GETEX g; a GETDEL d; c INCR n; c SET g 1; c SET d 1;
  a SCAN 0; a DBSIZE; a KEYS x; c SET x 1; a GETRANGE r 0 1; c APPEND r x; a BITCOUNT b;
  c SETBIT b 1 1
a HELLO 3; a CLIENT TRACKING ON; a GET k; c FLUSHALL; c FLUSHDB; a FLUSHALL; a GET k; c SET k 1;
  c MULTI; c FLUSHALL; c SET k 2; c EXEC; a GET k; c MULTI; c SET k 3; c FLUSHDB; c EXEC
a HELLO 3; a CLIENT TRACKING ON; a GET k; c SELECT 3; c SET k x; c SELECT 0; a GET k; c SET k 1;
  c EXPIRE k 100; a GET k; c EXPIRE k 100; a GET k; c PERSIST k; a GET k; c RENAME k j; a GET j;
  c COPY j k; a GET k; c COPY j k REPLACE; a GET k; c MOVE k 1; c SELECT 1; c DEL k
a HELLO 3; a CLIENT TRACKING ON; a MULTI; a GET m; a SET m 1; a GET m; a EXEC; c SET m 2; a MULTI;
  a GET m; a GET n; a EXEC; c MULTI; c SET m 1; c SET n 1; c SET m 2; c EXEC
a HELLO 3; a CLIENT TRACKING ON NOLOOP; a GET k; a SET k 1; c SET k 2; a GET k; c SET k 3
a HELLO 3; a CLIENT TRACKING ON OPTIN; a GET k; a CLIENT CACHING YES; a GET j; a GET i;
  a CLIENT CACHING YES; a PING; a GET h; a CLIENT CACHING YES; a CLIENT GETNAME; a GET g;
  a CLIENT CACHING YES; a MULTI; a GET m; a GET n; a EXEC; a GET o;
  c MSET k 1 j 1 i 1 h 1 g 1 m 1 n 1 o 1
a HELLO 3; a CLIENT TRACKING ON OPTOUT; a GET k; a CLIENT CACHING NO; a GET j; a GET i;
  a CLIENT CACHING NO; a MULTI; a GET m; a EXEC; a GET o; c MSET k 1 j 1 i 1 m 1 o 1
a HELLO 3; a CLIENT TRACKING ON BCAST PREFIX x; c MSET x1 1 x2 2 y 1; a SET x1 2; c MULTI;
  c SET xb 1; c SET xa 1; c SET xb 2; c EXEC; c FLUSHALL; c DEL no; c SET x 1; c DEL x; a GET x;
  a GET y
a HELLO 3; a CLIENT TRACKING ON BCAST; c SET a 1; c SET b 1; a CLIENT TRACKING OFF; c SET a 2
a HELLO 3; a CLIENT TRACKING ON BCAST NOLOOP; a SET q 1; c SET q 2; a MULTI; a SET q 1; a EXEC
a HELLO 3; b HELLO 3; a CLIENT TRACKING ON BCAST PREFIX a PREFIX b;
  b CLIENT TRACKING ON BCAST PREFIX ab NOLOOP; c MSET a 1 ab 1 abc 1 b 1 c 1; b SET ab 1; b MULTI;
  b SET ab 2; b EXEC
a HELLO 3; b HELLO 3; a CLIENT TRACKING ON; b CLIENT TRACKING ON; a GET k; b GET k; c SET k 1;
  b GET k; c SET k 2; a GET k; b GET k; a SET k 3
a HELLO 2; b SUBSCRIBE __redis__:invalidate; a CLIENT TRACKING ON REDIRECT @b; a GET r; c SET r 1;
  c FLUSHALL; a GET r; a SET r 2; a CLIENT TRACKING ON NOLOOP REDIRECT @b; a GET r; a SET r 1;
  c SET r 3
a HELLO 2; b PING; a CLIENT TRACKING ON REDIRECT @b; a GET r; c SET r 1; b PSUBSCRIBE *; a GET r;
  c SET r 2; b RESET; a GET r; c SET r 3; a CLIENT GETREDIR; a CLIENT TRACKINGINFO
a HELLO 3; b HELLO 3; a CLIENT TRACKING ON REDIRECT @b; a GET r; c SET r 5; c FLUSHALL; a GET r;
  b QUIT; c SET r 6; a CLIENT TRACKINGINFO; a GET r; c SET r 7; a CLIENT TRACKING ON; a GET r;
  c SET r 8; a CLIENT TRACKINGINFO
a HELLO 3; b SUBSCRIBE x; a CLIENT TRACKING ON BCAST REDIRECT @b; c SET r 5; a SET r 1; c FLUSHALL
a CLIENT TRACKING ON; a GET k; c SET k 1; a HELLO 3; a GET k; c SET k 2; a RESET; a GET k;
  c SET k 3; a CLIENT TRACKINGINFO
a HELLO 3; a CLIENT TRACKING ON; a GET k; a SUBSCRIBE ch; c SET k 1; c PUBLISH ch x; a GET k;
  a CLIENT REPLY OFF; c SET k 2
a HELLO 3; a CLIENT TRACKING ON; a BLPOP k 0; c RPUSH k 1; a LRANGE k 0 -1; c RPUSH k 1
'''


def options_stream(pair, words, count, known):
    options = [['CLIENT', 'TRACKING', *line.replace('""', '\0').split()]
               for line in OPTIONS.replace('\n', '|').split('|') if line]
    options = [[word.replace('\0', '') for word in line] for line in options]
    others = [['CLIENT', *line.split()] for line in CACHING.replace('\n', '|').split('|') if line]
    others = [line for line in others if line[1] != 'id']
    info = [['CLIENT', 'TRACKINGINFO'], ['CLIENT', 'GETREDIR']]
    commands = []
    for line in options:   # each on a client that tracks nothing, then on what the others have made
        commands += [['CLIENT', 'TRACKING', 'off'], line, *info]
    for line in options:
        commands += [line, *info]
    for _ in range(count // 10):
        commands += [words.random.choice(options + others * 2), *info]
        if words.random.random() < 0.2:
            commands.append(['CLIENT', 'TRACKING', 'off'])
    for resp in (2, 3):
        pair.ask(commands, resp)


def scenarios_stream(pair, words, count, known):
    session_streams.run_scenarios(pair, SCENARIOS, [['FLUSHALL']])


STREAMS = {'tracking-options': options_stream, 'tracking-scenarios': scenarios_stream}
