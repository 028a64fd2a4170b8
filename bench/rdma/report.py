# SPDX-License-Identifier: BSD-3-Clause
"""How bench/rdma_vs_tcp shows its figures: a text table, and one HTML page with curves in SVG."""
from html import escape
from math import log10

COLOURS = {'epoll': '#2563eb', 'io_uring': '#64748b', 'rdma': '#c2410c'}
NAMES = {'epoll': 'TCP (epoll)', 'io_uring': 'TCP (io_uring)', 'rdma': 'RDMA'}
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 420, 260, 62, 40, 30
FIGURES = (('ops_per_s', 'operations a second'), ('p50_ms', 'p50, ms'), ('p99_ms', 'p99, ms'),
           ('cpu_us_per_op', 'server CPU, us an operation'),
           ('cpu_ns_per_byte', 'server CPU, ns a byte'))
WARNING = ('Software emulation: soft-RoCE under qemu says that it works, and nothing about how '
           'fast a NIC is.')


def conditions(result):
    return (f'commit {result["commit"]}, {result["date"]}; {result["where"]}; '
            f'{result["seconds"]} s a cell, server and load on the same machine')


def text_table(result):
    head = ('test', 'size', 'pipeline', 'clients', 'transport', 'ops/s', 'MB/s', 'p50 ms',
            'p99 ms', 'CPU us/op', 'CPU ns/B')
    order = sorted(result['cells'], key=lambda cell: (cell['test'], cell['size'],
                                                      cell['pipeline'], cell['clients']))
    rows = [head] + [
        (cell['test'], str(cell['size']), str(cell['pipeline']), str(cell['clients']),
         cell['transport'], f'{cell["ops_per_s"]:,.0f}', f'{cell["mb_per_s"]:,.2f}',
         f'{cell["p50_ms"]:.3f}', f'{cell["p99_ms"]:.3f}', f'{cell["cpu_us_per_op"]:.1f}',
         f'{cell["cpu_ns_per_byte"]:.2f}') for cell in order]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = ['  '.join(word.rjust(width) for word, width in zip(row, widths)) for row in rows]
    warning = [WARNING] if result['emulated'] else []
    return '\n'.join([conditions(result), *warning, '', *lines]) + '\n'


def short(value):
    if value >= 1e6:
        return f'{value / 1e6:g}M'
    return f'{value / 1e3:g}k' if value >= 1e3 else f'{value:g}'


def decades(low, high):
    exponent = int(log10(low)) - 1
    while 10 ** exponent <= high:
        if 10 ** exponent >= low:
            yield 10.0 ** exponent
        exponent += 1


def plot(title, curves, x_label):
    """Curves on logarithmic axes; `curves` is {transport: [(x, y)]}."""
    points = [(x, y) for curve in curves.values() for x, y in curve if y > 0]
    if not points:
        return ''
    x_low, x_high = min(x for x, _ in points), max(x for x, _ in points)
    y_low, y_high = min(y for _, y in points) / 1.5, max(y for _, y in points) * 1.5

    def place(x, y):
        across = 0.5 if x_low == x_high else log10(x / x_low) / log10(x_high / x_low)
        up = log10(y / y_low) / log10(y_high / y_low)
        return (LEFT + across * (WIDTH - LEFT - 20),
                HEIGHT - BOTTOM - up * (HEIGHT - BOTTOM - TOP))

    out = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
           f'<text x="{LEFT}" y="16" class="title">{escape(title)}</text>']
    for y in decades(y_low, y_high):
        height = place(x_low, y)[1]
        out.append(f'<path d="M{LEFT} {height:.1f}H{WIDTH - 20}" class="grid"/>'
                   f'<text x="{LEFT - 6}" y="{height + 4:.1f}" class="y">{short(y)}</text>')
    for x in sorted({x for x, _ in points}):
        across = place(x, y_low)[0]
        out.append(f'<text x="{across:.1f}" y="{HEIGHT - BOTTOM + 16}" class="x">{short(x)}</text>')
    out.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" class="x">{x_label}</text>')
    for transport, curve in curves.items():
        spots = [place(x, y) for x, y in sorted(curve) if y > 0]
        path = ' '.join(f'{x:.1f},{y:.1f}' for x, y in spots)
        colour = COLOURS[transport]
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in spots]
    return ''.join([*out, '</svg>'])


def plots(result, test, pipeline, by, fixed, at):
    """A row of plots: each figure against `by`, with `fixed` at `at`."""
    cells = [cell for cell in result['cells'] if cell['test'] == test and
             cell['pipeline'] == pipeline and cell[fixed] == at]
    row = []
    for key, label in FIGURES:
        curves = {}
        for cell in cells:
            curves.setdefault(cell['transport'], []).append((cell[by], cell[key]))
        row.append(plot(label, curves, {'size': 'bytes a value', 'clients': 'connections'}[by]))
    heading = (f'{test.upper()}, pipeline {pipeline}, {at} '
               f'{"connections" if fixed == "clients" else "B"}')
    return f'<h2>{heading}</h2><div class="row">{"".join(row)}</div>'


STYLE = '''
body{font:15px/1.45 "DejaVu Sans",Verdana,sans-serif;margin:2em auto;max-width:1360px;
color:#1e293b;background:#fff;padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.1em;margin:1.6em 0 .3em}
.row{display:grid;grid-template-columns:repeat(auto-fill,minmax(380px,1fr));gap:8px}
svg{width:100%;background:#f8fafc;border-radius:6px}
svg text{font-size:11px;fill:#475569}.title{font-weight:bold}.x{text-anchor:middle}
.y{text-anchor:end}.grid{stroke:#e2e8f0}.warning{background:#fef3c7;padding:.6em 1em;
border-radius:6px}.key{display:inline-block;width:1.6em;height:.25em;margin:0 .4em .25em 1.2em}
pre{overflow-x:auto;font-size:12px;background:#f8fafc;padding:1em;border-radius:6px}'''


def html_page(result):
    cells = result['cells']
    tests = sorted({cell['test'] for cell in cells})
    pipelines = sorted({cell['pipeline'] for cell in cells})
    clients = sorted({cell['clients'] for cell in cells})
    sizes = sorted({cell['size'] for cell in cells})
    middle = clients[len(clients) // 2]
    small = sizes[min(1, len(sizes) - 1)]
    keys = ''.join(f'<span class="key" style="background:{COLOURS[name]}"></span>{NAMES[name]}'
                   for name in COLOURS if any(cell['transport'] == name for cell in cells))
    body = []
    for test in tests:
        for pipeline in pipelines:
            body.append(plots(result, test, pipeline, 'size', 'clients', middle))
            if len(clients) > 1:
                body.append(plots(result, test, pipeline, 'clients', 'size', small))
    warning = f'<p class="warning">{WARNING}</p>' if result['emulated'] else ''
    return (f'<!doctype html><html lang="en"><meta charset="utf-8">'
            f'<title>RDMA and TCP</title><style>{STYLE}</style>'
            f'<h1>RDMA and TCP: the same server, the same load</h1>'
            f'<p>{escape(conditions(result))}</p>{warning}<p>{keys}</p>{"".join(body)}'
            f'<h2>All figures</h2><pre>{escape(text_table(result))}</pre></html>\n')
