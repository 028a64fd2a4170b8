#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Runs a command on real RDMA verbs, on a machine that has no RDMA.

Boots Debian's own kernel in qemu with software emulation (needs neither KVM nor modules of this
machine's kernel), brings up a soft-RoCE device, rxe0 at 10.0.0.1, and runs COMMAND, a line for a
POSIX shell, as root in a directory with FILE... in it. Prints what it prints and exits with its
status; 77: this machine cannot do it, and why; 124: out of time, with the console's end.

Shared libraries that the files name are taken along. The kernel is downloaded once, by apt, and
kept in ~/.cache/rota/rdma_vm (ROTA_CACHE moves ~/.cache/rota).
"""
import argparse
import fcntl
import glob
import gzip
import lzma
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading

SKIP, TIMEOUT, BROKEN = 77, 124, 125
CACHE = os.path.join(os.environ.get('ROTA_CACHE', os.path.expanduser('~/.cache/rota')), 'rdma_vm')
# The first three are asked for by name at run time: no module's list of dependencies has them.
MODULES = ('crc32_generic', 'crc32c_generic', 'libcrc32c', 'dummy', 'rdma_rxe', 'rdma_ucm')
PROGRAMS = ('qemu-system-x86_64', 'busybox', 'cpio', 'rdma', 'xz', 'dpkg-deb', 'apt-get', 'ldd')
KERNEL_LINE = ('console=ttyS0 quiet rdinit=/init oops=panic panic=-1 mitigations=off no5lvl '
               'no_timer_check tsc=reliable')
INIT = r'''#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mkdir -p /dev/shm; mount -t tmpfs shm /dev/shm
for module in $(cat /modules/order); do insmod /modules/$module.ko; done
ip link set lo up
ip addr add 10.0.0.1/24 dev dummy0; ip link set dummy0 up
rdma link add rxe0 type rxe netdev dummy0
ulimit -l unlimited; ulimit -n 65536; sysctl -qw vm.overcommit_memory=1
export ROTA_RDMA_ADDRESS=10.0.0.1 HOME=/tmp
stty raw </dev/ttyS1; stty raw </dev/ttyS2
echo "ready after $(cut -d' ' -f1 /proc/uptime) s"
cd /job; sh /command </dev/null >/dev/ttyS1 2>&1
echo $? >/dev/ttyS2
stty raw </dev/ttyS1; stty raw </dev/ttyS2
poweroff -f
'''


class CannotRun(Exception):
    pass


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, **options)
    if done.returncode:
        tail = done.stderr.decode(errors='replace').strip().splitlines()[-1:] or ['no reason given']
        raise CannotRun(f'{" ".join(command[:3])}...: {tail[0]}')
    return done.stdout


# ---- The kernel

def kernel_package():
    listed = run('apt-cache', 'depends', 'linux-image-amd64').decode()
    found = re.search(r'Depends: (linux-image-\S+)', listed)
    if not found:
        raise CannotRun('apt knows no kernel package: run apt-get update')
    return found[1]


def download(package, folder):
    present = glob.glob(f'{CACHE}/{package}_*.deb')
    if present:
        return present[0]
    run('apt-get', '-qq', '-o', 'APT::Sandbox::User=root', 'download', package, cwd=folder)
    return glob.glob(f'{folder}/{package}_*.deb')[0]


def unpack_module(path):
    with open(path, 'rb') as file:
        data = file.read()
    if path.endswith('.xz'):
        data = lzma.decompress(data)
    if path.endswith('.gz'):
        data = gzip.decompress(data)
    return data


def take_modules(tree, target):
    """Copies MODULES and what they need into `target`, and the order to load them in."""
    paths = {os.path.basename(path).split('.ko')[0].replace('-', '_'): path
             for path in glob.glob(f'{tree}/lib/modules/**/*.ko*', recursive=True)}
    order = []

    def take(name):
        if name in order or name not in paths:
            return   # there already, or built into the kernel
        data = unpack_module(paths[name])
        needs = re.search(rb'\0depends=([^\0]*)\0', data)
        for other in (needs[1].decode().split(',') if needs else ()):
            take(other.replace('-', '_'))
        with open(f'{target}/{name}.ko', 'wb') as file:
            file.write(data)
        order.append(name)

    for module in MODULES:
        take(module)
    with open(f'{target}/order', 'w') as file:
        file.write('\n'.join(order))


def unpack_image(path):
    """The ELF image out of a bzImage: to let it unpack itself under emulation takes long."""
    with open(path, 'rb') as file:
        image = file.read()
    setup_sectors = image[497] or 4
    offset, length = struct.unpack_from('<II', image, 584)
    start = (setup_sectors + 1) * 512 + offset
    payload = image[start:start + length - 4]
    if payload.startswith(b'\xfd7zXZ'):
        return lzma.LZMADecompressor().decompress(payload)
    if payload.startswith(b'\x28\xb5\x2f\xfd'):
        return run('zstd', '-dcq', input=payload)
    if payload.startswith(b'\x1f\x8b'):
        return gzip.decompress(payload)
    raise CannotRun(f'{path} is compressed in an unknown way')


def kernel():
    """The directory with `vmlinux` and `modules`, made at the first call on a machine."""
    package = kernel_package()
    final = f'{CACHE}/{package}'
    os.makedirs(CACHE, exist_ok=True)
    with open(f'{CACHE}/lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(f'{final}/vmlinux'):
            return final
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            tree = f'{folder}/tree'
            deb = download(package, folder)
            run('dpkg-deb', '-x', deb, tree)
            os.makedirs(f'{folder}/new/modules')
            take_modules(tree, f'{folder}/new/modules')
            with open(f'{folder}/new/vmlinux', 'wb') as file:
                file.write(unpack_image(glob.glob(f'{tree}/boot/vmlinuz-*')[0]))
            shutil.rmtree(final, ignore_errors=True)
            os.rename(f'{folder}/new', final)
            if deb.startswith(CACHE):
                os.unlink(deb)
    return final


# ---- The machine

def libraries(files):
    listed = subprocess.run(['ldd', *files], capture_output=True, text=True).stdout
    return sorted(set(re.findall(r'(?:=> |\t)(/\S+) \(', listed)))


def copy_into(root, path):
    target = root + path
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy(os.path.realpath(path), target)


def make_initramfs(root, kernel_folder, files, command):
    for name in ('bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'job'):
        os.makedirs(f'{root}/{name}')
    shutil.copytree(f'{kernel_folder}/modules', f'{root}/modules')
    shutil.copy(shutil.which('busybox'), f'{root}/bin/busybox')
    for path in files:
        target = shutil.copy(path, f'{root}/job/')
        with open(target, 'rb') as file:
            is_elf = file.read(4) == b'\x7fELF'
        if is_elf:
            subprocess.run(['strip', '-g', target], check=False)
    tools = [shutil.which('rdma')]
    providers = glob.glob('/usr/lib/*/libibverbs/librxe-rdmav*.so')
    if not providers:
        raise CannotRun('the soft-RoCE provider is missing: package ibverbs-providers')
    # dlopen()ed, which ldd does not see.
    hidden = providers + glob.glob('/usr/lib/*/libgcc_s.so.1') + glob.glob('/lib/*/libgcc_s.so.1')
    for path in {*tools, *hidden[:2], *libraries([*tools, *hidden[:2], *files]),
                 '/etc/libibverbs.d/rxe.driver'}:
        copy_into(root, path)
    for path, text in (('init', INIT), ('command', command + '\n'),
                       ('etc/passwd', 'root:x:0:0::/:/bin/sh\n'),
                       ('etc/hosts', '127.0.0.1 localhost\n')):
        with open(f'{root}/{path}', 'w') as file:
            file.write(text)
    os.chmod(f'{root}/init', 0o755)
    found = subprocess.run(['find', '.'], cwd=root, capture_output=True, check=True).stdout
    return run('cpio', '-o', '-H', 'newc', '-R', '0:0', cwd=root, input=found)


def boot(folder, kernel_folder, options):
    """Runs the machine; the status of the command, or TIMEOUT or BROKEN."""
    command = ['qemu-system-x86_64', '-M', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max',
               '-smp', str(options.cpus), '-m', str(options.memory), '-nodefaults', '-display',
               'none', '-no-reboot', '-kernel', f'{kernel_folder}/vmlinux', '-initrd',
               f'{folder}/initramfs', '-append', KERNEL_LINE,
               '-serial', f'file:{folder}/console', '-chardev', 'stdio,id=out,signal=off',
               '-serial', 'chardev:out', '-serial', f'file:{folder}/status']
    machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=lambda: os.nice(5))
    signal.signal(signal.SIGTERM, lambda *_: machine.kill())
    late = threading.Event()
    timer = threading.Timer(options.seconds, lambda: (late.set(), machine.kill()))
    timer.start()
    machine.wait()
    timer.cancel()
    with open(f'{folder}/status') as file:
        status = file.read().strip()
    if status:
        return int(status)
    with open(f'{folder}/console', errors='replace') as file:
        sys.stderr.writelines(file.readlines()[-40:])
    print(f'vm: out of time ({options.seconds} s)' if late.is_set() else
          f'vm: the machine ended early (qemu: {machine.returncode})', file=sys.stderr)
    return TIMEOUT if late.is_set() else BROKEN


def main():
    parse = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument('--seconds', type=int, default=300)
    parse.add_argument('--cpus', type=int, default=1)
    parse.add_argument('--memory', type=int, default=1536, help='MiB')
    parse.add_argument('command')
    parse.add_argument('files', nargs='*')
    options = parse.parse_args()
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    try:
        if missing:
            raise CannotRun(f'not installed: {", ".join(missing)} (tools/deps test)')
        kernel_folder = kernel()
        with tempfile.TemporaryDirectory(prefix='rota-rdma-vm-') as folder:
            image = make_initramfs(f'{folder}/root', kernel_folder, options.files, options.command)
            shutil.rmtree(f'{folder}/root')
            with open(f'{folder}/initramfs', 'wb') as file:
                file.write(image)
            return boot(folder, kernel_folder, options)
    except CannotRun as reason:
        print(f'skipped: {reason}')
        return SKIP


if __name__ == '__main__':
    sys.exit(main())
