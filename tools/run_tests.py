# SPDX-License-Identifier: BSD-3-Clause
"""Builds the tests in their own folder, runs them and counts every single case.

The last line is `N passed, N failed, N skipped`; each skip stands before it with its reason. The
exit status is 0 only when something ran and nothing failed. With CI=true in the environment
warnings are errors."""
import argparse
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# The sanitizers bring an allocator of their own, so ours stays out of their builds.
FLAVOURS = {
    'debug': ['--buildtype=debug', '-Doptimization=1'],
    'asan': ['--buildtype=debug', '-Doptimization=1', '-Db_sanitize=address,undefined',
             '-Dallocator=libc', '-Dbench=false'],
    'tsan': ['--buildtype=debug', '-Doptimization=1', '-Db_sanitize=thread',
             '-Dallocator=libc', '-Dbench=false'],
}
SLOWEST_SHOWN = 10
SANITIZER_OPTIONS = {
    # Not detect_stack_use_after_return: its stacks break the alignment of cache-line objects.
    'ASAN_OPTIONS': 'detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=0',
    'UBSAN_OPTIONS': 'halt_on_error=1:print_stacktrace=1',
    'TSAN_OPTIONS': 'halt_on_error=1:second_deadlock_stack=1',
}


def arguments():
    parse = argparse.ArgumentParser(prog='tools/test', description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    flavour = parse.add_mutually_exclusive_group()
    flavour.add_argument('--asan', action='store_const', const='asan', dest='flavour',
                         help='under AddressSanitizer and UndefinedBehaviorSanitizer')
    flavour.add_argument('--tsan', action='store_const', const='tsan', dest='flavour',
                         help='under ThreadSanitizer')
    parse.add_argument('--long', action='store_true',
                       help='the long versions of tests that have one: takes hours')
    parse.add_argument('--list', action='store_true', help='name the tests and suites')
    parse.add_argument('names', nargs='*', metavar='NAME', help='only this test or suite')
    parse.set_defaults(flavour='debug')
    return parse.parse_args()


def run(command, **options):
    """Runs a build step; its output is shown on a terminal, else only when it fails."""
    if sys.stdout.isatty():
        status = subprocess.run(command, **options).returncode
    else:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors='replace', **options)
        status = done.returncode
        if status:
            print('\n'.join(done.stdout.splitlines()[-60:]))
    if status:
        fail(f'{" ".join(command)} ended with status {status}')


def fail(reason):
    print(f'tools/test: {reason}')
    print('0 passed, 1 failed, 0 skipped')
    sys.exit(1)


def configure(build, flavour):
    werror = 'true' if os.environ.get('CI') == 'true' else 'false'
    if not os.path.exists(f'{build}/build.ninja'):
        shutil.rmtree(build, ignore_errors=True)   # a setup that was cut short
        environment = dict(os.environ)
        environment.setdefault('CXX', 'ccache g++' if shutil.which('ccache') else 'g++')
        if shutil.which('mold'):
            environment.setdefault('CXX_LD', 'mold')
        run(['meson', 'setup', build, ROOT, f'-Dwerror={werror}', *FLAVOURS[flavour]],
            env=environment)
        return
    with open(f'{build}/meson-info/intro-buildoptions.json') as file:
        options = {option['name']: option['value'] for option in json.load(file)}
    if options['werror'] != (werror == 'true'):
        run(['meson', 'configure', build, f'-Dwerror={werror}'])


def all_tests(build):
    with open(f'{build}/meson-info/intro-tests.json') as file:
        return json.load(file)


def select(tests, names):
    """The tests that `names` mean, each the name of a test, of a suite, or of both: unit/server."""
    def names_of(test):
        suites = [suite.split(':', 1)[-1] for suite in test['suite']]
        return {test['name'], *suites, *(f'{suite}/{test["name"]}' for suite in suites)}
    for name in names:
        if not any(name in names_of(test) for test in tests):
            fail(f'no test or suite is called {name}')
    return [test for test in tests if not names or set(names) & names_of(test)]


def targets_of(build, tests):
    """What these tests need built, as paths below `build`."""
    with open(f'{build}/meson-info/intro-targets.json') as file:
        files = {target['id']: target['filename'] for target in json.load(file)}
    needed = {path for test in tests for name in test['depends'] for path in files[name]}
    return sorted(os.path.relpath(path, build) for path in needed)


def run_tests(build, tests, flavour, is_long):
    for test in tests:   # a test that crashes must not be judged by an older run's results
        for stale in (f'{build}/{test["name"]}.xml', f'{test["workdir"]}/{test["name"]}.xml'):
            if os.path.exists(stale):
                os.remove(stale)
    for log in ('testlog.json', 'testlog.junit.xml'):
        if os.path.exists(f'{build}/meson-logs/{log}'):
            os.remove(f'{build}/meson-logs/{log}')
    environment = dict(os.environ)
    for name, value in SANITIZER_OPTIONS.items():
        environment.setdefault(name, value)
    if is_long:
        environment['ROTA_TEST_LONG'] = '1'
    slowness = (1 if flavour == 'debug' else 5) * (100 if is_long else 1)
    command = ['meson', 'test', '-C', build, '--no-rebuild', '--print-errorlogs',
               '--timeout-multiplier', str(slowness)]
    return subprocess.run(command + [test['name'] for test in tests], env=environment).returncode


