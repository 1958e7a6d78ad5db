import { describe, expect, it } from 'vitest';
import { commandLine, type LabReport, reportHtml, reportJson } from '../../../src/lab/report.ts';

const report: LabReport = {
  title: 'A & <b>',
  findings: ['It <helps>.'],
  sections: [
    {
      title: 'Figures',
      text: ['Of two rows.'],
      table: {
        columns: [{ name: 'Who' }, { name: 'Loss', number: true }],
        rows: [
          ['base <x>', '1.234'],
          ['tuned', null],
        ],
      },
    },
    {
      title: 'Chart',
      chart: {
        scene: {
          width: 10,
          height: 10,
          background: '#fff',
          lines: [{ path: 'M0 0L1 1', color: '#000', width: 1 }],
          words: [],
        },
        about: 'Loss & cost',
      },
    },
  ],
  settings: [['Way', 'sum']],
  seeds: { 'Dropped values': 7 },
  versions: { lowrank: '0.1.0' },
  command: 'npm run --silent merge -- --out "a<b"',
  created: '2026-12-01T17:40:12.000Z',
};

describe('the report of an experiment', () => {
  const html = reportHtml(report);

  it('has findings, tables, charts, settings, seeds, versions and the command, all of it as text', () => {
    expect(html).toContain('<title>A &#38; &#60;b&#62;: a Lowrank report</title>');
    expect(html).toContain('<p>It &#60;helps&#62;.</p>');
    expect(html).toContain('<th scope="col" class="number">Loss</th>');
    expect(html).toContain('<tr><td>base &#60;x&#62;</td><td class="number">1.234</td></tr>');
    expect(html).toContain('<tr><td>tuned</td><td class="number">–</td></tr>');
    expect(html).toContain('aria-label="Loss &#38; cost"');
    expect(html).toContain('<th scope="row">Way</th><td>sum</td>');
    expect(html).toContain('<th scope="row">Dropped values</th><td>7</td>');
    expect(html).toContain('<th scope="row">lowrank</th><td>0.1.0</td>');
    expect(html).toContain('--out &#34;a&#60;b&#34;');
    expect(html).toContain('2026-12-01 17:40 UTC');
  });

  it('needs nothing from elsewhere', () => {
    expect(html).not.toMatch(/<script|<link|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  it('says no heading where nothing stands under it', () => {
    expect(reportHtml({ ...report, seeds: {} })).not.toContain('Seeds');
  });

  it('gives programs its own keys and what every report has', () => {
    expect(reportJson({ rank: 8 }, report)).toEqual({
      rank: 8,
      settings: { Way: 'sum' },
      seeds: { 'Dropped values': 7 },
      versions: { lowrank: '0.1.0' },
      command: 'npm run --silent merge -- --out "a<b"',
      created: '2026-12-01T17:40:12.000Z',
    });
  });
});

describe('the command that repeats it', () => {
  it('is typed as a shell takes it, without what was not given', () => {
    const flags = {
      model: 'bundled',
      adapters: ['a', "b's"],
      weights: [0.5, -1],
      sweep: true,
      json: false,
      rank: undefined,
    };
    expect(commandLine('merge', flags)).toBe(
      "npm run --silent merge -- --model bundled --adapters a 'b'\\''s' --weights 0.5 -1 --sweep",
    );
  });
});
