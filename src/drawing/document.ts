import { escaped } from './scene.ts';

/** A page of HTML that needs nothing beside it: no script, no font, no picture from elsewhere. */

/** @param body HTML */
export function htmlDocument({ title, body }: { title: string; body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

/** Names and what they are, in text. */
export type Pairs = readonly (readonly [name: string, value: string])[];

/** A table with a name at the head of each row. */
export function pairTable(pairs: Pairs): string {
  const rows = pairs.map(
    ([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return `<table>${rows.join('\n')}</table>`;
}

const STYLE = `
body { font: 14px/1.5 Inter, system-ui, sans-serif; color: #1c1c1a; max-width: 920px; margin: 32px auto; padding: 0 16px; }
h1 { font-size: 24px; margin: 0; }
h2 { font-size: 15px; margin: 28px 0 8px; }
h3 { font-size: 14px; margin: 16px 0 4px; }
figure { break-inside: avoid; margin: 0; border: 1px solid #e5e4df; border-radius: 6px; overflow: hidden; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; margin-top: 12px; }
svg { display: block; width: 100%; height: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; font-weight: 400; padding: 5px 12px 5px 0; border-bottom: 1px solid #efeeea; vertical-align: top; overflow-wrap: anywhere; }
th[scope="row"] { color: #5f5e59; width: 220px; }
.rows th { color: #5f5e59; overflow-wrap: normal; width: auto; }
.number { white-space: nowrap; overflow-wrap: normal; width: 1%; font-variant-numeric: tabular-nums; }
.figures .number { text-align: right; padding-left: 12px; }
pre { font: 12px/1.5 "JetBrains Mono", ui-monospace, monospace; background: #f7f7f5; border: 1px solid #e5e4df; border-radius: 6px; padding: 8px 12px; white-space: pre-wrap; overflow-wrap: anywhere; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
.faint { color: #6f6e68; }
`;
