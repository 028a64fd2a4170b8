# SPDX-License-Identifier: BSD-3-Clause
"""How bench/compare shows its figures: a text table, and a plot in plain SVG."""
from html import escape

COLOURS = ('#c2410c', '#2563eb', '#64748b')
FONT = 'font-family="DejaVu Sans, Verdana, sans-serif"'


def conditions(result):
    versions = ', '.join(f'{name} {version}' for name, version in result['versions'].items())
    pinned = (f'server on CPU {result["server_cpus"]}, generator on {result["generator_cpus"]}'
              if result['server_cpus'] else 'not pinned')
    if result['nice']:
        pinned += f', nice {result["nice"]}'
    if result['kind'] == 'memory':
        length, load = '', ''
    else:
        length = (f' of {result["requests"]} requests' if result['requests']
                  else f' of {result["seconds"]} s')
        load = f'load from {result["generator"]}, '
    return [f'{versions}; commit {result["commit"]}; {result["date"]}',
            f'{result["cpu"]} ({result["cpus"]} CPUs), Linux {result["kernel"]}, load average '
            f'{result["load_before"]:.2f} before',
            f'{load}io-threads {result["io_threads"]}, {pinned}, '
            f'{result["rounds"]} paired rounds{length}']


def speed_rows(cell):
    label = f'{cell["test"]} {cell["value_bytes"]} B c={cell["clients"]} P={cell["pipeline"]}'
    for name, figures in cell['summary'].items():
        ops, cpu = figures['ops_per_s'], figures['cpu_us_per_op']
        yield (label, name, f'{ops["median"]:,.0f}', f'{ops["min"]:,.0f}..{ops["max"]:,.0f}',
               f'{cpu["median"]:.2f}', f'{cpu["min"]:.2f}..{cpu["max"]:.2f}',
               f'{figures["user_us_per_op"]["median"]:.2f}',
               f'{figures["system_us_per_op"]["median"]:.2f}',
               f'{figures["p99_ms"]["median"]:.2f}',
               f'{figures["server_busy"]["median"]:.0%}',
               f'{figures["generator_busy"]["median"]:.0%}')
        label = ''


def memory_rows(cell):
    label = f'{cell["value_bytes"]} B values'
    for name, figures in cell['summary'].items():
        whole, less = figures['rss_per_key'], figures['rss_per_key_less_empty']
        yield (label, name, f'{whole["median"]:.1f}', f'{whole["min"]:.1f}..{whole["max"]:.1f}',
               f'{less["median"]:.1f}', f'{less["min"]:.1f}..{less["max"]:.1f}',
               f'{figures["empty_rss_bytes"]["median"] / 2**20:.1f}')
        label = ''


SPEED_HEAD = ('cell', 'server', 'ops/s', 'spread', 'CPU us/op', 'spread', 'user', 'system',
              'p99 ms', 'server', 'generator')
MEMORY_HEAD = ('cell', 'server', 'RSS B/key', 'spread', 'less empty', 'spread', 'empty MiB')
RATIOS = {'speed': (('ops/s', 'ops_per_s'), ('CPU/op', 'cpu_us_per_op')),
          'memory': (('RSS/key', 'rss_per_key'), ('less empty', 'rss_per_key_less_empty'))}


def ratio_rows(result):
    for cell in result['cells']:
        if result['kind'] == 'speed':
            label = f'{cell["test"]} {cell["value_bytes"]} B c={cell["clients"]} ' \
                    f'P={cell["pipeline"]}'
        else:
            label = f'{cell["value_bytes"]} B values'
        ours = next(iter(cell['summary']))
        for peer, ratios in cell['ratios'].items():
            row = [label, f'{ours} : {peer}']
            for _, figure in RATIOS[result['kind']]:
                ratio = ratios[figure]
                row += [f'{ratio["median"]:.3f}', f'{ratio["min"]:.3f}..{ratio["max"]:.3f}']
            yield tuple(row)
            label = ''


