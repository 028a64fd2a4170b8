# SPDX-License-Identifier: BSD-3-Clause
"""Streams of scripts and functions: what they return, how they fail, what their libraries do. A
line is a piece of Lua; what it cannot be compared by (addresses, names of servers) is left out."""

CALLS = '''
return redis.call('set', 'x', 'y')
return redis.call('get', 'x')
return redis.call('get')
return redis.call()
return redis.call('nosuch')
return redis.call('client', 'nosuch')
return redis.call('client')
return redis.call('get', {})
return redis.call('get', nil)
return redis.call('get', true)
return redis.pcall('get')
return redis.pcall('nosuch')
redis.pcall('nosuch') return 1
redis.call('lpush', 'x', 'y')
return redis.pcall('lpush', 'x', 'y')
return redis.pcall('lpush', 'x', 'y').err
local t = redis.pcall('lpush', 'x', 'y') return {1, t}
return redis.call('multi')
return redis.call('eval', 'return 1', 0)
return redis.call('subscribe', 'x')
return redis.call('config', 'get', 'port')
return redis.call('auth', 'x')
return redis.call('blpop', 'nolist', 0)
return redis.call('xread', 'block', 0, 'streams', 'nos', '$')
return redis.call('wait', 0, 0)
redis.call('select', 5) redis.call('set', 'in5', 1) return redis.call('dbsize')
return redis.call('exists', 'in5')
return redis.call('echo', 1.5)
return redis.call('echo', 3)
return redis.call('echo', -0.0)
return redis.call('echo', 1e20)
return redis.call('echo', 0.1)
return redis.call('echo', 1/0)
return redis.call('echo', 0/0)
return redis.call('echo', 2^53)
return redis.call('echo', 2^63)
return redis.call('echo', 'a\\0b\\r\\nc')
return redis.call('ping')
return redis.call('publish', 'ch', 'm')
return redis.call('rpush', 'l', 1, 2, 3)
return redis.call('lrange', 'l', 0, -1)
return redis.call('hset', 'h', 'f', 'v')
return redis.call('hgetall', 'h')
return redis.call('hget', 'h', 'no')
return redis.call('zadd', 'z', 1.5, 'm')
return redis.call('zscore', 'z', 'm')
return redis.call('sadd', 's', 'm')
return redis.call('smembers', 's')
redis.setresp(3) return redis.call('hgetall', 'h')
redis.setresp(3) return redis.call('hgetall', 'h').map.f
redis.setresp(3) return redis.call('zscore', 'z', 'm')
redis.setresp(3) return redis.call('zscore', 'z', 'm').double * 2
redis.setresp(3) return redis.call('smembers', 's')
redis.setresp(3) return redis.call('smembers', 's').set.m
redis.setresp(3) return redis.call('get', 'no') == nil
redis.setresp(3) return redis.call('lpop', 'no', 5) == nil
return redis.call('get', 'no') == false
redis.setresp(3) return true
redis.setresp(3) return {true, false, {double=3.5}, {map={a=1}}, {set={b=true}}, {big_number='12'}}
redis.setresp(3) return redis.pcall('lpush', 'x', 1)
return redis.setresp(2)
redis.setresp(4)
redis.setresp()
redis.setresp('x')
return server.call('get', 'x')
return redis == server
return {redis.error_reply('x'), redis.error_reply('a b'), redis.error_reply('-x y')}
return redis.error_reply('x')
return redis.error_reply('-x')
return redis.error_reply('-ERR b')
return redis.error_reply('')
return redis.error_reply()
return redis.error_reply(1, 2)
return redis.error_reply({})
return redis.error_reply('x\\r\\ny')
return redis.status_reply('x')
return redis.status_reply('x\\ny')
return redis.status_reply(5)
return redis.status_reply()
return redis.sha1hex('')
return redis.sha1hex(1)
return redis.sha1hex({})
return redis.sha1hex()
return redis.sha1hex('a', 'b')
return redis.log()
return redis.log(1)
return redis.log(9, 'x')
return redis.log('x', 'y')
return redis.set_repl()
return redis.set_repl(1)
return redis.set_repl(redis.REPL_ALL)
return redis.set_repl(99)
return redis.replicate_commands()
return redis.breakpoint()
return redis.debug('x')
return redis.acl_check_cmd('get', 'x')
return redis.acl_check_cmd('get')
return redis.acl_check_cmd()
return redis.acl_check_cmd('nosuch')
return redis.acl_check_cmd({})
return redis.register_function('x', function() end)
return {redis.REDIS_VERSION, redis.REDIS_VERSION_NUM, server.VALKEY_VERSION_NUM}
return {redis.LOG_DEBUG, redis.LOG_VERBOSE, redis.LOG_NOTICE, redis.LOG_WARNING}
return {redis.REPL_NONE, redis.REPL_AOF, redis.REPL_SLAVE, redis.REPL_REPLICA, redis.REPL_ALL}
'''

