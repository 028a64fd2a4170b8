# SPDX-License-Identifier: BSD-3-Clause
"""A stream of calls to the libraries of scripts: cjson, cmsgpack, struct and bit."""

PACKED = ['1', '-1', '127', '128', '255', '256', '65535', '65536', '2^32', '-32', '-33', '-128',
          '-129', '-32768', '-32769', '-2^31', '-2^31-1', '2^53', '-2^53', '2^63', '2^64', '-2^63',
          '1e300', '1.5', '0.1', '1/0', '0/0', '-0.0', 'nil', 'true', 'false', "''", "'abc'",
          "('x'):rep(31)", "('x'):rep(32)", "('x'):rep(255)", "('x'):rep(256)", "('x'):rep(65536)",
          '{}', '{1,2,3}', '{a=1}', '{1,2,nil,4}', '{[1]=1,[3]=3}', '{[1.5]=1}', '{[0]=1}',
          'function() end', 'cjson.null', '1,2,3', '', '{{{{{{{{{{{{{{{{{{1}}}}}}}}}}}}}}}}}}',
          '{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16}', '{x={y={z={1,{2}}}}}']

UNPACKED = ["''", "'\\192'", "'\\255'", "'\\200\\1'", "'\\1\\2\\3'", "'\\147\\1\\2\\3'",
            "'\\147\\1\\2'",
            "'\\129\\161a\\1'", "'\\193'", "'\\212\\1\\1'", "'\\199\\1\\1'", 'cmsgpack.pack(1.5)',
            'cmsgpack.pack(2^53)', "'\\207\\255\\255\\255\\255\\255\\255\\255\\255'",
            "'\\211\\255\\255\\255\\255\\255\\255\\255\\255'", "'\\221\\255\\255\\255\\255'",
            "'\\223\\255\\255\\255\\255'", "'\\219\\255\\255\\255\\255x'", "'\\196\\3abc'",
            "'\\197\\0\\1a'",
            "'\\198\\0\\0\\0\\1a'", "'\\217\\3ab'", "'\\129\\192\\1'", '1', '{}', 'nil',
            "'\\203\\1'"]

STRUCT = ["pack('b',1)", "pack('>I4',1)", "pack('<i4',-2)", "pack('h',5)", "pack('l',5)",
          "pack('L',-1)",
          "pack('T',7)", "pack('f',1.5)", "pack('>f',1.5)", "pack('d',1.5)", "pack('>d',1.5)",
          "pack('s','abc')", "pack('c0','abc')", "pack('c2','abc')", "pack('c','abc')",
          "pack('c5','abc')",
          "pack('x')", "pack('bxb',1,2)", "pack('!4bi',1,2)", "pack('!bi',1,2)", "pack('!3i',1)",
          "pack('!0i',1)", "pack('i33',1)", "pack('i0',1)", "pack('i16',-1)", "pack('I16',1)",
          "pack('>i16',-1)", "pack('i3',-2)", "pack('=b',1)", "pack('q',1)", "pack('b')",
          "pack('b','x')",
          "pack('s',1)", "pack('s')", "pack('')", 'pack()', "pack('i99999999999',1)",
          "pack('c99999999999','x')", "pack('!16d',1)", "pack('!64i',1)", "pack('h',70000)",
          "pack('b',300)", "pack('i4',1.7)", "pack('i4',-1.7)", "pack('B',-1)", "pack('>h<h',1,1)",
          "pack('!8 b d',1,2)", "pack('xs','a')", "pack('bh',1,2,3)", "size('b')", "size('!4bi')",
          "size('s')", "size('c0')", "size('i4h')", "size('c10')", "size('>i4 <h')",
          "size('c2147483647c2147483647')", "size('!16i16')", "size('q')", 'size()',
          "unpack('b','\\255')", "unpack('B','\\255')", "unpack('>I4','\\0\\0\\1\\0')",
          "unpack('i8',('\\255'):rep(8))", "unpack('I8',('\\255'):rep(8))",
          "unpack('i3','\\254\\255\\255')",
          "unpack('i16',('\\255'):rep(16))", "unpack('>i16',('\\255'):rep(16))",
          "unpack('s','abc\\0def')",
          "unpack('s','abc')", "unpack('c0','abc')", "unpack('bc0','\\2abc')", "unpack('c2','abc')",
          "unpack('c5','abc')", "unpack('i4','abc')", "unpack('d',struct.pack('d',1.25))",
          "unpack('f',struct.pack('f',1.25))", "unpack('b','abc',2)", "unpack('b','abc',4)",
          "unpack('b','abc',0)", "unpack('b','abc',-1)", "unpack('b','abc',1e10)",
          "unpack('bbb','abc')",
          "unpack('x','a')", "unpack('!4bi','\\1\\0\\0\\0\\2\\0\\0\\0')",
          "unpack('Bc0','\\200abc')",
          "unpack('bc0','\\255abc')", "unpack('c2147483647','x')", "unpack('i4','abcd',2147483647)",
          "unpack('','')", "unpack('q','a')", "unpack('b')"]

