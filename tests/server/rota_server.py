# SPDX-License-Identifier: BSD-3-Clause
"""Runs real server processes for tests, talks raw RESP to them, and reports in TAP.

The program comes from ROTA_SERVER, so that the very same tests can be tried on another server of
the family; ROTA_TEST_ARGS has arguments that every server gets, before those of the test. Every
wait has a deadline, and is for something that happens, never for time to pass.
"""
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.environ.get('ROTA_SERVER', '')
ARGUMENTS = shlex.split(os.environ.get('ROTA_TEST_ARGS', ''))
# Sanitizers slow everything down: the deadlines are for hangs, not for speed.
DEADLINE_SECONDS = 30
SANITIZER_REPORT = re.compile(r'ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:')


def free_port():
    """A port that the kernel had free a moment ago; start() tries another if it was lost since."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def wait_until(happened, what):
    """Returns the first true result of happened(); fails when the deadline passes."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (result := happened()):
        if time.monotonic() > deadline:
            raise AssertionError(f'waited {DEADLINE_SECONDS} s in vain: {what}')
        time.sleep(0.005)
    return result


def run_program(*arguments, user=None):
    """Runs the program to its end: for what is expected to refuse, or to print and go."""
    return subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors='replace', timeout=DEADLINE_SECONDS, user=user)


def why_not(arguments):
    """Why the program would not do as these arguments say: it refuses them, or lets them be."""
    checked = run_program('--check-config', *arguments)
    if checked.returncode:
        return f'the server refuses {shlex.join(arguments)}'
    inert = re.findall(r'^(\S+): accepted and kept', checked.stdout, re.M)
    if inert:
        return f'without effect in this version: {", ".join(inert)}'
    return None


def room(server, size):
    """How much it may grow: a sanitizer keeps hundreds of megabytes of what was freed."""
    with open(f'/proc/{server.process.pid}/maps') as maps:
        return size + (1 << 30 if re.search(r'lib[at]san', maps.read()) else 0)


