/** The figures as tables in Markdown: for people, and for docs/benchmarks.md as they stand. */

/**
 * @typedef {object} NvidiaRow
 * @property {string} name
 * @property {import('./nvcc.mjs').Figures} sm_80
 * @property {import('./nvcc.mjs').Figures} sm_90
 * @property {import('./banks.mjs').Cost[]} accesses
 */

/** @typedef {import('./loop.mjs').Body} Body */

export function nvidiaTable(/** @type {readonly NvidiaRow[]} */ rows) {
  const lines = rows.map((row) => [
    row.name,
    both(row, ({ registers, spilled }) => `${registers}${spilled ? ` + ${spilled} bytes` : ''}`),
    both(row, ({ shared }) => shared),
    both(row, ({ occupancy }) => percent(occupancy.share)),
    both(row, ({ loop }) => share(loop)),
    both(row, ({ loop }) => widths(loop.sharedLoads)),
    both(row, ({ loop }) => widths(loop.globalLoads)),
    both(row, ({ loop }) => loop.integer),
    worst(row.accesses, 'shared'),
    worst(row.accesses, 'global'),
  ]);
  const head = ['kernel', 'registers', 'shared', 'occupancy', 'FFMA of loop', 'LDS', 'LDG', 'integer'];
  return table([...head, 'bank cycles', 'global bytes'], lines);
}

export function amdTable(
  /** @type {readonly { name: string, figures: import('./amd.mjs').AmdFigures | null }[]} */ rows,
) {
  const lines = rows.map(({ name, figures: f }) =>
    f === null
      ? [name]
      : [
          ...[name, `${f.registers}${f.spilled ? ` + ${f.spilled} spilled` : ''}`, f.shared, f.waves],
          ...[
            share(f.loop),
            widths(f.loop.sharedLoads),
            widths(f.loop.globalLoads),
            f.loop.integer,
            f.codeBytes,
          ],
        ],
  );
  const head = [
    'kernel',
    'registers',
    'shared',
    'waves',
    'FMA of loop',
    'LDS',
    'loads',
    'integer',
    'code bytes',
  ];
  return table(head, lines);
}

export function intelTable(
  /** @type {readonly { name: string, figures: import('./intel.mjs').IntelFigures | null }[]} */ rows,
) {
  const lines = rows.map(({ name, figures: f }) =>
    f === null
      ? [name]
      : [
          ...[name, f.lanes, f.instructions, `${f.spills}:${f.fills}`, share(f.loop), f.loop.spills],
          ...[f.loop.integer, Math.round(f.cycles / f.lanes)],
        ],
  );
  const head = [
    'kernel',
    'lanes',
    'instructions',
    'spills:fills',
    'mad of loop',
    'spills in loop',
    'integer',
  ];
  return table([...head, 'cycles a lane'], lines);
}

function table(/** @type {string[]} */ head, /** @type {(string | number)[][]} */ lines) {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** The value on both architectures, once where they agree. */
function both(
  /** @type {NvidiaRow} */ row,
  /** @type {(figures: NvidiaRow['sm_80']) => string | number} */ of,
) {
  const [first, second] = [String(of(row.sm_80)), String(of(row.sm_90))];
  return first === second ? first : `${first} / ${second}`;
}

const percent = (/** @type {number} */ part) => `${Math.round(100 * part)} %`;
const share = (/** @type {Body} */ { fused, instructions }) =>
  `${fused} of ${instructions}, ${percent(fused / instructions)}`;

function widths(/** @type {Record<string, number>} */ counts) {
  const parts = Object.entries(counts).map(([bits, count]) => `${count} × ${bits}`);
  return parts.length > 0 ? parts.join(', ') : '–';
}

/** Arrays of which an access takes more cycles or bytes than it must, read and written apart. */
function worst(/** @type {readonly import('./banks.mjs').Cost[]} */ accesses, /** @type {string} */ space) {
  /** @type {Map<string, number>} */
  const most = new Map();
  for (const { array, store, times, ...access } of accesses) {
    if (access.space !== space || times < 1.01) continue;
    const key = `${array}${store ? ' written' : ''}`;
    most.set(key, Math.max(most.get(key) ?? 0, times));
  }
  if (most.size === 0) return '1×';
  return [...most].map(([key, times]) => `${key} ${Number(times.toFixed(2))}×`).join(', ');
}
