import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, describe, expect, test } from 'vitest';
import { RowTokens } from '../../../../src/app/answers/row-tokens.tsx';
import { Objective } from '../../../../src/app/setup/objective.tsx';
import {
  ofObjective,
  PAGE_DEFAULTS,
  PRESETS,
  presetOf,
  presetSettings,
} from '../../../../src/app/state/presets.ts';
import { type AppState, useApp } from '../../../../src/app/state/store.ts';
import type { DataReport, PreviewToken, RowPreview } from '../../../../src/data/types.ts';
import { OBJECTIVE_NAMES } from '../../../../src/objectives/names.ts';
import { type RunSettings, settingsOfObjective } from '../../../../src/run/settings/list.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

/** Rendered outside a page, the store shows how it began. */
const start = useApp.getInitialState();
const setApp = (state: Partial<AppState>) => void Object.assign(start, state);
afterEach(() => setApp({ data: null, settings: PAGE_DEFAULTS }));

const data = (calledFor: DataReport['calledFor'], used = 3) => ({ used, calledFor }) as DataReport;
const markup = () => renderToStaticMarkup(<Objective />);
const chosen = (html: string) => /<option value="([a-z]*)" selected="">([^<]*)</.exec(html)?.slice(1);

describe('the choice of an objective', () => {
  test('says what the rows call for, and why', () => {
    expect(chosen(markup())).toEqual(['', 'auto']);
    for (const [kind, label, why] of [
      ['answers', 'Supervised', ''],
      ['pairs', 'DPO', 'The rows are pairs of answers'],
      ['verdicts', 'KTO', 'Supervised leaves the bad ones out'],
    ] as const) {
      setApp({ data: data(kind) });
      expect(chosen(markup())).toEqual(['', `auto: ${label}`]);
      expect(markup()).toContain(why);
    }
  });

  test('says which objectives the rows are for, where another is chosen', () => {
    const said = (objective: (typeof OBJECTIVE_NAMES)[number]['value'], kind: DataReport['calledFor']) => {
      setApp({ settings: { ...PAGE_DEFAULTS, objective }, data: data(kind, 0) });
      return /The rows that are open are for (.*?)\./.exec(markup())?.[1];
    };
    expect(said('sft', 'pairs')).toBe('DPO, IPO, ORPO or SimPO');
    expect(said('dpo', 'answers')).toBe('Supervised, DFT, Distillation or Prompt baking');
    expect(said('dpo', 'verdicts')).toBe('KTO');
    for (const [objective, kind] of [
      ['ipo', 'pairs'],
      ['dft', 'answers'],
      ['sft', 'verdicts'],
      ['kto', 'verdicts'],
    ] as const)
      expect(said(objective, kind)).toBeUndefined();
  });

  test('has a sentence on when to take each, and shows the settings that count for it', () => {
    for (const { value, about } of OBJECTIVE_NAMES) {
      setApp({ settings: { ...PAGE_DEFAULTS, objective: value } });
      const html = markup();
      expect(chosen(html)?.[0]).toBe(value);
      expect(html).toContain(about);
      const shown = settingsOfObjective(value);
      for (const { label } of shown) expect(html).toContain(`>${label}</label>`);
      expect(html.match(/<label/g)).toHaveLength(1 + shown.length + (value === 'distil' ? 1 : 0));
    }
    expect(settingsOfObjective('simpo').map(({ key }) => key)).toEqual([
      'beta',
      'gamma',
      'nllWeight',
      'nllTokens',
    ]);
    expect(settingsOfObjective('dpo').map(({ key }) => key)).toEqual(['beta']);
    expect(settingsOfObjective('sft')).toEqual([]);
  });

  test('is no part of a preset', () => {
    const settings = {
      ...presetSettings(PRESETS[1]),
      ...ofObjective({ ...PAGE_DEFAULTS, objective: 'ipo', beta: 0.5 }),
    };
    expect(presetOf(settings)?.id).toBe(PRESETS[1].id);
  });

  test('keeps all that it was told where a preset is taken', () => {
    for (const { value } of OBJECTIVE_NAMES)
      for (const setting of settingsOfObjective(value))
        expect(Object.keys(ofObjective(PAGE_DEFAULTS)), setting.key).toContain(setting.key);
    const told: RunSettings = { ...PAGE_DEFAULTS, objective: 'bake', teacherPrompt: 'Speak like a pirate.' };
    const taken = { ...presetSettings(PRESETS[1]), ...ofObjective(told) };
    expect(taken).toMatchObject({ objective: 'bake', teacherPrompt: 'Speak like a pirate.', rank: 16 });
    expect(presetOf(taken)?.id).toBe(PRESETS[1].id);
  });
});

test('a pair is shown side by side, what both answers have in common apart from what decides', () => {
  const token = (id: number, kind: PreviewToken['kind']): PreviewToken => ({ id, text: `t${id}`, kind });
  const prompt = [token(1, 'template'), token(2, 'context')];
  const row = {
    tokens: [...prompt, token(3, 'trained'), token(4, 'trained')],
    rejected: {
      answer: '',
      tokens: [...prompt, token(3, 'trained'), token(5, 'trained'), token(6, 'trained')],
    },
  } as RowPreview;
  const html = renderToStaticMarkup(<RowTokens row={row} failed={false} />);
  expect(html.match(/aria-label="Tokens of the (better|worse) answer"/g)).toHaveLength(2);
  expect(html.match(/the same in both answers/g)).toHaveLength(2);
  const titles = [...html.matchAll(/title="(.*?)"/g)].map(([, title]) => title);
  expect(titles.filter((title) => title.startsWith('token 3'))).toEqual(
    Array(2).fill('token 3, the same in both answers'),
  );
  expect(titles).toContain('token 4');
  expect(titles).toContain('token 6');
});