VALUES = '''
return 1.9
return -1.9
return 1e300
return 0/0
return 2^63
return -2^63
return 2^53 + 1
return true
return false
return nil
return
return {}
return {1, 2, nil, 4}
return {1, 'x', {3, {4}}, false, true}
return {[0]=1, [1]=2}
return {ok='fine'}
return {ok=5}
return {ok='a\\r\\nb'}
return {ok='x\\0y'}
return {ok='x', err='y'}
return {err='My err'}
return {err=''}
return {err=5}
return {err='a\\r\\nb'}
return {err='x\\0y'}
return {double=1.5}
return {double='1.5'}
return {double=1/0}
return {map={a=1}}
return {map=5}
return {map={}}
return {set={a=1}}
return {set={}}
return {big_number='123'}
return {big_number='1\\r\\n2'}
return {verbatim_string={string='x', format='txt'}}
return {verbatim_string={string='x', format='toolong'}}
return {verbatim_string={string='x'}}
return {verbatim_string={string=5, format='txt'}}
return function() end
return redis
return setmetatable({}, {__index=function() return 5 end})
return 'a\\0b'
return {err='boom', 1, 2}
local t = {} for i = 1, 200 do t = {t} end return t
'''

ERRORS = '''
error('boom')
error('boom', 0)
error('boom', 2)
error({err='boom'})
error({err='WRONG boom'})
error({err=5})
error({})
error()
error(nil)
error(5)
error(true)
error('a\\nb')
error('x\\0y')
error(string.rep('x', 3000))
local x = nil return x.y
local x = 5 return x.y
return 1 + {}
return 'a' + 1
return {} .. 'x'
return nosuch
return nosuch.x
nosuch()
return pcall(redis.call)
local ok, e = pcall(error, 'foo') return {tostring(ok), type(e), tostring(e)}
local ok, e = pcall(function() error('foo') end) return {tostring(ok), type(e), tostring(e)}
local ok, e = pcall(function() error({a=1}) end) return type(e)
local ok, e = pcall(function() error({err='x y'}) end) return e
local ok, e = pcall(function() redis.call('nosuch') end) return e
local ok, e = pcall(redis.call, 'incr', 'a', 'b') return e
return {xpcall(function() redis.call('nosuch') end, function(e) return type(e) end)}
return {xpcall(function() error('x') end, function(e) return 'handled ' .. e end)}
return {pcall(function() return 1, 2 end)}
return {xpcall(1)}
redis.call('nosuch')\\n
\\n\\nredis.call('nosuch')
local function f()\\n redis.call('nosuch')\\nend\\nf()
syntax error here
return 'a
return )
for
return (
#!lua
#!lua\\n
#!lua\\nreturn 1
#!lua flags=no-writes\\nreturn redis.call('set', 'x', 1)
#!lua flags=no-writes\\nreturn redis.call('publish', 'x', 1)
#!lua flags=no-writes\\nreturn redis.call('get', 'x')
#!lua flags=bogus\\nreturn 1
#!lua flags=no-writes,allow-oom,allow-stale,no-cluster,allow-cross-slot-keys\\nreturn 1
#!lua flags=\\nreturn 1
#!lua flags=,\\nreturn 1
#!lua flags=no-writes,\\nreturn 1
#!lua  flags=no-writes  \\nreturn 1
#!lua flags=no-writes flags=allow-oom\\nreturn 1
#!lua flags=no-writes, allow-oom\\nreturn 1
#!lua name=foo\\nreturn 1
#!lua bogus\\nreturn 1
#!lua "flags=no-writes"\\nreturn redis.call('set', 'x', 1)
#!lua 'flags=no-writes\\nreturn 1
#!LUA\\nreturn 1
#!python\\nx
#!\\nx
#!lua\\n\\nreturn nosuch
'''

