import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, test } from 'vitest';
import { settingsSection } from '../../../../scripts/headless/commands-page.mjs';
import { trainFlags } from '../../../../scripts/headless/flag-tables.mjs';
import { helpOf, parseFlags } from '../../../../scripts/headless/flags.mjs';
import { SettingField } from '../../../../src/app/setup/setting-field.tsx';
import { formatHash, parseHash } from '../../../../src/app/state/hash.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import * as table from '../../../../src/run/settings/list.ts';
import { number, type Setting } from '../../../../src/run/settings/setting.ts';

describe('a field', () => {
  const field = (key: table.SettingKey) =>
    renderToStaticMarkup(<SettingField setting={table.settingOf(key)} />);

  test('has label, unit, value and help of the table', () => {
    const html = field('maxLength');
    expect(html).toMatch(/<label for="(.*?)">Max length<span[^>]*> tokens<\/span><\/label>.*<input id="\1"/);
    expect(html).toContain('value="256"');
    expect(html).toContain('Longer rows are cut at the end.');
    expect(html).toContain('title="Explain Max length"');
  });

  test('that chooses has a list, and auto where the run may decide', () => {
    expect(field('schedule').match(/<option[^>]*>/g)).toHaveLength(3);
    expect(field('keep')).toContain('<option value="" selected="">auto</option>');
  });

  test('that is typed in shows auto where nothing is set', () => {
    expect(field('steps')).toMatch(/placeholder="auto"[^>]* value=""/);
    expect(field('rank')).not.toContain('placeholder');
  });
});

describe('a setting that is added to the table', () => {
  const added: Setting = {
    key: 'wobble',
    ...number({
      flag: 'wobble-rate',
      label: 'Wobble',
      group: 'optimizer',
      unit: 'turns',
      help: 'How much each step wobbles.',
      min: 0.5,
      max: 2,
      default: 1,
      only: { words: 'on Sundays', holds: () => true },
    }),
  };
  const settings = [...table.SETTINGS, added];

  test('is a field of the page', () => {
    const html = renderToStaticMarkup(<SettingField setting={added} />);
    expect(html).toMatch(/<label for="(.*?)">Wobble<span[^>]*> turns<\/span><\/label><\/span><input id="\1"/);
    expect(html).toContain('value="1"');
    expect(html).toContain('How much each step wobbles.');
  });

  test('is a flag, checked', () => {
    const flags = trainFlags(table, settings);
    const needed = ['--model', 'm', '--data', 'd', '--out', 'o'];
    expect(parseFlags([...needed, '--wobble-rate', '1,5'], flags)).toMatchObject({ 'wobble-rate': 1.5 });
    expect(() => parseFlags([...needed, '--wobble-rate', '3'], flags)).toThrow(
      '--wobble-rate takes a number from 0.5 to 2, not “3”.',
    );
  });

  test('is in the help and in the docs', () => {
    expect(helpOf('train', 'Trains.', trainFlags(table, settings))).toMatch(
      /^ {2}--wobble-rate TURNS +How much each step wobbles \(1\)\. Only on Sundays\.$/m,
    );
    expect(settingsSection(table, settings)).toContain(
      '| `--wobble-rate` | Wobble | a number from 0.5 to 2, in turns | 1 | How much each step wobbles. Only on Sundays. |',
    );
  });

  test('is in the address, both ways', () => {
    const state = (wobble: number) =>
      ({ device: 'auto', sample: null, settings: { ...PAGE_DEFAULTS, wobble } }) as const;
    const defaults = { ...PAGE_DEFAULTS, wobble: 1 };
    expect(formatHash(state(1.5), defaults, settings)).toBe('#wobble-rate=1.5');
    expect(formatHash(state(1), defaults, settings)).toBe('');
    expect(parseHash('#wobble-rate=1.5', settings).settings).toEqual({ wobble: 1.5 });
    expect(parseHash('#wobble-rate=9', settings).settings).toEqual({});
  });
});
