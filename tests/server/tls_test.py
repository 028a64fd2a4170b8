# SPDX-License-Identifier: BSD-3-Clause
"""TLS as clients meet it: certificates made by another program, and clients that others wrote."""
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import unittest

import redis

import rota_server
from rota_server import Server, free_port, wait_until

WITHOUT = shutil.which('openssl') is None and 'openssl, which makes the certificates, is not here'


def make_certificate(folder, name, issuer=None):
    """A key and a certificate, signed by the issuer or by itself; returns both paths."""
    cert, key = (os.path.join(folder, f'{name}.{kind}') for kind in ('crt', 'key'))
    signer = [] if issuer is None else ['-CA', issuer[0], '-CAkey', issuer[1]]
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', f'/CN={name}',
                    '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-keyout', key,
                    '-out', cert, *signer], check=True, capture_output=True)
    return cert, key


@unittest.skipIf(WITHOUT, WITHOUT)
class Tls(unittest.TestCase):
    auth = 'no'

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.ca = make_certificate(cls.folder.name, 'ca')
        cls.cert = make_certificate(cls.folder.name, 'server', cls.ca)
        cls.client_cert = make_certificate(cls.folder.name, 'client', cls.ca)
        cls.stranger = make_certificate(cls.folder.name, 'stranger')
        cls.tls_port = free_port()
        cls.server = Server('--save', '', '--tls-port', str(cls.tls_port),
                            '--tls-cert-file', cls.cert[0], '--tls-key-file', cls.cert[1],
                            '--tls-ca-cert-file', cls.ca[0], '--tls-auth-clients', cls.auth)
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    def connect(self, cert=None, port=None, ca=None, **options):
        cert, key = cert or (None, None)
        return redis.Redis(port=port or self.tls_port, ssl=True, ssl_certfile=cert,
                           ssl_keyfile=key, ssl_ca_certs=ca or self.ca[0],
                           ssl_check_hostname=True, **options)

    def wrapped(self, **versions):
        context = ssl.create_default_context(cafile=self.ca[0])
        for name, value in versions.items():
            setattr(context, name, value)
        raw = socket.create_connection(('127.0.0.1', self.tls_port))
        return context.wrap_socket(raw, server_hostname='127.0.0.1')


