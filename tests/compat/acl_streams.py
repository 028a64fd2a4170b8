# SPDX-License-Identifier: BSD-3-Clause
"""Users: every rule, what it allows of every command, and what connections notice of a change."""
import re

import session_streams

HASH = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
RULES = [
    'on', 'off', 'ON', 'nopass', 'resetpass', '>pw', '>', '>a b', '<pw', '<none', f'#{HASH}',
    f'!{HASH}', '#abc', '!aa', f'#{HASH.upper()}', 'reset', 'clearselectors', '',
    'sanitize-payload', 'skip-sanitize-payload', 'allkeys', '~*', 'resetkeys', '~', '~a*', '~b',
    '%R~a*', '%W~a*', '%RW~c', '%wr~d', '%r~*', '%~d', '%RR~e', '%X~f', '%R', '%',
    '~a b',
    '~a\tb', '~a)', '~(a', 'allchannels', '&*', 'resetchannels', '&', '&c1', '&c*', '&a b',
    'alldbs', 'resetdbs', 'db=1', 'db=0,2', 'db=3,1,3', 'db=', 'db=x', 'db=-1', 'db=-0', 'db=99',
    'db=1,',
    'db=,1', 'db=1 ,2', 'db= 1', 'db=+1', 'db=01', 'db=1a', 'db=2147483648', 'db=99999999999',
    'DB=2', 'allcommands', '+@all', 'nocommands', '-@all', '+@ALL', '+get', '-get', '+GET', '+set',
    '-set', '+mget', '+config', '-config', '+config|get', '-config|get', '+Config|Set',
    '+config|nosuch', '-config|nosuch', '+config|get|x', '+config|', '+select|0', '+SELECT|1',
    '-select|0', '-select', '+select', '+get|a', '+GET|A', '+get|x|y', '+|get', '+', '-', '+@',
    '-@', '+client|id', '-client|id', '+client', '+acl|whoami', '+nosuch', '-nosuch', '+@nosuch',
    '-@nosuch', '+@read', '-@read', '+@write', '-@write', '+@dangerous', '-@dangerous', '+@string',
    '-@string', '+@connection', '-@connection', '+@fast', '-@slow', '+@slow', '+@admin', '+@pubsub',
    '()', '(~a +get)', '( ~b  +set )', '(+@all ~* &*)', '(allkeys allchannels alldbs allcommands)',
    '(%R~x &y db=4 -@all +@read)', '(on)', '(nopass)', '(>pw)', '(reset)', '(~a (+get))', '(~a',
    '(+nosuch)', '(~x nosuch)', '(%Z~x)', '(db=x)', '+get)', ')', '(~a) ', '(resetdbs)', 'bogus',
    '+@all ', ' on', 'on ', '"on"',
]
# Each on a user of its own, then the whole of it is shown.
PAIRS = '''
+get +get|a;+get|a +get;+config +config|get;+config|get +config;-@all +get -get;+@all -get +get
+@read +get -@read;+get -@all;+select|0 +select|0;+SELECT|Abc +select|abc;-@read +@all
+client|id -client;+client -client|id +client|id;+@all -client|id +client;+@all -@all +@read -@read
+@all -config +config|get;+@all -config|get -config|set +config;nopass >x;>x nopass;nopass <x;>x >x
>x <x;~a ~a %R~a %W~a;%R~a %W~a;%W~a %R~a ~b;&a &a;%RW~* ~x;%R~* ~x;allkeys ~*;~x ~*;&x &*
db=1 alldbs db=3,2,1;~* ~x;&* &x;resetkeys ~x;(~a +get) (~b +set) clearselectors (~c);(~a +get
(~a (+get);(+get ~a)  (+set;on nopass ~a reset;+@string -@string +get +@string;+@all -@read +@read
+acl|whoami|x;+object|freq +memory|usage;-config|get;+select|0 -select +select|1;+@all +select|0
'''
USERS = [
    'on nopass +@all ~a* %R~b* %W~c* &ch* &l? db=0,2', 'on nopass +@all ~* &* db=5',
    'on nopass -@all ~* &*', 'on nopass +@all resetkeys', 'on nopass +@read -@slow ~*',
    '+get ~a db=0 (+set ~b db=0) (+@all db=1) (+publish &x)', '+@all ~a &a db=0',
    '-@all ~* &* alldbs (+@all ~* &* db=5) (+@all &* alldbs)', '+@all ~a (+@all ~b)',
    '+@all ~a (+@all ~a ~b)', '+@all -@dangerous +select|0 +config|get ~k* &c',
    '+select|0 +select|2 +get|foo +set ~* -client +client|id', '+@all %R~* &* resetdbs',
    '+@all %W~*', '+@all ~x*y ~h?llo ~h[ae]llo ~h[^e]llo ~\\* &h?llo',
]
LINES = '''
get a;get x;set b 1;get b;set c 1;get c;set c 1 get;set c 1 ifeq 2;set a 1 xx get;getset c 1
mget a b;mget a x;mget a b c;mset a 1 b 2;select 0;select 1;select 2;select x;select 99;select 00
publish ch1 m;publish x m;publish a 1;subscribe ch1 x;subscribe a b;psubscribe ch*;psubscribe ch1
psubscribe *;psubscribe l?;psubscribe a;ssubscribe x;ssubscribe a b;spublish x y;spublish ch1 y
unsubscribe x;punsubscribe x;sunsubscribe x;nosuch;get;get a b;acl;acl nosuch;config nosuch
config get x;config set x y;debug object a;copy a x;copy a1 a2 db 1;copy a b db 2;copy a b db x
copy a b db;copy a a db 1 db 0;move a 1;move a 2;move x 1;move a x;swapdb 0 1;swapdb 0 2
swapdb 5 5;swapdb 5 x;flushall;flushdb;dbsize;keys *;scan 0;randomkey;bitfield a get u8 0
bitfield b get u8 0;bitfield b set u8 0 1;bitfield c set u8 0 1;bitfield c get u8 0
sort a by w_*;sort a by nosort;sort a get #;sort_ro b get w_*;sort a store b;sort a store x
georadius a 1 2 3 m store b;georadius a 1 2 3 m store x storedist b
geosearchstore b a fromlonlat 1 2 byradius 3 m
bitfield_ro b get u8 0;xread streams a 0;xread streams x 0;xread streams a x 0 0
xread count 1 streams a 0;xreadgroup group g c streams a 0;xreadgroup group g c streams x 0
xreadgroup group streams a streams x 0;xreadgroup count 1 group a streams streams x 0
xreadgroup noack group a streams streams x >;xread block 0 streams streams 0;zunionstore a 1 x
zunionstore x 1 a;zunionstore a 2 a b;zunion 2 a x;zinter 1 x;zdiff 2 a b;zinterstore b 1 a
zdiffstore a 2 b x;zrangestore a b 0 -1;zrangestore b a 0 -1;zintercard 2 a x;pfcount b
pfcount a x;pfmerge a b;pfmerge b a;pfadd c 1;rename a x;rename c c;renamenx a b;bitop and c a a
bitop and c c c;lmpop 1 b left;lmpop 2 a x left;blmpop 0 1 b left;zmpop 1 b min;bzmpop 0 1 b min
blpop a b 0;brpoplpush a b 0;blmove a c left left 0;sintercard 2 a x;lcs a b;watch a x;unwatch
restore x 0 y;object encoding x;object encoding a;object help;memory usage x;memory doctor
pubsub channels;xinfo stream x;xinfo help;multi;exec;discard;reset;quit;auth x;ping
hello 3 auth a b;client kill id 1;client id;client list;expire b 1;exists b c;exists c;strlen c
type c;del c;del b;unlink c;touch c;append c x;incr c;setrange c 0 x;getdel c;getex c;lpush c 1
lpop c;sadd c 1;spop c;setnx c 1;dump c;ttl c;persist c;copy b c;msetex 1 c v;msetex 2 a 1 x 2
lmove b c left left;smove b c 1;sdiffstore c b;xadd c * a b;xgroup create c g 0;xtrim c maxlen 1
hset c a 1;hget c a;hexpire c 1 fields 1 a;httl c fields 1 a;hgetex c fields 1 a
hsetex c fields 1 a 1;zadd c 1 a;zincrby c 1 a;incrbyfloat c 1;getrange c 0 1;substr c 0 1
setbit c 1 1;getbit c 1;bitcount c;linsert c before a b;ltrim c 0 1;srem c a;sinterstore c a b
delifeq c 1;hgetdel c fields 1 a;get h?llo;get hello;get hallo;get hillo;get xzy;get xy;get *
get foo;get FOO;set foo 1;latency latest;save;bgsave;monitor;info;role;time;lolwut
command getkeys get x;commandlog get 1 slow;shutdown nosave;acl whoami;acl list;acl dryrun u get x
config resetstat;client no-evict on;sinter a x b;xdel c 1-1
'''
SCENARIOS = '''
c ACL SETUSER u on nopass +@all ~a* %R~b* &ch* db=0,2; a AUTH u x; a GET x; a SET b 1; a GET b;
  a SELECT 1; a SELECT 2; a PUBLISH x m; a PUBLISH ch1 m; a MGET a x y; a CONFIG GET x;
  a ACL WHOAMI; c ACL LOG
c ACL SETUSER u on nopass -@all; a AUTH u x; a PING; a HELLO 3; a AUTH u y; a GET k; a bogus;
  a GET; a CONFIG bogus; a MULTI; a RESET; a ACL WHOAMI; c ACL LOG; c ACL LOG RESET; c ACL LOG
c ACL SETUSER u on nopass +@all ~* &*; a AUTH u x; a MULTI; a GET x; a CONFIG GET hz;
  a PUBLISH c m; c ACL SETUSER u -get -config|get resetchannels; a SET k v; a EXEC; c ACL LOG
c ACL SETUSER u on nopass +@all ~* &*; a AUTH u x; a MULTI; a GET k; a SET k 1;
  c ACL SETUSER u resetkeys; a EXEC; c ACL LOG
c ACL SETUSER u on nopass +@all ~* &*; a AUTH u x; a MULTI; a GET k; c ACL SETUSER u db=5; a EXEC;
  c ACL LOG
c ACL SETUSER u on nopass +@all ~*; a AUTH u x; a MULTI; a GET k; c ACL SETUSER u -exec; a EXEC;
  a EXEC; c ACL SETUSER u +exec; a EXEC; c ACL LOG
c ACL SETUSER u on nopass +@all ~*; a AUTH u x; a MULTI; a GET k; c ACL SETUSER u off; a EXEC;
  a GET k; b AUTH u x; c ACL LOG
c ACL SETUSER u on nopass +@all ~*; a AUTH u x; a MULTI; a GET k; c ACL DELUSER u; a EXEC;
  c GET k; c ACL LIST
c ACL SETUSER u on nopass +@all ~* &*; a AUTH u x; a SUBSCRIBE a b;
  c ACL SETUSER u resetchannels &a &b; a PING; c ACL SETUSER u resetchannels &a; a PING;
  c PUBSUB CHANNELS
c ACL SETUSER u on nopass +@all ~* &*; a AUTH u x; a PSUBSCRIBE a*;
  c ACL SETUSER u resetchannels &*; a PING; c ACL SETUSER u resetchannels &a*; a PING;
  c ACL SETUSER u resetchannels &a; a PING
c ACL SETUSER u on nopass +@all ~* &*; a AUTH u x; a SSUBSCRIBE a; c ACL SETUSER u (&a); a PING;
  c ACL SETUSER u resetchannels; a PING; c ACL SETUSER u clearselectors; a PING
c ACL SETUSER u on nopass +@all ~* &*; a AUTH u x; a HELLO 3; a SUBSCRIBE a;
  a ACL SETUSER u resetchannels; a PING
c ACL SETUSER u on nopass +@all ~* &*; a AUTH u x; a ACL DELUSER u; a PING; c ACL USERS
c ACL SETUSER u on nopass +@all ~*; a AUTH u x; a BLPOP k 0; c ACL SETUSER u -blpop; c LPUSH k 1;
  c LLEN k; c ACL LOG
c ACL SETUSER u on nopass +@all ~*; a AUTH u x; a BLPOP k 0; c ACL SETUSER u resetkeys ~j;
  c LPUSH k 1; a PING; c ACL LOG
c ACL SETUSER u on nopass +@all ~*; a AUTH u x; a BLPOP k 0; c ACL DELUSER u; c LPUSH k 1;
  c LLEN k
c ACL SETUSER u on >pw +@all; a AUTH u bad; a AUTH u pw; a AUTH nosuch pw; a ACL WHOAMI;
  a AUTH default; a AUTH default any; a HELLO 3 AUTH nosuch x; a MULTI; a AUTH u bad; a EXEC;
  c ACL LOG
c ACL SETUSER u on >p1 >p2; a AUTH u p1; a AUTH u p2; c ACL SETUSER u <p1; a AUTH u p1;
  a AUTH u p2; c ACL SETUSER u resetpass; a AUTH u p2; c ACL SETUSER u nopass; a AUTH u any;
  c ACL SETUSER u off; a AUTH u any
c CONFIG SET requirepass foo; c ACL LIST; c CONFIG GET requirepass; a GET k; a PING; a HELLO 3;
  a AUTH bad; a AUTH foo; c ACL SETUSER default nopass; b GET k; c CONFIG GET requirepass;
  c ACL SETUSER default >x; b GET k; b AUTH x; c CONFIG SET requirepass ""; c ACL LIST
c ACL SETUSER default off; a PING; a AUTH default x; a AUTH x; c ACL SETUSER default on; a PING;
  c ACL SETUSER default resetpass; a PING; b PING; b AUTH x; b AUTH default x;
  c ACL SETUSER default nopass; b PING
c ACL SETUSER default -@all +acl +ping; a GET k; a PING; c GET k; c ACL SETUSER default +@all;
  a GET k
c ACL SETUSER default resetkeys ~a; a GET k; a GET a; b GET a; c ACL SETUSER default allkeys;
  a GET k
c ACL SETUSER u on nopass +client +auth; a AUTH u x; c CLIENT KILL USER nosuch;
  c CLIENT LIST USER nosuch; c CLIENT KILL NOT-USER nosuch; c CLIENT KILL USER u; a PING;
  c CLIENT KILL USER u
c ACL SETUSER u on nopass +select|0 +ping +config|get; a AUTH u x; a SELECT 0; a SELECT 1;
  a select 0; a CONFIG GET hz; a CONFIG SET hz 1; a CONFIG; a CONFIG bogus; c ACL LOG
c ACL SETUSER u on nopass +watch +multi +exec +get ~a; a AUTH u x; a WATCH a k; a WATCH a;
  c SET a 1; a MULTI; a GET a; a GET k; a EXEC; c ACL LOG
c ACL SETUSER u on nopass +@all ~* db=0,2; a AUTH u x; a MULTI; a SELECT 2; a SET k 1;
  a SELECT 99; a GET k; a SELECT 1; a GET k; a EXEC; a MULTI; a SELECT 2; a GET k; a SELECT 0;
  a GET k; a EXEC
c ACL SETUSER u on nopass (db=0,1 +@all -@read ~*) (db=2,3 +@all -@write ~*); a AUTH u x; a GET k;
  a MULTI; a SET k 1; a SELECT 2; a GET k; a SET k 2; a SELECT 0; a SET k 3; a EXEC; a DISCARD;
  a MULTI; a SET k 1; a SELECT 2; a GET k; a SELECT x; a SELECT 1; a SET k 3; a EXEC; c ACL LOG
c ACL SETUSER u on nopass +@all ~* db=2; a AUTH u x; a MULTI; a GET k; a SELECT 2; a GET k; a EXEC;
  a SELECT 2; a WATCH k; a MULTI; a GET k; c ACL SETUSER u db=0; a EXEC; a GET k; a SELECT 0;
  a GET k
c CONFIG SET acl-pubsub-default allchannels; c ACL SETUSER u on; c ACL LIST;
  c ACL SETUSER u resetchannels; c ACL SETUSER u reset; c ACL LIST;
  c CONFIG SET acl-pubsub-default resetchannels; c ACL SETUSER u reset; c ACL LIST
c CONFIG SET acllog-max-len 2; a AUTH x 1; a AUTH y 1; a AUTH z 1; c ACL LOG; a AUTH y 1;
  c ACL LOG; c ACL LOG 1; c CONFIG SET acllog-max-len 0; a AUTH w 1; c ACL LOG;
  c CONFIG SET acllog-max-len 128; c ACL LOG x; c ACL LOG -1
'''