ENCODED = ['nil', 'true', '1', '1.5', '1e20', '0.1', '-0.0', '1/0', '0/0', '2^53',
           '123456789012345678',
           '1e15', "'a\"b/c\\\\d\\b\\f\\n\\r\\t\\1\\127\\195\\169'", '{}', '{1,2}', '{a=1}',
           '{1,2,nil,4}',
           '{[1]=1,[100]=1}', '{[1]=1,[10]=1}', '{[1.5]=2}', '{[0]=2}', '{[-1]=2}', '{[true]=1}',
           'function() end', 'cjson.null', '{1,a=2}', '', '1,2', '{{{}}}', '{a={b={1,2,{c=3}}}}',
           "'\\0'", "('x'):rep(300)", '{[2^40]=1}', 'coroutine.create(function() end)']

DECODED = ['[]', '{}', '[1,2]', '{"a":1}', 'null', 'true', 'false', '', ' ', '[', '[1', '[1,',
           '[1,]',
           '{', '{"a"', '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{1:2}', '[1 2]', '"abc',
           '"\\\\x"',
           '"\\\\u12"', '"\\\\u00e9\\\\ud83d\\\\ude00"', '"\\\\ud83d"', '"\\\\ude00"',
           '"\\\\ud83dx"', 'nul', 'tru',
           '0x10', '01', '-', '1e5', '1e999', 'inf', '-inf', 'nan', 'Infinity', 'NaN', '.5', '5.',
           '+1',
           ' 1 ', '1 2', '\\0a', 'a\\0', '["a\\0b"]', '{"a":1,"a":2}', '[1,2,3][1]',
           '[1.7976931348623157e308]', '"\\\\u0000"', '-0', '[nan]', '[-]', '[i]', '{"a":nil}',
           ']', '}',
           ':', ',', '[,]', '{:}', '"\\\\"', '"\\\\/\\\\b\\\\f\\\\n\\\\r\\\\t"', '[[[[1]]]]',
           '\\t[1]\\n',
           '"\\1"', '\\239\\187\\191[]', '[1e]', '[0x]', '[1.2.3]', '12345678901234567890']

SETTINGS = ['encode_max_depth()', 'encode_max_depth(5)', 'encode_max_depth(0)',
            "encode_max_depth('x')",
            'decode_max_depth()', 'decode_max_depth(3)', 'encode_number_precision()',
            'encode_number_precision(3)', 'encode_number_precision(15)',
            'encode_number_precision(0)',
            'encode_keep_buffer()', 'encode_keep_buffer(false)', "encode_keep_buffer('x')",
            'encode_sparse_array()', 'encode_sparse_array(true,3,5)',
            'encode_sparse_array(false,-1)',
            'encode_invalid_numbers()', "encode_invalid_numbers('null')",
            "encode_invalid_numbers('x')",
            'encode_invalid_numbers(true)', "encode_invalid_numbers('on')",
            'decode_invalid_numbers()',
            'encode_max_depth(1,2)', 'encode_sparse_array(1,2,3,4)']