class Serving(Tls):
    def test_every_size_goes_both_ways(self):
        client = self.connect()
        for size in (0, 1, 16383, 16384, 16385, 100_000, 5_000_000):
            value = os.urandom(size)
            client.set('k', value)
            self.assertEqual(client.get('k'), value)

    def test_pipelines_of_many_clients_at_once(self):
        def talk(number):
            pipe = self.connect().pipeline(transaction=False)
            for step in range(500):
                pipe.set(f'{number}:{step}', f'{step}' * 20)
                pipe.get(f'{number}:{step}')
            replies = pipe.execute()
            if replies[1::2] != [(f'{step}' * 20).encode() for step in range(500)]:
                wrong.append(number)

        wrong = []
        crowd = [threading.Thread(target=talk, args=(number,)) for number in range(12)]
        for one in crowd:
            one.start()
        for one in crowd:
            one.join()
        self.assertEqual(wrong, [])

    def test_plain_and_encrypted_clients_share_the_data(self):
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('SET', 'k', 'from the plain port'), 'OK')
            self.assertEqual(self.connect().get('k'), b'from the plain port')
            self.assertRegex(raw.ask('INFO', 'server').decode(),
                             f'name=tls,bind=.*,port={self.tls_port}')

    def test_messages_reach_subscribers(self):
        listener = self.connect().pubsub()
        listener.subscribe('news')
        self.assertEqual(listener.get_message(timeout=5)['type'], 'subscribe')
        self.assertEqual(self.connect().publish('news', 'x' * 50_000), 1)
        self.assertEqual(len(listener.get_message(timeout=5)['data']), 50_000)

    def test_blocked_clients_are_woken(self):
        popped = []
        waiting = threading.Thread(target=lambda: popped.append(self.connect().blpop('queue', 10)))
        waiting.start()
        with self.server.connect() as raw:
            wait_until(lambda: b'blocked_clients:1' in raw.ask('INFO', 'clients'), 'it waits')
            raw.ask('RPUSH', 'queue', 'x')
        waiting.join()
        self.assertEqual(popped, [(b'queue', b'x')])

    def test_both_versions_are_served_and_no_older_one(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.wrapped(minimum_version=version, maximum_version=version) as raw:
                raw.sendall(b'PING\r\n')
                self.assertEqual(raw.recv(100), b'+PONG\r\n')

    def test_quit_says_goodbye_properly(self):
        with self.wrapped(minimum_version=ssl.TLSVersion.TLSv1_3) as raw:
            raw.sendall(b'QUIT\r\n')
            self.assertEqual(raw.recv(100), b'+OK\r\n')
            self.assertEqual(raw.recv(100), b'')   # not an unexpected end

    def test_who_speaks_plainly_is_cut_off_and_nobody_else(self):
        client = self.connect()
        self.assertTrue(client.ping())
        for words in (b'PING\r\n', b'\x16\x03\x01\x40\x00garbage' * 100, b'\x80' * 70_000):
            with socket.create_connection(('127.0.0.1', self.tls_port)) as rude:
                rude.settimeout(10)
                try:
                    rude.sendall(words)
                    while data := rude.recv(1000):
                        self.assertNotIn(b'PONG', data)
                except OSError:
                    pass
        self.assertTrue(client.ping())

    def test_connections_cut_in_the_handshake_leave_nothing_behind(self):
        for _ in range(100):
            with socket.create_connection(('127.0.0.1', self.tls_port)) as raw:
                raw.sendall(b'\x16\x03\x01\x02\x00\x01')
        with self.server.connect() as raw:
            wait_until(lambda: b'connected_clients:1\r' in raw.ask('INFO', 'clients'),
                       'they are gone')

    def test_a_certificate_is_exchanged_while_it_serves(self):
        old = self.connect()
        self.assertTrue(old.ping())
        renewed = make_certificate(self.folder.name, 'renewed')
        with self.server.connect() as raw:
            self.assertRegex(raw.ask('CONFIG', 'SET', 'tls-cert-file', '/nowhere/at/all'),
                             '^-ERR CONFIG SET failed .*tls-cert-file')
            self.assertTrue(self.connect().ping())
            self.assertEqual(raw.ask('CONFIG', 'SET', 'tls-cert-file', renewed[0],
                                     'tls-key-file', renewed[1]), 'OK')
            try:
                self.assertTrue(self.connect(ca=renewed[0]).ping())
                with self.assertRaises(redis.ConnectionError):
                    self.connect().ping()
                self.assertTrue(old.ping())
            finally:
                self.assertEqual(raw.ask('CONFIG', 'SET', 'tls-cert-file', self.cert[0],
                                         'tls-key-file', self.cert[1]), 'OK')

    def test_the_port_moves_at_run_time(self):
        other = free_port()
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('CONFIG', 'SET', 'tls-port', str(other)), 'OK')
            self.assertTrue(self.connect(port=other).ping())
            with self.assertRaises(redis.ConnectionError):
                self.connect().ping()
            self.assertEqual(raw.ask('CONFIG', 'SET', 'tls-port', str(self.tls_port)), 'OK')
            self.assertTrue(self.connect().ping())


class Asking(Tls):
    auth = 'yes'

    def test_only_certificates_of_the_authority_are_served(self):
        self.assertTrue(self.connect(self.client_cert).ping())
        for wrong in (None, self.stranger):
            with self.assertRaises(redis.ConnectionError):
                self.connect(wrong).ping()

    def test_asking_can_be_made_optional(self):
        with self.server.connect() as raw:
            self.assertEqual(raw.ask('CONFIG', 'SET', 'tls-auth-clients', 'optional'), 'OK')
            try:
                self.assertTrue(self.connect().ping())
                with self.assertRaises(redis.ConnectionError):
                    self.connect(self.stranger).ping()
            finally:
                raw.ask('CONFIG', 'SET', 'tls-auth-clients', 'yes')


@unittest.skipIf(WITHOUT, WITHOUT)
class Starting(unittest.TestCase):
    def test_a_start_without_a_certificate_says_so(self):
        for wrong in ((), ('--tls-cert-file', '/nowhere/at/all')):
            done = rota_server.run_program('--port', '0', '--tls-port', str(free_port()),
                                            '--tls-auth-clients', 'no', *wrong)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stdout + done.stderr, 'tls-cert-file|/nowhere/at/all')


if __name__ == '__main__':
    rota_server.main()