SANDBOX = '''
local t = {} for k, v in pairs(string) do t[#t + 1] = k .. type(v) end table.sort(t) return t
local t = {} for k, v in pairs(table) do t[#t + 1] = k .. type(v) end table.sort(t) return t
local t = {} for k, v in pairs(math) do t[#t + 1] = k .. type(v) end table.sort(t) return t
local t = {} for k, v in pairs(os) do t[#t + 1] = k .. type(v) end table.sort(t) return t
local t = {} for k, v in pairs(coroutine) do t[#t + 1] = k .. type(v) end table.sort(t) return t
local t = {} for k, v in pairs(bit) do t[#t + 1] = k .. type(v) end table.sort(t) return t
local t = {} for k, v in pairs(struct) do t[#t + 1] = k .. type(v) end table.sort(t) return t
local t = {} for k, v in pairs(cjson) do t[#t + 1] = k .. type(v) end table.sort(t) return t
local t = {} for k, v in pairs(server) do t[#t + 1] = k .. type(v) end table.sort(t) return t
x = 1
return x
function f() end
_G.x = 1
_G.redis = 1
redis.foo = 1
redis.call = 1
redis[1] = 1
string.foo = 1
string.rep = 5
math.pi = 3
cjson.null = 1
KEYS = 5
KEYS[1] = 5 return KEYS[1]
ARGV[1] = 'x' return ARGV
('').x = 1
setmetatable(_G, {})
setmetatable(redis, {})
setmetatable('', {})
setmetatable({}, 5)
setmetatable(KEYS, {__index=function() return 'hi' end}) return KEYS.foo
rawset(_G, 'x', 1)
rawset(redis, 'x', 1)
rawset(string, 'rep', 1)
rawset({}, 'x')
table.insert(redis, 1)
table.insert(_G, 1)
table.insert(string, 'x')
table.sort(redis)
table.remove(redis)
table.setn(redis, 5)
return getmetatable(redis)
return getmetatable(_G).__index == nil
getmetatable(_G).__index = 1
getmetatable('').x = 1
return getmetatable(getmetatable(''))
setmetatable(getmetatable(''), {})
return getmetatable(setmetatable({}, {__metatable='locked'}))
setmetatable(setmetatable({}, {__metatable='locked'}), {})
return rawget(_G, 'redis') == redis
return rawget(_G, 'nope')
return #_G
return _G == _G._G
return next({})
return next(redis) ~= nil
return next({}, 'nokey')
local n = 0 for k in pairs(_G) do n = n + 1 end return n > 30
return print
return require
return package
return io
return debug
return dofile
return loadfile
return newproxy
return getfenv
return setfenv
return module
return os.execute
return os.exit
return type(os.clock())
local a, b = loadstring(string.dump(function() end)) return {tostring(a), b}
local a, b = loadstring('x x') return b
local a, b = loadstring('return 5', 'nm') return a()
local a, b = loadstring('return )', '=nm') return b
local a, b = loadstring('return )', '@nm') return b
local a = loadstring('return KEYS[1]') return a()
local a = loadstring('y = 1') a()
return type((load(function() return nil end)))
local n = 0 return (load(function() n = n + 1 return ({'return ', '7'})[n] end))()
local n = 0 local a, b = load(function() n = n + 1 if n == 1 then return '\\27Lua' end end) return b
load(function() return {} end)
load('x')
return unpack({1, 2, 3}, 1, 2)
return {unpack({1, 2, 3}, -1, 1)}
return {unpack({1, 2, 3}, -5, 1e9)}
return {unpack({1, 2, 3}, 0, 2^31)}
return {unpack({}, -2147483648, 2147483647)}
return {unpack({}, 1, 1e7)}
return {unpack()}
return select('#', 1, nil)
return select(-1, 1, 2, 3)
select(0)
return collectgarbage('count') > 0
return collectgarbage('stop')
return collectgarbage('restart')
return collectgarbage('bogus')
return gcinfo() > 0
return _VERSION
return tostring(math.random()) .. ' ' .. math.random(10) .. ' ' .. math.random(5, 9)
math.randomseed(7) return tostring(math.random())
math.randomseed(-1) return tostring(math.random())
math.random(0)
math.random(1, 2, 3)
math.random(5, 4)
return string.format('%q %5.2f %s %d %x', 'a\\nb', 1.234, 'x', 5, 255)
string.format('%d', 'x')
return ('x'):rep(3) .. ('abc'):upper():sub(2)
return {string.find('hello world', 'o w')}
return {string.find('a', string.rep('a?', 20))}
return {('k=v'):match('(%w)=(%w)')}
return {('abc'):gsub('%w', '%0%0')}
string.rep()
string.find('a')
return tonumber('0x10') .. tonumber('z', 36)
return tostring(nil) .. tostring(true) .. tostring(12.5)
return table.concat({1, 2, 3}, ',')
local t = {3, 1, 2} table.sort(t) return t
local t = {1} table.insert(t, 2) table.insert(t, 1, 0) return t
local co = coroutine.wrap(function() coroutine.yield(redis.call('ping')) end) return co()
local co = coroutine.create(function() error('x') end) return {coroutine.resume(co)}
return type(coroutine.running())
return type(cjson.null)
'''

