# SPDX-License-Identifier: BSD-3-Clause
"""The choice of a transport on kernels that refuse, and what a restricted ring leaves possible."""
import ctypes
import errno
import os
import platform
import struct
import subprocess
import unittest

import rota_server
from rota_server import Server, wait_until

IO_URING_SETUP = 425      # on every architecture
PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS, SECCOMP_MODE_FILTER = 22, 38, 2
LOAD_NUMBER, IF_EQUAL, RETURN = 0x20, 0x15, 0x06   # BPF
ALLOW, FAIL_WITH = 0x7fff0000, 0x00050000


def refuse_rings(code):
    """Runs in the child before the server: from here on io_uring_setup() fails with `code`."""
    program = b''.join(struct.pack('HBBI', *step) for step in (
        (LOAD_NUMBER, 0, 0, 0), (IF_EQUAL, 0, 1, IO_URING_SETUP),
        (RETURN, 0, 0, FAIL_WITH | code), (RETURN, 0, 0, ALLOW)))
    buffer = ctypes.create_string_buffer(program, len(program))
    filter_ = ctypes.create_string_buffer(struct.pack('HxxxxxxP', 4, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or
            libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter_)):
        os._exit(99)


class RefusedServer(Server):
    """A server whose kernel has no io_uring for it."""

    def __init__(self, code, *arguments):
        super().__init__(*arguments)
        self.code = code

    def _spawn(self):
        command = [rota_server.PROGRAM, '--port', str(self.port), '--bind', '127.0.0.1', '--dir',
                   self.folder, *self.arguments]
        with open(os.path.join(self.folder, 'output'), 'wb') as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT,
                                            preexec_fn=lambda: refuse_rings(self.code))


def has_io_uring():
    server = Server('--transport', 'io_uring')
    try:
        server.start()
        return True
    except AssertionError:
        return False
    finally:
        server.stop()


@unittest.skipUnless(platform.system() == 'Linux' and has_io_uring(), 'no io_uring here')
class KernelsThatRefuse(unittest.TestCase):
    def test_asked_for_by_name_it_is_fatal(self):
        for code in (errno.EPERM, errno.ENOSYS):
            server = RefusedServer(code, '--transport', 'io_uring')
            self.addCleanup(server.stop)
            server.port = rota_server.free_port()
            server._spawn()
            self.assertEqual(server.wait_for_exit(), 1)
            self.assertIn('io_uring_setup', server.log())
            self.assertIn(os.strerror(code), server.log())

    def test_auto_serves_all_the_same(self):
        with RefusedServer(errno.EPERM, '--transport', 'auto') as server:
            with server.connect() as raw:
                self.assertEqual(raw.ask('PING'), 'PONG')
            self.assertIn('Transport: epoll', server.log())


@unittest.skipUnless(platform.system() == 'Linux' and has_io_uring(), 'no io_uring here')
class RestrictedRings(unittest.TestCase):
    def test_no_thread_can_be_added_and_the_reason_is_told(self):
        with Server('--transport', 'io_uring', '--io-uring-restrict', 'yes',
                    '--io-threads', '2') as server, server.connect() as raw:
            self.assertEqual(raw.ask('SET', 'key', 'value'), 'OK')
            raw.send('*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$10\r\nio-threads\r\n$1\r\n3\r\n')
            refusal = raw.line()
            self.assertIn('io-uring-restrict is on', refusal)
            self.assertEqual(raw.ask('CONFIG', 'GET', 'io-threads'), [b'io-threads', b'2'])
            self.assertEqual(raw.ask('GET', 'key'), b'value')
            self.assertEqual(raw.ask('CONFIG', 'SET', 'io-threads', '1'), 'OK')
            wait_until(lambda: raw.ask('GET', 'key') == b'value', 'one thread serves')


if __name__ == '__main__':
    rota_server.main()
