# SPDX-License-Identifier: BSD-3-Clause
"""How bench/transports shows its figures: a text table, and a plot of lines in plain SVG."""
import math

from report import FONT, align, text

COLOURS = ('#c2410c', '#2563eb', '#0f766e', '#64748b')


def conditions(result):
    versions = ', '.join(f'{name} {version}' for name, version in result['versions'].items())
    return [f'{versions}; commit {result["commit"]}; {result["date"]}',
            f'{result["cpu"]} ({result["cpus"]} CPUs), Linux {result["kernel"]}, load average '
            f'{result["load_before"]:.2f} before, nice {result["nice"]}, {result["rounds"]} paired '
            f'rounds of {result["seconds"]} s']


def spread(value, style):
    return (style.format(value['median']),
            f'{style.format(value["min"])}..{style.format(value["max"])}')


def label(cell):
    return (f'io={cell["io_threads"]} {cell["test"]} {cell["value_bytes"]} B '
            f'c={cell["clients"]} P={cell["pipeline"]}')


def closed_rows(result):
    yield ('closed loop', 'server', 'ops/s', 'spread', 'CPU us/op', 'spread', 'calls/op', 'p99 ms',
           'ops/s ratio', 'spread', 'CPU ratio', 'spread')
    for cell in result['cells']:
        name_of_cell = label(cell)
        for name, figures in cell['closed'].items():
            calls = figures.get('syscalls_per_op')
            yield (name_of_cell, name, *spread(figures['ops_per_s'], '{:,.0f}'),
                   *spread(figures['cpu_us_per_op'], '{:.2f}'),
                   f'{calls["median"]:.3f}' if calls else '-',
                   f'{figures["p99_ms"]["median"]:.2f}',
                   *spread(cell['ratios'][name]['ops_per_s'], '{:.3f}'),
                   *spread(cell['ratios'][name]['cpu_us_per_op'], '{:.3f}'))
            name_of_cell = ''


def open_rows(result):
    yield ('open loop', 'server', 'requests/s', 'p50 ms', 'spread', 'p99 ms', 'spread', 'p99.9 ms',
           'spread')
    for cell in result['cells']:
        name_of_cell = label(cell)
        for name, figures in cell.get('open', {}).items():
            yield (name_of_cell, name, f'{figures["rps"]["median"]:,.0f}',
                   *spread(figures['p50'], '{:.3f}'), *spread(figures['p99'], '{:.3f}'),
                   *spread(figures['p99.9'], '{:.3f}'))
            name_of_cell = ''


def table(result):
    lines = conditions(result) + ['', *align(list(closed_rows(result)))]
    opened = list(open_rows(result))
    if len(opened) > 1:
        lines += ['', *align(opened)]
    return '\n'.join(lines) + '\n'


# The plot: a row of panels for each test, pipeline and number of threads, throughput on the left
# and CPU per operation on the right, one line a server, whiskers for the spread.

PANEL_WIDTH, PANEL_HEIGHT, MARGIN, GAP = 370, 170, 90, 66
FIGURES = (('ops_per_s', 'operations per second', '{:,.0f}'),
           ('cpu_us_per_op', 'server CPU, us per operation', '{:.1f}'))


def groups(result):
    """{(io threads, test, pipeline): its cells by number of connections}"""
    found = {}
    for cell in result['cells']:
        found.setdefault((cell['io_threads'], cell['test'], cell['pipeline']), []).append(cell)
    return found


def plot(result):
    names = list(result['versions'])
    rows = groups(result)
    width = 2 * (PANEL_WIDTH + MARGIN) + 20
    height = 96 + len(rows) * (PANEL_HEIGHT + GAP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}" {FONT} font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>']
    out += [text(16, 22 + 16 * number, line, size=10, fill='#475569')
            for number, line in enumerate(conditions(result))]
    for number, name in enumerate(names):
        x = MARGIN + 200 * number
        out.append(f'<rect x="{x}" y="52" width="12" height="12" fill="{COLOURS[number]}"/>')
        out.append(text(x + 18, 62, name))
    for row, ((threads, test, pipeline), cells) in enumerate(rows.items()):
        top = 96 + row * (PANEL_HEIGHT + GAP)
        for column, (figure, title, style) in enumerate(FIGURES):
            left = MARGIN + column * (PANEL_WIDTH + MARGIN)
            heading = f'{test.upper()}, pipeline {pipeline}, io-threads {threads}: {title}'
            out.append(text(left, top, heading, size=11, weight='bold'))
            out += panel(cells, names, figure, style, left, top + 12)
    return '\n'.join(out + ['</svg>']) + '\n'


def panel(cells, names, figure, style, left, top):
    """Connections run along a logarithmic axis; the other axis begins at 0."""
    most = max(cell['closed'][name][figure]['max'] for cell in cells for name in names) or 1
    least, last = (math.log(edge(cell['clients'] for cell in cells)) for edge in (min, max))
    bottom = top + PANEL_HEIGHT

    def x_of(cell):
        share = (math.log(cell['clients']) - least) / (last - least) if last > least else 0.5
        return left + 16 + share * (PANEL_WIDTH - 32)

    def y_of(value):
        return bottom - value / most * (PANEL_HEIGHT - 10)

    yield (f'<path d="M{left} {top}V{bottom}H{left + PANEL_WIDTH}" stroke="#334155" fill="none"/>')
    for part in (0.5, 1):
        yield text(left - 6, y_of(most * part) + 4, style.format(most * part), 10, 'end')
    for cell in cells:
        yield text(x_of(cell), bottom + 15, f'{cell["clients"]}', 10, 'middle')
    yield text(left + PANEL_WIDTH / 2, bottom + 29, 'connections', 10, 'middle')
    for number, name in enumerate(names):
        points = [(x_of(cell), cell['closed'][name][figure]) for cell in cells]
        line = ' '.join(f'{x:.1f},{y_of(value["median"]):.1f}' for x, value in points)
        yield (f'<polyline points="{line}" fill="none" stroke="{COLOURS[number]}" '
               'stroke-width="2"/>')
        for x, value in points:
            yield (f'<path d="M{x:.1f} {y_of(value["min"]):.1f}V{y_of(value["max"]):.1f}" '
                   f'stroke="{COLOURS[number]}"/>')
            yield (f'<circle cx="{x:.1f}" cy="{y_of(value["median"]):.1f}" r="3" '
                   f'fill="{COLOURS[number]}"/>')
