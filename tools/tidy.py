# SPDX-License-Identifier: BSD-3-Clause
"""What the compiler does not check: layers, layout, dead files and lengths. A Meson test."""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ALLOW = 'tools/tidy_allow.txt'   # path, function, lines

# An include may only point to an earlier row, or stay in its own folder; siblings in a row never
# meet. The longest prefix of a path decides.
LAYERS = (
    ('platform',), ('transports/endpoint',), ('transports/transport.h',),
    ('transports/options', 'transports/stream_limits', 'transports/timer_clock',
     'transports/guest'),
    ('transports/sockets',),                              # what the transports on sockets share,
    ('transports/accepting', 'transports/bell', 'transports/slot_table',
     'transports/ready_queue'),                            # and these
    tuple(f'transports/{name}' for name in ('epoll', 'io_uring', 'rdma', 'dpdk', 'tls', 'sim')),
    ('transports',),                                      # the registry, which names them all
    ('src/types', 'src/proto', 'src/config', 'src/ring'),
    ('src/metrics',),                                     # its directives are rows of config's kind
    ('src/store', 'src/acl'), ('src/client',),
    ('src/scripting', 'src/cluster', 'src/replication', 'src/persist', 'src/sentinel'),
    ('src/commands',), ('src/module',), ('src/server',),
    ('tools', 'bench'), ('tests',))
LEVEL = {prefix: level for level, row in enumerate(LAYERS) for prefix in row}
SEAM = ('transports/transport.h', 'transports/endpoint.h')  # all of transports/ that src/ may see
FUNCTION_LINES, FILE_LINES, COLUMNS = 70, 1000, 100
LONG_FILES = re.compile(r'^tests/|_table\.cc$|/(docs|syntax)\w*\.cc$')   # tests and tables
HOSTS = re.compile(r'\b(?:deb\.debian|pypi|crates|npmjs|pythonhosted|golang)\.(?:org|io|com)\b')
SOURCE = re.compile(r'\.(cc|h|c)$')


def read_all():
    """The text of every file that is, or may become, part of a commit."""
    texts = {}
    for path in subprocess.run(['git', '-C', ROOT, 'ls-files', '-co', '--exclude-standard'],
                               stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines():
        try:
            with open(os.path.join(ROOT, path), encoding='utf-8') as file:
                texts[path] = file.read()
        except (UnicodeDecodeError, FileNotFoundError):
            continue   # not text, or about to be deleted
    return texts


def layer(path):
    best = max((prefix for prefix in LEVEL if path.startswith(prefix)), key=len, default='')
    return LEVEL.get(best, len(LAYERS)), best


def check_layers(path, text, known):
    own, own_prefix = layer(path)
    for number, line in enumerate(text.split('\n'), 1):
        found = re.match(r'\s*#\s*include "([^"]+)"', line)
        if not found:
            continue
        target = next((place for place in (found[1], f'src/{found[1]}', os.path.dirname(path) +
                                           '/' + found[1]) if place in known), None)
        if target is None:
            yield number, f'"{found[1]}" is not below the root, src/ or its own folder'
        elif (other := layer(target))[1] != own_prefix and other[0] >= own:
            yield number, f'{own_prefix} may not include {target}: arrows point down only'
        elif re.match(r'src/(?!server/)', path) and \
                target.startswith('transports/') and target not in SEAM:
            yield number, f'src/ sees only transport.h and endpoint.h, not {target}'


def check_lines(path, text):
    for number, line in enumerate(text.split('\n'), 1):
        if len(line) > COLUMNS:
            yield number, f'{len(line)} columns, at most {COLUMNS}'
        if '\t' in line:
            yield number, 'a tab'
    if 'SPDX-License-Identifier: BSD-3-Clause' not in text[:200]:
        yield 1, 'no line "SPDX-License-Identifier: BSD-3-Clause"'
    if text.count('\n') > FILE_LINES and not LONG_FILES.search(path):
        yield 1, f'more than {FILE_LINES} lines'


def is_built(path, recipes):
    """Some meson.build of its folder or above names it, or its stem, or a prefix up to a `_`."""
    stem, parts = os.path.basename(path).rsplit('.', 1)[0], path.split('/')
    words = set().union(*(recipes.get('/'.join(parts[:depth] + ['meson.build']), ())
                          for depth in range(len(parts))))
    return any(stem == word or stem.startswith(word.rstrip('_') + '_') for word in words)


BLANK = re.compile(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|' +
                   r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|^[ ]*#(?:\\\n|[^\n])*", re.S | re.M)


def functions(text):
    """(name, line, lines) of each outermost function body, by its braces: near enough."""
    text = BLANK.sub(lambda found: '\n' * found[0].count('\n'), text).replace('alignas(', '')
    stack, start = [], 0
    for place in re.finditer(r'[{};]', text):
        head, start = text[start:place.start()], place.end()
        if place[0] == '{':
            kind, line = 'other', text.count('\n', 0, start) + 1
            if not stack or stack[-1][0] == 'holder':
                if re.search(r'\b(namespace|class|struct|union|enum|extern)\b[^()]*$', head):
                    kind = 'holder'
                elif name := re.search(r'([\w:~]+)\s*\(', head):
                    kind = name[1]
            stack.append((kind, line))
        elif place[0] == '}' and stack:
            kind, line = stack.pop()
            if kind not in ('holder', 'other'):
                yield kind, line, text.count('\n', 0, start) + 2 - line


def check_functions(texts):
    """The ratchet: what is too long and listed may shrink, never grow, and leaves when it fits."""
    allowed = {tuple(line.split()[:2]): int(line.split()[2])
               for line in texts[ALLOW].splitlines() if not line.startswith('#')}
    longest = {}
    for path, text in texts.items():
        for name, line, length in functions(text) if SOURCE.search(path) else ():
            longest[path, name] = max(length, longest.get((path, name), 0))
            if length > (limit := allowed.get((path, name), FUNCTION_LINES)):
                yield path, line, f'{name} has {length} lines, at most {limit}'
    for key, length in allowed.items():
        if longest.get(key, 0) <= FUNCTION_LINES:
            yield ALLOW, 1, f'{key[1]} of {key[0]} need not be listed any more'
        elif longest[key] < length:
            yield ALLOW, 1, f'{key[1]} of {key[0]} has only {longest[key]} lines now'


def main():
    texts = read_all()
    recipes = {path: {re.sub(r'.*/|\.(cc|c)$', '', word)
                      for word in re.findall(r"'([^']+)'", re.sub('#.*', '', text))}
               for path, text in texts.items() if path.endswith('meson.build')}
    problems = list(check_functions(texts))
    for path, text in texts.items():
        if SOURCE.search(path) or path.endswith('.py') or text.startswith('#!'):
            problems += [(path, *found) for found in check_lines(path, text)]
        if SOURCE.search(path):
            problems += [(path, *found) for found in check_layers(path, text, texts)]
        if path.endswith(('.cc', '.c')) and not is_built(path, recipes):
            problems.append((path, 1, 'no meson.build names it'))
        if path != 'tools/tidy.py' and (found := HOSTS.search(text)):
            problems.append((path, 1, f'names the package registry {found[0]}'))
    for path, line, problem in sorted(problems):
        print(f'{path}:{line}: {problem}')
    print(f'{len(texts)} files, {len(problems)} problems')
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