def encode_all(pair, commands, resps=(2, 3)):
    for resp in resps:
        pair.ask([['ACL', 'DELUSER', 'u'], *commands], resp)


def shown():
    return [['ACL', 'LIST'], ['ACL', 'GETUSER', 'u']]


def rules_stream(pair, words, count, known):
    commands = []
    for rule in RULES:
        commands += [['ACL', 'DELUSER', 'u'], ['ACL', 'SETUSER', 'u', rule], *shown()]
    for line in PAIRS.replace('\n', ';').split(';'):
        commands += [['ACL', 'DELUSER', 'u'], ['ACL', 'SETUSER', 'u', *line.split(' ')], *shown()]
    for rule in RULES:   # each upon what all before it have made
        commands += [['ACL', 'SETUSER', 'u', rule], *shown()]
    for _ in range(count // 20):
        rules = [words.random.choice(RULES) for _ in range(words.random.randint(1, 6))]
        commands += [['ACL', 'SETUSER', 'u', *rules], *shown()]
    for name in ('', 'a b', 'a\x00b', 'x', '"q"', 'default'):
        commands += [['ACL', 'SETUSER', name], ['ACL', 'GETUSER', name], ['ACL', 'LIST'],
                     ['ACL', 'USERS'], ['ACL', 'DELUSER', name, 'u']]
    commands += [['ACL', *line.split()] for line in (
        'CAT', 'CAT x', 'CAT @read', 'CAT x y', 'GENPASS', 'GENPASS 5', 'GENPASS 0', 'GENPASS 4097',
        'GENPASS -1', 'GENPASS x', 'GENPASS 1 2', 'WHOAMI', 'WHOAMI x', 'SAVE', 'LOAD', 'LOG 1 2',
        'LOG RESET', 'DRYRUN', 'DRYRUN u', 'DRYRUN nosuch get x', 'DRYRUN default get x',
        'DRYRUN default nosuch', 'DRYRUN default get', 'LIST x', 'USERS x', 'GETUSER', 'bogus')]
    encode_all(pair, commands)


def calls_of(known):
    """Every command with arguments that its arity allows."""
    calls = []
    for name in known:
        for many in (1, 2, 3, 4):
            calls.append(name.split('|') + ['1'] * many)
    return calls


def dryrun_stream(pair, words, count, known):
    categories = pair.servers[0].connect()
    categories.send(b'ACL CAT\r\n')
    names = re.findall(rb'\r\n([a-z]+)', categories.reply())
    categories.close()
    users = USERS + [f'{rule} ~* &*' for name in names for rule in
                     (f'+@{name.decode()}', f'+@all -@{name.decode()}')]
    ready = {name.split('|')[0] for name in known}
    lines = [line.split() for line in LINES.replace('\n', ';').split(';') if line]
    for user in users:
        calls = calls_of(known) if '@' in user else []
        if user in USERS:
            calls = [line for line in lines if line[0] in ready] + calls_of(known)
        pair.ask([['ACL', 'SETUSER', 'u', 'reset', 'clearselectors', *user.split(' ')]] +
                 [['ACL', 'DRYRUN', 'u', *call] for call in calls])


def scenarios_stream(pair, words, count, known):
    session_streams.run_scenarios(pair, SCENARIOS, [
        ['ACL', 'SETUSER', 'default', 'reset', 'on', 'nopass', 'allkeys', 'allchannels', '+@all'],
        ['ACL', 'DELUSER', 'u'], ['ACL', 'LOG', 'RESET'], ['CONFIG', 'SET', 'requirepass', '']])


def same_log(ours, theirs):
    def plain(reply):
        reply = re.sub(rb'(age-seconds\r\n)(\$\d+\r\n|,)[^\r]*\r\n', rb'\1', reply)
        reply = re.sub(rb'(client-info\r\n)\$\d+\r\n[^\r]*\r\n', rb'\1', reply)
        reply = re.sub(rb'(entry-id\r\n):\d+', rb'\1', reply)
        return re.sub(rb'(timestamp-[a-z-]+\r\n):\d+', rb'\1', reply)
    return plain(ours) == plain(theirs)


STREAMS = {'acl-rules': rules_stream, 'acl-dryrun': dryrun_stream,
           'acl-scenarios': scenarios_stream}
