# SPDX-License-Identifier: BSD-3-Clause
"""What bench/compare needs to start servers, fill them, load them, and read what they cost.

Costs come from /proc, for the whole process with all its threads; operations come from the server's
own counter, so a generator that miscounts cannot flatter anybody.
"""
import csv
import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import time

TICKS = os.sysconf('SC_CLK_TCK')
PAGE = os.sysconf('SC_PAGE_SIZE')
START_SECONDS = 20


class BenchError(Exception):
    """Something outside went wrong; the message is for the user."""


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def launch(command, cpus, nice, **streams):
    """Starts `command` on those CPUs and with that scheduling priority, in a session of its own:
    where the kernel shares out CPU time by session (autogroup), nice alone would change nothing."""
    if cpus:
        command = ['taskset', '-c', cpus] + command
    if nice:
        command = ['nice', '-n', str(nice)] + command
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **streams)
    if nice and os.path.exists(f'/proc/{process.pid}/autogroup'):
        with open(f'/proc/{process.pid}/autogroup', 'w') as group:
            group.write(str(nice))
    return process


class Server:
    """One server process with the settings that all contestants get, alive until close()."""

    def __init__(self, name, program, io_threads, cpus=None, nice=0, extra=()):
        self.name = name
        self.folder = tempfile.mkdtemp(prefix=f'rota-bench-{name}-')
        self.port = free_port()
        self.log_path = os.path.join(self.folder, 'server.log')
        command = [program, '--port', str(self.port), '--bind', '127.0.0.1', '--save', '',
                   '--appendonly', 'no', '--io-threads', str(io_threads), '--dir', self.folder,
                   *extra]
        with open(self.log_path, 'wb') as log:
            self.process = launch(command, cpus, nice, stdout=log, stderr=log)
        self.connection = None
        try:
            self._await_ready(time.monotonic() + START_SECONDS)
            info = self.info('server')
            self.version = (info.get(f'{name}_version') or info.get('rota_version') or
                            info.get('redis_version', '?'))
        except BaseException:
            self.close()
            raise

    def _await_ready(self, deadline):
        while True:
            if self.process.poll() is not None:
                raise BenchError(f'{self.name} ended at once:\n{self.log_tail()}')
            try:
                self.connection = Connection(self.port)
                if self.connection.call('PING') == 'PONG':
                    return
            except OSError:
                pass
            if time.monotonic() > deadline:
                raise BenchError(f'{self.name} did not answer in time:\n{self.log_tail()}')
            time.sleep(0.02)

    def log_tail(self):
        with open(self.log_path, errors='replace') as log:
            return ''.join(log.readlines()[-8:])

    def info(self, section):
        lines = self.connection.call('INFO', section).splitlines()
        return dict(line.split(':', 1) for line in lines if ':' in line)

    def commands_processed(self):
        return int(self.info('stats')['total_commands_processed'])

    def cpu(self):
        """(all, user, system) in seconds. The first is exact to the nanosecond; the kernel knows
        the split only in ticks, so it is scaled to the first."""
        root = f'/proc/{self.process.pid}'
        with open(f'{root}/stat') as stat:
            fields = stat.read().rpartition(')')[2].split()
        user, system = int(fields[11]) / TICKS, int(fields[12]) / TICKS
        total = 0
        for task in os.listdir(f'{root}/task'):
            with open(f'{root}/task/{task}/schedstat') as stat:
                total += int(stat.read().split()[0])
        return total / 1e9, user, system

    def rss(self):
        with open(f'/proc/{self.process.pid}/statm') as statm:
            return int(statm.read().split()[1]) * PAGE

    def settled_rss(self, seconds=15):
        """RSS once two readings a second apart agree within 0.1 %: rehashing and purging end."""
        before = self.rss()
        for _ in range(seconds):
            time.sleep(1)
            now = self.rss()
            if abs(now - before) < before / 1000:
                break
            before = now
        return now

    def preload(self, keys, value_bytes):
        """SETs key:000000000000 and so on, in pipelines, and checks that all of them arrived."""
        value = b'$%d\r\n%s\r\n' % (value_bytes, (b'xyzzy-' * (value_bytes // 6 + 1))[:value_bytes])
        batch = 2000
        for first in range(0, keys, batch):
            last = min(first + batch, keys)
            self.connection.send_raw(b''.join(
                b'*3\r\n$3\r\nSET\r\n$16\r\nkey:%012d\r\n%s' % (number, value)
                for number in range(first, last)))
            self.connection.expect_ok(last - first)
        present = self.connection.call('DBSIZE')
        if present != keys:
            raise BenchError(f'{self.name} holds {present} of {keys} keys after the preload')

    def close(self):
        if self.connection:
            self.connection.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Connection:
    """The little of RESP2 that a harness needs."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile('rb')

    def send_raw(self, data):
        self.socket.sendall(data)

    def expect_ok(self, count):
        if (got := self.reader.read(5 * count)) != b'+OK\r\n' * count:
            raise BenchError(f'a SET of the preload failed: {got[:80]!r}')

    def call(self, *words):
        self.send_raw(b'*%d\r\n' % len(words) +
                      b''.join(b'$%d\r\n%s\r\n' % (len(word), word.encode()) for word in words))
        line = self.reader.readline().decode()
        kind, rest = line[:1], line[1:].rstrip('\r\n')
        if kind == '$':
            return self.reader.read(int(rest) + 2)[:-2].decode()
        if kind == '-' or not kind:
            raise BenchError(f'{words[0]}: {rest or "connection closed"}')
        return int(rest) if kind == ':' else rest

    def close(self):
        self.reader.close()
        self.socket.close()


class Generator:
    """A peer's own benchmark program: the same one for every contestant."""

    def __init__(self, program, cpus=None, threads=1, nice=0):
        self.program, self.cpus, self.threads, self.nice = program, cpus, threads, nice
        text = subprocess.run([program, '--help'], capture_output=True, text=True).stdout
        self.has_duration = '--duration' in text
        self.version = subprocess.run([program, '--version'], capture_output=True,
                                      text=True).stdout.strip()

    def run(self, server, cell, seconds, requests):
        """Loads `server` as `cell` says. Returns one sample: a dict of figures."""
        command = [self.program, '-p', str(server.port), '-t', cell['test'], '--csv',
                   '-c', str(cell['clients']), '-P', str(cell['pipeline']),
                   '-d', str(cell['value_bytes']), '-r', str(cell['keys'])]
        if self.threads > 1:
            command += ['--threads', str(self.threads)]
        if self.has_duration and not requests:
            command += ['--duration', str(seconds)]
        else:
            command += ['-n', str(requests or 100000 * seconds * min(cell['pipeline'], 6))]
        hits, own = keyspace_hits(server), generator_cpu()
        operations, cpu, clock = server.commands_processed(), server.cpu(), time.monotonic()
        output, errors, status = self._finish(command)
        wall = time.monotonic() - clock
        after = server.cpu()
        operations = server.commands_processed() - operations - 1   # less the INFO before
        if status != 0:
            raise BenchError(f'{" ".join(command)} failed: {errors.strip()[-300:]}')
        self._check_hits(server, cell, hits, operations)
        return self._sample(output, operations, wall,
                            [late - early for early, late in zip(cpu, after)],
                            generator_cpu() - own)

    def _finish(self, command):
        process = launch(command, self.cpus, self.nice, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        try:
            output, errors = process.communicate()
        except BaseException:
            process.kill()
            process.wait()
            raise
        return output, errors, process.returncode

    @staticmethod
    def _check_hits(server, cell, before, operations):
        if cell['test'] == 'get' and keyspace_hits(server) - before < 0.99 * operations:
            raise BenchError(f'{server.name}: GETs missed; the preload does not match the keys')

    @staticmethod
    def _sample(output, operations, wall, cpu, generator_seconds):
        rows = list(csv.DictReader(line for line in output.splitlines() if line.startswith('"')))
        if len(rows) != 1 or operations <= 0:
            raise BenchError(f'cannot read the generator: {output[-300:]!r}')
        total, user, system = cpu
        split = user / (user + system) if user + system > 0 else 0.0
        return {
            'ops_per_s': float(rows[0]['rps']),
            'cpu_us_per_op': total * 1e6 / operations,
            'user_us_per_op': total * split * 1e6 / operations,
            'system_us_per_op': total * (1 - split) * 1e6 / operations,
            'server_busy': total / wall,
            'generator_busy': generator_seconds / wall,
            'p50_ms': float(rows[0]['p50_latency_ms']),
            'p99_ms': float(rows[0]['p99_latency_ms']),
            'operations': operations,
        }


def keyspace_hits(server):
    return int(server.info('stats')['keyspace_hits'])


def generator_cpu():
    """CPU seconds of all children that have ended: the difference round one run is that run's."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def cpu_model():
    with open('/proc/cpuinfo') as info:
        found = re.search(r'model name\s*:\s*(.*)', info.read())
    return found.group(1).strip() if found else os.uname().machine


def git_commit():
    here = os.path.dirname(os.path.abspath(__file__))

    def git(*words):
        return subprocess.run(['git', '-C', here, *words], capture_output=True, text=True).stdout
    commit = git('rev-parse', '--short=10', 'HEAD').strip() or 'unknown'
    # Results are not part of what was measured.
    changed = git('status', '--porcelain', '--untracked-files=no', '--', ':/', ':!/bench')
    return commit + ('-dirty' if changed.strip() else '')