FUNCTIONS = '''
redis.register_function('f1', function(keys, args) return {#keys, #args, keys[1], args[1]} end)
redis.register_function{function_name='f2', callback=function() return redis.call('get', 'x') \
end, flags={'no-writes'}, description='hello'}
redis.register_function{function_name='f3', callback=function() return redis.call('set', 'x', 1) \
end, flags={'no-writes'}}
redis.register_function{function_name='f4', callback=function() return 1 end, flags={'no-writes', \
'allow-oom', 'allow-stale', 'no-cluster', 'allow-cross-slot-keys'}}
server.register_function('f5', function()\\n error('boom') end)
server.register_function('f6', function()\\n return nosuch end)
server.register_function('f7', function() return redis.call('nosuch') end)
server.register_function('f8', function() return redis.pcall('nosuch') end)
server.register_function('f9', function() x = 1 end)
server.register_function('fa', function() return KEYS end)
server.register_function('fb', function() return redis.register_function('x', 1) end)
server.register_function('fc', function() redis.setresp(3) return redis.call('hgetall', 'h') end)
local n = 0 server.register_function('fd', function() n = n + 1 return n end)
server.register_function('fe', function() redis.foo = 1 end)
local r = redis server.register_function('ff', function() return type(r.register_function) end)
server.register_function('fg', function() return math.random(1000000) end)

return 1
redis.register_function()
redis.register_function('x')
redis.register_function(1, 2)
redis.register_function('x', 2)
redis.register_function('x', function() end, 3)
redis.register_function{}
redis.register_function{function_name='x'}
redis.register_function{callback=function() end}
redis.register_function{function_name=1, callback=function() end}
redis.register_function{function_name={}, callback=function() end}
redis.register_function{function_name='x', callback=1}
redis.register_function{function_name='x', callback=function() end, flags=1}
redis.register_function{function_name='x', callback=function() end, flags={'bogus'}}
redis.register_function{function_name='x', callback=function() end, flags={1}}
redis.register_function{function_name='x', callback=function() end, description=5}
redis.register_function{function_name='x', callback=function() end, description={}}
redis.register_function{function_name='x', callback=function() end, bogus=5}
redis.register_function{[1]=5}
redis.register_function('bad name', function() end)
redis.register_function('bad-name', function() end)
redis.register_function('', function() end)
redis.register_function('d', function() end) redis.register_function('D', function() end)
redis.call('get', 'x')
redis.pcall('get', 'x')
x = 1
_G.x = 1
return nosuch
error('x')
syntax error
redis.setresp(3)
redis.set_repl(1)
redis.x = 1
string.x = 1
setmetatable(_G, {})
KEYS = 1
return redis.sha1hex('x')
redis.register_function('g', function() end) local a = nil a.b = 1
local a = {} a.b.c = 1
'''

