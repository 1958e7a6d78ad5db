import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GLOSSARY, type TermId } from '../../../../src/app/glossary/glossary.ts';
import { termOfFigure, termOfSetting } from '../../../../src/app/glossary/marks.ts';
import { PLAIN_SETTINGS } from '../../../../src/app/glossary/settings.ts';
import { OBJECTIVES } from '../../../../src/objectives/list.ts';
import { SETTINGS } from '../../../../src/run/settings/list.ts';

/** Everything on the page that is named by a term of the field explains itself, or stands here with the reason. */

const APP = 'src/app';
const files = readdirSync(APP, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.tsx'))
  .map((file) => ({ file: file.replaceAll('\\', '/'), text: readFileSync(join(APP, file), 'utf8') }));

/** What names something, by the file that it stands in: a heading, the name of a fact, of a figure, of a chart. */
function namings({ file, text }: (typeof files)[number]): { at: string; marked: boolean }[] {
  const found: { at: string; marked: boolean }[] = [];
  const add = (name: string, marked: boolean) =>
    found.push({ at: `${file}: ${name.replace(/\s+/g, ' ').trim()}`, marked });
  for (const [whole, , inner] of text.matchAll(/<(h[23]|dt)\b[^>]*>([\s\S]*?)<\/\1>/g)) {
    const words = inner.replace(/<span>[\s\S]*?<\/span>|<[^>]*>|\{' '\}/g, ' ');
    add(words, /<Term\b|<Explained\b/.test(whole));
  }
  for (const [whole] of text.matchAll(/<(?:Figure|Small|Slider)\n?\s[^>]*>/g)) {
    const [, name = whole] = /(?:label|title)=("[^"]*"|\{[^}]*\})/.exec(whole) ?? [];
    add(name.replaceAll('"', ''), /\bterm=(?!\{null\})|\{\.\.\.common\}/.test(whole));
  }
  return found;
}

const NOT_A_TERM = 'no term of the field';
const EXPLAINED_BELOW = 'the sentence below it says what it is';
const THE_PERSONS = 'words of the person’s own';

const EXEMPT: Readonly<Record<string, string>> = {
  'answers/compare-tab.tsx: “{beginning(exchange.prompt)}”': THE_PERSONS,
  'answers/data-tab.tsx: Row {count(index + 1)}': NOT_A_TERM,
  'answers/learned-from.tsx: By words': NOT_A_TERM,
  'answers/lines-aside.tsx: Skipped lines': EXPLAINED_BELOW,
  'answers/need.tsx: Is training what you need?': EXPLAINED_BELOW,
  'answers/need.tsx: {name}': 'base and examples, as the sentence below them says',
  'answers/question.tsx: “{shown}”': THE_PERSONS,
  'answers/row-losses.tsx: {label}': NOT_A_TERM,
  'answers/row-tokens.tsx: {label} answer': NOT_A_TERM,
  'help/help-dialog.tsx: {question}': EXPLAINED_BELOW,
  'distil/distil.tsx: Does a smaller model learn it?': EXPLAINED_BELOW,
  'distil/made-rows.tsx: Made rows': 'the table below shows them',
  'frontier/chart.tsx: Quality against cost': 'the axes of the chart below name both',
  'frontier/frontier.tsx: Which model is enough?': EXPLAINED_BELOW,
  'ladder/apart.tsx: Taken apart': EXPLAINED_BELOW,
  'ladder/answers.tsx: What each rung said': NOT_A_TERM,
  'ladder/answers.tsx: Right': NOT_A_TERM,
  'ladder/answers.tsx: {rungOf(name).label}': 'the rungs, which are marked in the table above',
  'ladder/ladder.tsx: Is training what you need?': EXPLAINED_BELOW,
  'run/ask-first.tsx: Ask what you have trained': NOT_A_TERM,
  'run/ask-first.tsx: What next?': NOT_A_TERM,
  'run/first-visit.tsx: Teach a small language model your style, right here in your browser.': NOT_A_TERM,
  'run/headline.tsx: Time left': NOT_A_TERM,
  'run/held-out-table.tsx: {name}': 'the columns of the table, whose heading is marked',
  'setup/columns.tsx: {label}': THE_PERSONS,
  'setup/downloads.tsx: Kept in this browser': NOT_A_TERM,
  'setup/card.tsx: {props.label}': NOT_A_TERM,
  'setup/model-card.tsx: Licence': NOT_A_TERM,
  'setup/precision.tsx: Largest': 'the rounding error, which is marked above it',
  'setup/precision.tsx: Weights': 'how many bytes they take, in words',
  'setup/recommended-list.tsx: From the hub': NOT_A_TERM,
  'tasks/tasks.tsx: How should it learn several tasks?': EXPLAINED_BELOW,
  'take/parts.tsx: {props.title}': NOT_A_TERM,
  'take/recital.tsx: Can it recite your data?': EXPLAINED_BELOW,
  'take/take-away.tsx: Export': NOT_A_TERM,
};

describe('the glossary', () => {
  const said = Object.entries(GLOSSARY);

  it.each(said)('%s is a sentence or two that end', (_, { title, text }) => {
    expect(title).toMatch(/^\p{Lu}/u);
    expect(text).toMatch(/^[\p{Lu}‖].*\.$/u);
    // What a small panel holds.
    expect(text.length).toBeLessThanOrEqual(260);
  });

  it('has every setting, or the reason why not', () => {
    const missing = SETTINGS.filter(({ key }) => termOfSetting(key) === null).map(({ key }) => key);
    expect([...missing].sort()).toEqual(Object.keys(PLAIN_SETTINGS).sort());
    for (const { key } of SETTINGS) expect(termOfSetting(key) ?? key in PLAIN_SETTINGS, key).toBeTruthy();
    expect(termOfSetting('toString')).toBeNull();
    for (const { key } of SETTINGS) {
      const term = termOfSetting(key);
      if (term) expect(GLOSSARY, key).toHaveProperty(term);
    }
  });

  it('has every figure that an objective tells', () => {
    const settings = {
      ...{ beta: 1, gamma: 0, nllWeight: 1, distilTop: 1, distilWeight: 1 },
      nllTokens: 'answer' as const,
    };
    for (const make of Object.values(OBJECTIVES))
      for (const { key, label } of (typeof make === 'function' ? make(settings) : make).figures)
        expect(termOfFigure(key), label).not.toBeNull();
  });

  it('has no entry that nothing leads to', () => {
    const settings = new Set<string>(SETTINGS.map(({ key }) => key));
    const sources =
      files.map(({ text }) => text).join('\n') + readFileSync(join(APP, 'glossary/marks.ts'), 'utf8');
    const unused = (Object.keys(GLOSSARY) as TermId[]).filter(
      (term) => !settings.has(term) && !new RegExp(`["']${term}["']`).test(sources),
    );
    expect(unused).toEqual([]);
  });
});

describe('what names something on the page', () => {
  const all = files.flatMap(namings);

  it('is found', () => {
    const names = all.map(({ at }) => at);
    expect(names).toContain('run/headline.tsx: Held-out');
    expect(names).toContain('run/small-charts.tsx: Gradient norm');
    expect(names).toContain('setup/model-card.tsx: Vocabulary');
    expect(names).toContain('run/held-out-table.tsx: Held-out rows');
  });

  it('explains itself, or stands in the list of those that need not', () => {
    const silent = all.filter(({ at, marked }) => !marked && !(at in EXEMPT)).map(({ at }) => at);
    expect(silent, 'mark them with <Term>, or say in EXEMPT why they need no explanation').toEqual([]);
  });

  it('is not exempt once it is marked or gone', () => {
    const open = all.filter(({ marked }) => !marked).map(({ at }) => at);
    expect(Object.keys(EXEMPT).filter((at) => !open.includes(at))).toEqual([]);
  });
});
