/** Numbers as the page writes them: units, thin groups, no more digits than mean something. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value);
}

/** Loss to three decimals; large ones to fewer. */
export function loss(value: number): string {
  if (!Number.isFinite(value)) return 'not a number';
  return value >= 100 ? value.toFixed(1) : value.toFixed(3);
}

/** Bytes in powers of 1000, as operating systems' file lists and GPU vendors give them. */
export function bytes(value: number): string {
  if (value < 1e3) return `${value} B`;
  const [size, unit] = value < 1e6 ? [1e3, 'kB'] : value < 1e9 ? [1e6, 'MB'] : [1e9, 'GB'];
  const scaled = value / size;
  return `${scaled < 9.95 && unit !== 'kB' ? scaled.toFixed(1) : Math.round(scaled)} ${unit}`;
}

/** Parts of a total in the total's unit, which stands there already: 44, 0.3 and 25 of 70 MB. */
export function bytesLike(total: number): (value: number) => string {
  const unit = bytes(total).split(' ')[1];
  const size = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[unit] ?? 1;
  return (value) => {
    const scaled = value / size;
    if (scaled === 0 || scaled >= 9.95) return String(Math.round(scaled));
    return scaled < 0.1 ? '< 0.1' : scaled.toFixed(1);
  };
}

/** A licence's id as it is written in texts; model hubs write it in lower case. */
export function licenceName(id: string): string {
  const known: Record<string, string> = { mit: 'MIT', 'apache-2.0': 'Apache-2.0' };
  return known[id] ?? id;
}

/** Numbers of parameters: 5.4 M, 921,600. No line ends before the letter, which says nothing by itself. */
export function parameters(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(1)}\u00a0B`;
  if (value >= 1e6) return `${value >= 1e8 ? Math.round(value / 1e6) : (value / 1e6).toFixed(1)}\u00a0M`;
  return count(value);
}

/** Time as people say it: 40 s, 3 min 10 s, 2 h 5 min. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '—';
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min ${total % 60} s`;
  return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`;
}

export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 || value === 0 ? Math.round(value) : value >= 1 ? value.toFixed(1) : value.toFixed(2)} %`;
}

/** Small numbers as the field writes them: 0.001, 8.2e-4. */
export function small(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e4) return String(Number(value.toPrecision(3)));
  return value.toExponential(1).replace('e+', 'e');
}

/** Any number with its unit. */
export function figure(value: number, unit?: string): string {
  if (!Number.isFinite(value)) return 'not a number';
  return unit ? `${small(value)} ${unit}` : small(value);
}

/** The beginning of a text, for a place with little room: cut between characters as people see them. */
export function beginning(text: string, most = 300): string {
  if (text.length <= most) return text;
  let end = 0;
  for (const { index } of characters.segment(text.slice(0, most + 1))) end = index;
  return `${text.slice(0, end).trimEnd()}…`;
}

/** A long file name without its middle: how it begins and what it ends in tell it from others. */
export function shortName(name: string, most = 40): string {
  const parts = [...characters.segment(name)].map(({ segment }) => segment);
  if (parts.length <= most) return name;
  const tail = Math.floor(most / 3);
  return `${parts.slice(0, most - tail - 1).join('')}…${parts.slice(-tail).join('')}`;
}

const characters = new Intl.Segmenter();

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