class Count:
    """Sums the cases of all tests, and keeps what must be named."""

    def __init__(self):
        self.passed, self.failed, self.skipped, self.notes = 0, 0, 0, []

    def add_case(self, name, kind, why=''):
        setattr(self, kind, getattr(self, kind) + 1)
        if kind != 'passed':
            self.notes.append(f'{kind.upper()}: {name}' + (f': {why}' if why else ''))

    def add_cases(self, test, cases):
        for case in cases:
            name = f'{test}: {case.get("classname") or ""}.{case.get("name")}'.replace(': .', ': ')
            skip = case.find('skipped')
            if case.find('failure') is not None or case.find('error') is not None:
                self.add_case(name, 'failed')
            elif skip is not None or case.get('result') == 'skipped':
                why = (skip.get('message') or skip.text or '') if skip is not None else ''
                self.add_case(name, 'skipped', ' '.join(why.split()) or 'no reason was given')
            else:
                self.add_case(name, 'passed')


def cases_of(build, test):
    """The single cases of a gtest program, from the file it wrote; [] when it wrote none."""
    for folder in (build, test['workdir']):
        path = f'{folder}/{test["name"]}.xml'
        if folder and os.path.exists(path):
            try:
                return list(ET.parse(path).getroot().iter('testcase'))
            except ET.ParseError:
                return []   # it died while writing
    return []


def tap_cases(result):
    """The cases of a test that speaks TAP, as (name, kind, why)."""
    for line in (result.get('stdout') or '').splitlines():
        if line.startswith(('ok ', 'not ok ')):
            head, _, directive = line.partition(' # ')
            name = head.partition(' - ')[2] or head
            if directive.upper().startswith('SKIP'):
                yield name, 'skipped', directive[4:].strip() or 'no reason was given'
            else:
                yield name, 'failed' if line.startswith('not ok') else 'passed', ''


def read_results(build):
    """What Meson has logged, by the name of the test."""
    try:
        with open(f'{build}/meson-logs/testlog.json') as log:
            results = [json.loads(line) for line in log]
    except FileNotFoundError:
        return {}
    return {result['name'].split(' / ')[-1]: result for result in results}


def print_slowest(results):
    slowest = sorted(results.items(), key=lambda item: -item[1]['duration'])[:SLOWEST_SHOWN]
    print('slowest:', ', '.join(f'{name} {result["duration"]:.1f} s' for name, result in slowest))


def count_all(build, tests, results):
    count = Count()
    for test in tests:
        name, result = test['name'], results.get(test['name'])
        failed_before, ran_before = count.failed, count.passed + count.skipped
        if result is None:
            count.add_case(name, 'failed', 'it was not run')
            continue
        if test['protocol'] == 'gtest':
            count.add_cases(name, cases_of(build, test))
        elif test['protocol'] == 'tap' and result['result'] == 'SKIP':
            _, _, why = (result.get('stdout') or '').partition('1..0 # SKIP ')
            count.add_case(name, 'skipped', why.strip() or 'no reason was given')
        elif test['protocol'] == 'tap':
            for case, kind, why in tap_cases(result):
                count.add_case(f'{name}: {case}', kind, why)
        elif result['result'] == 'SKIP':
            lines = (result.get('stdout') or '').strip().splitlines()
            count.add_case(name, 'skipped', lines[-1] if lines else 'no reason was given')
        elif result['result'] in ('OK', 'EXPECTEDFAIL'):
            count.add_case(name, 'passed')
        bad = result['result'] not in ('OK', 'EXPECTEDFAIL', 'SKIP')
        if bad and count.failed == failed_before:
            count.add_case(name, 'failed', f'{result["result"]}, status {result["returncode"]}')
        elif not bad and count.passed + count.skipped + count.failed == ran_before + failed_before:
            count.add_case(name, 'failed', 'it says that it passed, but reported no case')
    return count


def main():
    options = arguments()
    build = f'{ROOT}/build/{options.flavour}'
    configure(build, options.flavour)
    if options.list:
        for test in all_tests(build):
            print(test['name'], *test['suite'])
        return
    if sys.stdout.isatty():
        print(f'Building {build}', flush=True)
    run(['ninja', '-C', build, 'build.ninja'])   # first: it may name other tests
    tests = select(all_tests(build), options.names)
    if targets := targets_of(build, tests) if options.names else ['all']:
        run(['ninja', '-C', build, *targets])
    status = run_tests(build, tests, options.flavour, options.long)
    results = read_results(build)
    count = count_all(build, tests, results)
    print()
    print_slowest(results)
    for note in count.notes:
        print(note)
    if status and not count.failed:
        count.add_case('meson test', 'failed')
        print(f'FAILED: meson test ended with status {status}')
    if count.passed + count.failed == 0:
        print('tools/test: no test ran')
    print(f'{count.passed} passed, {count.failed} failed, {count.skipped} skipped', flush=True)
    sys.exit(1 if count.failed or count.passed == 0 else 0)


if __name__ == '__main__':
    main()