HEADS = ['', '#!lua\n', '#!lua name=\n', '#!lua name=a b\n', '#!lua name=bad-x\n', 'lua name=a\n',
         '#!lua name=a name=b\n', '#!lua bogus=1 name=a\n', '#!python name=a\n', '#!lua name=a',
         '#!lua name=a flags=no-writes\n', '#!Lua name=CaseLib\n', '#!lua NAME=CaseLib2\n',
         '#!lua name="quoted"\n', "#!lua name='half\n", '#!\n', '#! name=x\n']


def lines(text):
    return [line.replace('\\n', '\n') if line.startswith('#!') or '\\n ' in line or
            line.startswith('\\n') or line.endswith('\\n') or 'f()\\n' in line else line
            for line in text.strip('\n').split('\n')]


def script_stream(pair, words, count, known):
    """Scripts by EVAL and EVALSHA, in both protocols."""
    for resp in (2, 3):
        pair.ask([['EVAL', line, 0] for text in (CALLS, VALUES, ERRORS, SANDBOX)
                  for line in lines(text)], resp)
    pair.ask(commands(), 2)
    pair.ask([['EVAL_RO', line, 0] for line in lines(CALLS)], 2)
    pair.ask(statistics(), 2)


def commands():
    """The commands themselves, whatever the script is."""
    one = 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db'   # of "return 1"
    yield from [['EVAL'], ['EVAL', 'return 1'], ['EVAL', 'return 1', 'x'], ['EVAL', 'return 1', -1],
                ['EVAL', 'return 1', 5], ['EVAL', 'return 1', 5, 'a'], ['EVAL', 'return 1', 2**63],
                ['EVAL', 'return {#KEYS,#ARGV,KEYS[1],ARGV[2]}', 1, 'a', 'b', 'c'],
                ['EVAL', b'return {KEYS[1],ARGV[1]}', 1, b'a\x00\xff', b'\r\n'],
                ['EVAL_RO', '#!lua\nreturn 1', 0], ['EVAL_RO', '#!lua flags=no-writes\nreturn 1',
                                                    0],
                ['SCRIPT', 'FLUSH'], ['EVALSHA', 'x', 0], ['EVALSHA', one, 0], ['EVALSHA', one,
                                                                                'x'],
                ['EVALSHA', 'x', 'x'], ['EVAL', 'return 1', 0], ['EVALSHA', one, 0],
                ['EVALSHA', one.upper(), 0], ['EVALSHA_RO', one, 0], ['EVALSHA', one, -1],
                ['SCRIPT', 'LOAD', 'return 1'], ['SCRIPT', 'LOAD', 'bad bad'], ['SCRIPT', 'LOAD'],
                ['SCRIPT', 'LOAD', '#!bad\nx'], ['SCRIPT', 'LOAD', '#!lua flags=x\nreturn 1'],
                ['SCRIPT', 'SHOW', one], ['SCRIPT', 'SHOW', 'x'], ['SCRIPT', 'SHOW', 'f' * 40],
                ['SCRIPT', 'EXISTS'], ['SCRIPT', 'EXISTS', 'x', one, one.upper()], ['SCRIPT',
                                                                                    'KILL'],
                ['SCRIPT', 'DEBUG'], ['SCRIPT', 'DEBUG', 'no', 'lua', 'x'],
                ['SCRIPT', 'FLUSH', 'bogus'], ['SCRIPT', 'FLUSH', 'SYNC', 'x'], ['SCRIPT',
                                                                                 'nosuch'],
                ['SCRIPT', 'FLUSH', 'async'], ['SCRIPT', 'EXISTS', one], ['SCRIPT'],
                ['MULTI'], ['EVAL', "return redis.call('incr', 'n')", 0], ['SCRIPT', 'LOAD',
                                                                           'return 1'],
                ['EVAL', 'error("x")', 0], ['EVALSHA', 'f' * 40, 0], ['SCRIPT', 'FLUSH'], ['EXEC'],
                ['COMMAND', 'GETKEYS', 'EVAL', 'x', 2, 'a', 'b', 'c'],
                ['COMMAND', 'GETKEYS', 'FCALL', 'x', 0], ['COMMAND', 'GETKEYS', 'EVALSHA', 'x', 9,
                                                          'a'],
                ['SET', 'x', 'y'], ['CONFIG', 'SET', 'maxmemory', 1]]
    for line in ["return redis.call('set','a','b')", "return redis.call('get','x')",
                 "return redis.call('del','zz')",
                 "redis.call('del','x') return redis.call('set','a','b')",
                 '#!lua\nreturn 1', '#!lua flags=no-writes\nreturn 1',
                 "#!lua flags=allow-oom\nreturn redis.call('set','a','b')"]:
        yield ['EVAL', line, 0]
    yield from [['FUNCTION', 'LOAD', 'x'], ['SCRIPT', 'LOAD', 'return 1'], ['MULTI'],
                ['EVAL', '#!lua\nreturn 1', 0], ['EXEC'], ['CONFIG', 'SET', 'maxmemory', 0]]