class Server:
    """One server process in a folder of its own, listening on 127.0.0.1 only."""

    def __init__(self, *arguments, config=None, environment=None):
        self.environment = {**os.environ, **(environment or {})}
        self.folder = tempfile.mkdtemp(prefix='rota-test-')
        self.arguments = arguments
        self.config_path = None
        self.process = None
        if config is not None:
            self.config_path = self.write_file('server.conf', config)

    def write_file(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, 'w') as file:
            file.write(content)
        return path

    def start(self):
        for _ in range(5):
            self.port = free_port()
            self._spawn()
            wait_until(lambda: self.process.poll() is not None or self._answers(),
                       'the server ends or answers')
            if self.process.poll() is None:
                return self
            if 'Address already in use' not in self.log():
                break
        raise AssertionError(f'the server did not start:\n{self.log()}')

    def _spawn(self):
        command = [PROGRAM] + ([self.config_path] if self.config_path else [])
        command += ['--port', str(self.port), '--bind', '127.0.0.1', '--dir', self.folder,
                    *ARGUMENTS, *self.arguments]
        with open(os.path.join(self.folder, 'output'), 'wb') as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, env=self.environment)

    def _answers(self):
        try:
            with Raw(self.port) as raw:
                raw.send('PING\r\n')
                # Any reply will do: a password or too many clients also prove it is there.
                return raw.line() != ''
        except OSError:
            return False

    def log(self):
        with open(os.path.join(self.folder, 'output'), errors='replace') as output:
            return output.read()

    def connect(self):
        return Raw(self.port)

    def is_alive(self):
        return self.process.poll() is None and self._answers()

    def wait_for_log(self, text):
        wait_until(lambda: text in self.log(), f'{text!r} in the log')

    def wait_for_exit(self):
        return self.process.wait(DEADLINE_SECONDS)

    def stop(self):
        """Ends the process, removes the folder, and fails on what a sanitizer had to say."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(DEADLINE_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f'SIGTERM did not end the server:\n{self.log()}') from None
        log = self.log() if self.process else ''
        shutil.rmtree(self.folder, ignore_errors=True)
        if SANITIZER_REPORT.search(log):
            raise AssertionError(f'a sanitizer found something:\n{log[-6000:]}')

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Raw:
    """A connection on which a test says exactly which bytes go out and sees which come back."""

    def __init__(self, where):
        if isinstance(where, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(where)
        else:
            self.socket = socket.create_connection(('127.0.0.1', where))
        self.socket.settimeout(DEADLINE_SECONDS)
        self.reader = self.socket.makefile('rb')

    def send(self, data):
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def command(self, *words):
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.send(b'*%d\r\n' % len(parts) +
                  b''.join(b'$%d\r\n%s\r\n' % (len(part), part) for part in parts))

    def line(self):
        """One line of a reply without its end; empty when the peer has closed."""
        try:
            return self.reader.readline().decode(errors='replace').rstrip('\r\n')
        except ConnectionResetError:
            return ''

    def exactly(self, count):
        return self.reader.read(count)

    def at_end(self):
        """Waits for the peer to close, and says that nothing came before it did."""
        try:
            return self.reader.read(1) == b''
        except ConnectionResetError:
            return True

    def reply(self):
        """One whole reply as Python values: errors as str with their '-', bulks as bytes."""
        line = self.line()
        if not line:
            raise ConnectionError('the server closed the connection')
        kind, rest = line[0], line[1:]
        if kind == '+':
            return rest
        if kind == '-':
            return line
        if kind == ':':
            return int(rest)
        if kind == '_' or rest == '-1':
            return None
        if kind == '#':
            return rest == 't'
        if kind == ',':
            return float(rest)
        if kind == '$':
            return self.exactly(int(rest) + 2)[:-2]
        if kind == '=':
            return self.exactly(int(rest) + 2)[4:-2]
        if kind in '*~>':
            return [self.reply() for _ in range(int(rest))]
        if kind == '%':
            return {_hashable(self.reply()): self.reply() for _ in range(int(rest))}
        raise ValueError(f'cannot read the reply {line!r}')

    def ask(self, *words):
        self.command(*words)
        return self.reply()

    def close(self):
        self.reader.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _hashable(value):
    return tuple(value) if isinstance(value, list) else value


class SharedServer(unittest.TestCase):
    """Tests of one class share one server; each starts with an empty database."""
    arguments = ('--save', '', '--appendonly', 'no')

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.arguments).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def setUp(self):
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('FLUSHALL'), 'OK')


class TapResult(unittest.TestResult):
    """Prints one TAP line a test as it ends, and what went wrong as comments."""
    number = 0

    def _line(self, test, good, why=''):
        TapResult.number += 1
        name = '.'.join(test.id().split('.')[-2:])
        print(f'{"ok" if good else "not ok"} {self.number} - {name}{why}', flush=True)

    def _failed(self, test, error):
        self._line(test, False)
        for line in self._exc_info_to_string(error, test).splitlines():
            print(f'# {line}', flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._line(test, True)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(test, True, f' # SKIP {reason}')

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._failed(test, err)

    def addError(self, test, err):   # also errors of setUpClass and tearDownClass
        super().addError(test, err)
        self._failed(test, err)


def main():
    """Runs the tests of the calling script: all, or those whose name contains an argument."""
    if not os.access(PROGRAM, os.X_OK):
        print(f'Bail out! ROTA_SERVER names no program: {PROGRAM!r}')
        sys.exit(1)
    if ARGUMENTS and (reason := why_not(ARGUMENTS)):
        print(f'1..0 # SKIP {reason}')
        sys.exit(0)
    loader = unittest.TestLoader()
    loader.testNamePatterns = [f'*{word}*' for word in sys.argv[1:]] or None
    suite = loader.loadTestsFromModule(sys.modules['__main__'])
    result = TapResult()
    suite.run(result)
    print(f'1..{TapResult.number}')
    sys.exit(0 if result.wasSuccessful() else 1)