# What is chosen stays chosen in Valkey, so these go last, and each in one script.
CHOSEN = ['cjson.encode_invalid_numbers(true) return cjson.encode({1/0,0/0,-1/0})',
          "cjson.encode_invalid_numbers('null') return cjson.encode({1/0,0/0,-1/0})",
          'cjson.encode_sparse_array(true) return cjson.encode({[1]=1,[100]=2})',
          'cjson.encode_sparse_array(false) return cjson.encode({[1]=1,[100]=2})',
          "cjson.decode_invalid_numbers(false) return cjson.decode('[0x10]')",
          "cjson.decode_invalid_numbers(false) return cjson.decode('[inf]')",
          "cjson.decode_invalid_numbers(false) return cjson.decode('[+1]')",
          "cjson.decode_invalid_numbers(false) return cjson.decode('[01]')",
          "cjson.decode_invalid_numbers(false) return cjson.decode('[-0.5e3]')",
          'cjson.encode_max_depth(2) return cjson.encode({{1}})',
          'cjson.encode_max_depth(2) return cjson.encode({{{1}}})',
          "cjson.decode_max_depth(2) return cjson.decode('[[1]]')",
          "cjson.decode_max_depth(2) return cjson.decode('[[[1]]]')",
          'cjson.encode_number_precision(3) return cjson.encode({math.pi})',
          'local c = cjson.new() return c.encode({1,2})']

BITS = ['tobit(2^32+5)', 'tobit(1.5)', 'tobit(2.5)', 'tobit(-1)', 'bnot(0)', 'band(0xff,0x0f,7)',
        'bor(1,2,4)', 'bxor(1,3)', 'lshift(1,33)', 'rshift(-1,28)', 'arshift(-256,4)',
        'rol(0x12345678,8)', 'ror(0x12345678,8)', 'bswap(0x12345678)', 'tohex(255)',
        'tohex(255,-4)',
        'tohex(255,0)', 'tohex(255,100)', 'tohex(1,-2147483648)', 'tohex(-1,-2147483648)',
        'tobit()',
        "tobit('x')", "tobit('5')", 'band()', 'tobit(2^53)', 'tobit(1e300)', 'tobit(0/0)',
        'lshift(1)',
        'rol(1,32)', 'ror(1,0)']

# A decoded value as text, in an order of its own.
SHOW = '''local function show(v)
  if type(v) ~= 'table' then return v == cjson.null and 'null' or type(v) .. ':' .. tostring(v) end
  local o = {} for k, x in pairs(v) do o[#o + 1] = tostring(k) .. '=' .. show(x) end
  table.sort(o) return '{' .. table.concat(o, ',') .. '}'
end return show('''


def scripts(words, count):
    yield from (f'return cmsgpack.pack({value})' for value in PACKED)
    yield from (f'return {{cmsgpack.unpack({value})}}' for value in UNPACKED)
    for tail in ("'\\1\\2\\3'", "'\\1\\2\\3',1", "'\\1\\2\\3',2", "'\\1\\2\\3',3", "'\\1\\2\\3',4",
                 "'\\1\\2\\3',-1", "'\\1'", "''"):
        yield f'return {{cmsgpack.unpack_one({tail})}}'
    for tail in ("'\\1\\2\\3',2", "'\\1\\2\\3',0", "'\\1\\2\\3',2,1", "'\\1\\2\\3',-1",
                 "'\\1\\2\\3',5,1",
                 "'\\1\\2\\3'", "'\\1\\2\\3',1,9"):
        yield f'return {{cmsgpack.unpack_limit({tail})}}'
    yield "return #cmsgpack.unpack(('\\145'):rep(100) .. '\\1')"
    yield from (f'return {{struct.{call}}}' for call in STRUCT)
    yield from (f'return cjson.encode({value})' for value in ENCODED)
    yield from (f"{SHOW}cjson.decode('{text}'))" for text in DECODED)
    yield from (f"return {{cjson.decode({value})}}" for value in ('', '1', '{}', 'nil', "'1','2'"))
    yield "return cjson.decode(('['):rep(1001) .. (']'):rep(1001))"
    yield "return #cjson.decode(('['):rep(1000) .. (']'):rep(1000))"
    yield 'local t = {} for i = 1, 1001 do t = {t} end return cjson.encode(t)'
    yield from (f'return tostring(bit.{call})' for call in BITS)
    for _ in range(count // 20):
        number = words.random.choice([words.integer(), words.random.uniform(-1e6, 1e6), 2**40])
        yield (f"local n = tonumber('{number}') or 0 "
               'return {cmsgpack.pack(n), cjson.encode(n)}')
    for setting in SETTINGS:
        yield f'local r = {{cjson.{setting}}} for i = 1, #r do r[i] = tostring(r[i]) end return r'


def library_stream(pair, words, count, known):
    pair.ask(['EVAL', script, 0] for script in scripts(words, count))
    for script in CHOSEN:
        pair.ask([['SCRIPT', 'FLUSH'], ['EVAL', script, 0]])


STREAMS = {'lua-libraries': library_stream}