def statistics():
    """How calls and errors inside of scripts are counted."""
    for line in ["return redis.call('lpush','str','a')", "redis.pcall('lpush','str','a') return 1",
                 "return redis.call('nosuch')", "redis.pcall('nosuch') return 1",
                 "return redis.call('incr')", "return redis.call('subscribe','x')",
                 "return redis.error_reply('FOO bar')", "error('x')", 'syntax e',
                 "#!lua flags=no-writes\nreturn redis.call('incr','q')",
                 "local t=redis.pcall('lpush','str','a') return {1,t}"]:
        yield from [['SET', 'str', 'v'], ['CONFIG', 'RESETSTAT'], ['EVAL', line, 0],
                    ['INFO', 'errorstats'],
                    ['EVAL', 'return 1', 0], ['CONFIG', 'RESETSTAT']]


def function_stream(pair, words, count, known):
    """Libraries, one at a time for FUNCTION LIST has no order; calls of all their functions."""
    for resp in (2, 3):
        asked = [['SET', 'x', 'y'], ['HSET', 'h', 'f', 'v']]
        for index, line in enumerate(lines(FUNCTIONS)):
            asked += [['FUNCTION', 'LOAD', f'#!lua name=lib{index}\n{line}'],
                      ['FUNCTION', 'LIST', 'WITHCODE'] if "'D'" not in line else ['FUNCTION',
                                                                                  'STATS'],
                      ['FUNCTION', 'STATS']]
            for name in [f'f{digit:x}' for digit in range(1, 17)] + ['1', 'x', 'g']:
                if name in line:
                    asked += [['FCALL', name, 0], ['FCALL_RO', name.upper(), 1, 'k', 'a'],
                              ['FCALL', name, 2, 'a', 'b', 'c']]
            asked += [['FUNCTION', 'DUMP'], ['FUNCTION', 'FLUSH']]
        asked += [['FUNCTION', 'LOAD', 'REPLACE',
                   head + f"redis.register_function('h{index}', function() end)"]
                  for index, head in enumerate(HEADS)]
        pair.ask(asked + [['FUNCTION', 'FLUSH']] + list(function_commands()), resp)