def align(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield '  '.join(text.ljust(width) if column < 2 else text.rjust(width)
                        for column, (text, width) in enumerate(zip(row, widths))).rstrip()


def text_report(result):
    speed = result['kind'] == 'speed'
    lines = conditions(result) + ['']
    rows = [SPEED_HEAD if speed else MEMORY_HEAD]
    for cell in result['cells']:
        rows += (speed_rows if speed else memory_rows)(cell)
    lines += align(rows)
    ratios = list(ratio_rows(result))
    if ratios:
        head = ['paired ratios', '']
        for title, _ in RATIOS[result['kind']]:
            head += [title, 'spread']
        lines += [''] + list(align([tuple(head)] + ratios))
    return '\n'.join(lines) + '\n'


# The plot: one panel a figure, one group of bars a cell, one colour a server; a bar is the median,
# its whisker the spread.

PANELS = {
    'speed': (('ops_per_s', 'operations per second (more is better)', '{:,.0f}'),
              ('cpu_us_per_op', 'server CPU, us per operation (less is better)', '{:.2f}')),
    'memory': (('rss_per_key', 'resident bytes per key (less is better)', '{:.0f}'),
               ('rss_per_key_less_empty', 'the same, less the empty server', '{:.0f}')),
}
WIDTH, LEFT, BAR, PANEL_GAP = 960, 190, 15, 44


def svg(result):
    names = list(result['versions'])
    group = BAR * len(names) + 12
    panel_height = group * len(result['cells'])
    panels = PANELS[result['kind']]
    top = 96 + 22
    height = top + len(panels) * (panel_height + PANEL_GAP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
           f'viewBox="0 0 {WIDTH} {height}" {FONT} font-size="12">',
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>']
    for number, line in enumerate(conditions(result)):
        out.append(text(16, 24 + 17 * number, line, size=11, fill='#475569'))
    for number, name in enumerate(names):
        x = LEFT + 170 * number
        out.append(f'<rect x="{x}" y="74" width="12" height="12" fill="{COLOURS[number]}"/>')
        out.append(text(x + 18, 84, f'{name} {result["versions"][name]}'))
    for number, (figure, title, style) in enumerate(panels):
        y = top + number * (panel_height + PANEL_GAP)
        out += panel(result, names, figure, title, style, y, group)
    out.append('</svg>')
    return '\n'.join(out) + '\n'


def panel(result, names, figure, title, style, top, group):
    most = max(cell['summary'][name][figure]['max'] for cell in result['cells'] for name in names)
    scale = (WIDTH - LEFT - 110) / most
    yield text(LEFT, top, title, weight='bold')
    y = top + 14
    for cell in result['cells']:
        label = (f'{cell["test"].upper()} c={cell["clients"]} P={cell["pipeline"]}'
                 if result['kind'] == 'speed' else f'{cell["value_bytes"]} B values')
        yield text(LEFT - 10, y + group / 2 - 2, label, anchor='end')
        for number, name in enumerate(names):
            yield from bar(cell['summary'][name][figure], y + BAR * number, scale, style,
                           COLOURS[number])
        y += group
    yield (f'<line x1="{LEFT}" y1="{top + 10}" x2="{LEFT}" y2="{y - 8}" stroke="#334155"/>')


def bar(value, y, scale, style, colour):
    end = LEFT + value['median'] * scale
    low, high = LEFT + value['min'] * scale, LEFT + value['max'] * scale
    middle = y + (BAR - 3) / 2
    yield (f'<rect x="{LEFT}" y="{y:.1f}" width="{end - LEFT:.1f}" height="{BAR - 3}" '
           f'fill="{colour}"/>')
    yield (f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}M{low:.1f} {middle - 3:.1f}v6'
           f'M{high:.1f} {middle - 3:.1f}v6" stroke="#0f172a" fill="none"/>')
    yield text(max(end, high) + 6, y + BAR - 5, style.format(value['median']), size=11)


def text(x, y, content, size=12, anchor='start', weight='normal', fill='#0f172a'):
    return (f'<text x="{x}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'font-weight="{weight}" fill="{fill}">{escape(content)}</text>')
