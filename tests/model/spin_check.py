# SPDX-License-Identifier: BSD-3-Clause
"""Checks a Promela model with spin over all its states, then each variant of it that the model
names (a line `-DNAME` in its opening comment), which spin must refute. Reports in TAP.

ROTA_MODEL=long in the environment: more jobs, so more states."""
import os
import re
import shutil
import subprocess
import sys
import tempfile


def verify(model, defines):
    """Whether the model holds, and what spin said."""
    with tempfile.TemporaryDirectory() as folder:
        def step(*command):
            return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, check=True).stdout
        step('spin', '-a', *defines, model)
        # Safety: assertions, and states in which nobody can go on. NOREDUCE costs little here.
        step('cc', '-O1', '-w', '-DSAFETY', '-DNOREDUCE', '-o', 'pan', 'pan.c')
        said = step('./pan', '-m1000000')
    found = re.search(r'errors: (\d+)', said)
    if not found or 'max search depth too small' in said:
        raise RuntimeError(said)
    return found[1] == '0', said


def main():
    model = os.path.abspath(sys.argv[1])
    if not shutil.which('spin') or not shutil.which('cc'):
        print('1..1\nok 1 - the model # SKIP spin is not installed: see tools/deps test')
        return
    with open(model) as file:
        variants = re.findall(r'^ \*   -D(\w+) ', file.read(), re.M)
    size = ['-DJOBS=40' if os.environ.get('ROTA_MODEL') == 'long' else '-DJOBS=5']
    failed = 0
    print(f'1..{len(variants) + 1}')
    for number, variant in enumerate([None] + variants, 1):
        holds, said = verify(model, size + ([f'-D{variant}'] if variant else []))
        good = holds != bool(variant)
        failed += not good
        states = re.search(r'(\d+) states, stored', said)
        print('ok' if good else 'not ok', number, '-',
              f'{variant} is refuted' if variant else f'the model holds in {states[1]} states')
        if not good:
            print('\n'.join('# ' + line for line in said.splitlines()))
    sys.exit(1 if failed or not variants else 0)


if __name__ == '__main__':
    main()