def function_commands():
    one = "#!lua name=one\nredis.register_function('f', function() return 1 end)"
    two = "#!lua name=two\nredis.register_function('g', function() return 2 end)"
    yield from [['FUNCTION', 'LOAD', one], ['FUNCTION', 'LOAD', one], ['FUNCTION', 'LOAD',
                                                                       'replace', one],
                ['FUNCTION', 'LOAD', two.replace("'g'", "'F'")], ['FUNCTION', 'LOAD'],
                ['FUNCTION', 'LOAD', 'x', one], ['FUNCTION', 'LOAD', 'REPLACE'],
                ['FUNCTION', 'LIST', 'LIBRARYNAME', 'o*'], ['FUNCTION', 'LIST', 'LIBRARYNAME',
                                                            'O*'],
                ['FUNCTION', 'LIST', 'LIBRARYNAME', 'x*'], ['FUNCTION', 'LIST', 'LIBRARYNAME'],
                ['FUNCTION', 'LIST', 'bogus'], ['FUNCTION', 'LIST', 'WITHCODE', 'WITHCODE'],
                ['FUNCTION', 'LIST', 'LIBRARYNAME', 'a', 'LIBRARYNAME', 'b'],
                ['FCALL', 'nosuch', 0], ['FCALL', 'f', 'x'], ['FCALL', 'f', -1], ['FCALL', 'f', 5,
                                                                                  'a'],
                ['FCALL', 'f'], ['FCALL', 'F', 0], ['MULTI'], ['FCALL', 'f', 0], ['FUNCTION',
                                                                                  'DUMP'],
                ['FUNCTION', 'DELETE', 'nosuch'], ['EXEC'], ['FUNCTION', 'DELETE', 'nosuch'],
                ['FUNCTION', 'DELETE', 'one'], ['FUNCTION', 'DELETE', 'one'], ['FUNCTION', 'KILL'],
                ['FUNCTION', 'FLUSH', 'bogus'], ['FUNCTION', 'FLUSH', 'async', 'x'], ['FUNCTION',
                                                                                      'nosuch'],
                ['FUNCTION', 'RESTORE', 'xx'], ['FUNCTION', 'RESTORE', 'xx', 'bogus'],
                ['FUNCTION', 'RESTORE', 'xx', 'FLUSH', 'x'], ['FUNCTION', 'FLUSH', 'SYNC'],
                ['FUNCTION', 'DUMP'], ['FUNCTION', 'STATS'], ['EVAL',
                                                              "return redis.call('fcall','f',0)",
                                                              0],
                ['EVAL', "return redis.call('function','list')", 0]]


def restore_stream(pair, words, count, known):
    """What each server has dumped is restored by both."""
    code = ["#!lua name=one\nredis.register_function('f', function() return 1 end)",
            "#!lua name=two\nredis.register_function('g', function() return 2 end)"]
    for server in pair.servers:
        side = server.connect()
        payloads = {}
        for name, load in (('both', code), ('none', []), ('other', [code[0].replace("'f'",
                                                                                    "'g'")])):
            asked = [['FUNCTION', 'FLUSH'], *[['FUNCTION', 'LOAD', text] for text in load],
                     ['FUNCTION', 'DUMP']]
            for words_ in asked:
                side.send(pair.encode(words_))
                reply = side.reply()
            payloads[name] = reply.split(b'\r\n', 1)[1][:-2]
        side.close()
        broken = payloads['both'][:-1] + bytes([payloads['both'][-1] ^ 1])
        asked = [['FUNCTION', 'FLUSH']]
        for payload, policy in [('both', []), ('both', []), ('both', ['APPEND']), ('both',
                                                                                   ['REPLACE']),
                                ('both', ['FLUSH']), ('other', []), ('other', ['REPLACE']),
                                ('other', ['FLUSH']), ('none', []), ('none', ['FLUSH'])]:
            asked += [['FUNCTION', 'RESTORE', payloads[payload], *policy], ['FUNCTION', 'STATS'],
                      ['FCALL', 'f', 0], ['FCALL', 'g', 0]]
        asked += [['FUNCTION', 'RESTORE', broken], ['FUNCTION', 'FLUSH']]
        pair.ask(asked)


STREAMS = {'script': script_stream, 'function': function_stream, 'function-restore': restore_stream}

RELAXED = []
