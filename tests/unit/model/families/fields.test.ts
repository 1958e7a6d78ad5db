import { beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../../src/errors.ts';
import { FAMILIES } from '../../../../src/model/families/list.ts';
import { modelNotes } from '../../../../src/model/families/notes.ts';
import { parseConfig } from '../../../../src/model/families/parse.ts';
import { unknownFields } from '../../../../src/model/families/shared/field-table.ts';
import { processorEngine } from '../../engine/processor/processor-engine.ts';
import { readFixture, readJson } from '../../read-fixture.ts';
import { type Fixture, logitError, openFixture } from '../fixture.ts';

/** Every field of config.json against transformers; see scripts/fixtures/model/make_fields.py. */

interface Case {
  family: string;
  change: Record<string, unknown>;
  absent?: string[];
  logits?: number[];
  error?: string;
}
const open = (name: string) =>
  openFixture((file) => readFixture(new URL(`../fixtures/${name}/${file}`, import.meta.url)));
const { classes, cases } = await readJson<{ classes: Record<string, string[]>; cases: Case[] }>(
  new URL('../fixtures/fields.json', import.meta.url),
);
const familyNamed = (name: string) =>
  FAMILIES.find(({ modelType }) => modelType === configOf(name).model_type)!;
const names = Object.keys(classes);
const configs = new Map<string, Record<string, unknown>>();
for (const name of names)
  configs.set(name, await readJson(new URL(`../fixtures/${name}/config.json`, import.meta.url)));
const configOf = (name: string) => configs.get(name)!;

function changed({ family, change, absent = [] }: Case): Record<string, unknown> {
  const all = { ...configOf(family), ...change };
  return Object.fromEntries(Object.entries(all).filter(([field]) => !absent.includes(field)));
}

/** Fields that shape the tensors; another value makes config and weights disagree, which is refused. */
const SHAPES =
  'vocab_size hidden_size intermediate_size num_hidden_layers num_attention_heads num_key_value_heads head_dim n_embd n_layer n_head n_inner n_positions attention_bias mlp_bias tie_word_embeddings'.split(
    ' ',
  );
const TOKENS = ['bos_token_id', 'eos_token_id', 'pad_token_id'];

/** What a person is told of such a config: why it is refused, or the notes on it. */
function toldOf(raw: Record<string, unknown>, tensors?: Fixture['tensors']): string {
  try {
    const parsed = parseConfig(raw, tensors);
    return tensors ? modelNotes(parsed, raw, tensors).join() : '';
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
}

describe.each(names)('%s', (name) => {
  const { fields } = familyNamed(name);

  test('every field of transformers’ class is in the table', () => {
    expect(classes[name].filter((field) => !Object.hasOwn(fields, field))).toEqual([]);
  });

  test('every used field is changed in a case, shapes the tensors or names a token', () => {
    const tried = new Set(
      cases
        .filter(({ family }) => family === name)
        .flatMap(({ change, absent = [] }) => [...Object.keys(change), ...absent]),
    );
    const used = Object.keys(fields).filter((field) => fields[field] === 'used');
    const untried = used.filter(
      (field) => !tried.has(field) && !SHAPES.includes(field) && !TOKENS.includes(field),
    );
    // The last position of the rotary tables, of which no number of a short row depends.
    const lengths = ['max_position_embeddings', 'original_max_position_embeddings', 'partial_rotary_factor'];
    expect(untried.filter((field) => !lengths.includes(field) || name === 'llama')).toEqual([]);
  });

  test('a field that is refused is refused at every value but those that are allowed', () => {
    for (const [field, use] of Object.entries(fields)) {
      if (use === 'used' || 'inert' in use) continue;
      for (const value of use.only)
        expect(() => parseConfig({ ...configOf(name), [field]: value }), field).not.toThrow();
      for (const value of [true, 30, 'x'])
        expect(() => parseConfig({ ...configOf(name), [field]: value }), field).toThrow(field);
    }
  });

  test('a field that shapes tensors makes config and weights disagree', async () => {
    const { tensors, config } = await open(name);
    for (const field of SHAPES) {
      if (fields[field] !== 'used' || field === 'tie_word_embeddings') continue;
      // GPT-2's heads divide its width and shape nothing; another number of them is a case of folders.json.
      if (name === 'gpt2' && ['n_head', 'num_attention_heads'].includes(field)) continue;
      const raw = configOf(name);
      const now = raw[field] ?? (field === 'n_inner' ? config.intermediate : null);
      const other = typeof now === 'boolean' ? !now : Number(now ?? 8) * 2;
      // A projection without its bias in the config has one too many in the file, which is told.
      expect(toldOf({ ...raw, [field]: other }, tensors), field).not.toBe('');
    }
  });
});

describe('what is told of a model that is opened all the same', () => {
  const raw = configOf('llama');
  const notes = (change: object, more: readonly string[] = []) => {
    const names = ['model.embed_tokens.weight', ...more];
    const tensors = new Map(names.map((name) => [name, { shape: [97, 32] }]));
    const config = parseConfig({ ...raw, ...change });
    if (more.includes('lm_head.weight')) config.tiedHead = false;
    return modelNotes(config, { ...raw, ...change }, tensors);
  };
  test.each([
    [{ rotary_mode: 'odd' }, 'rotary_mode'],
    [{ rope_parameters: { rope_theta: 1e4, wobble: 2 } }, 'rope_parameters.wobble'],
    [{ sliding_window: 8 }, 'sliding_window'],
  ])('%j', (change, field) => {
    expect(notes(change)).toEqual([expect.stringContaining(field)]);
  });
  test('fields that are off, and what programs note down, are not told', () => {
    expect(notes({ wobble: null, odd: false, none: [], torch_dtype: 'float16', _name_or_path: 'x' })).toEqual(
      [],
    );
  });
  test('a head of its own is used, whatever the config says of tying', async () => {
    const { tensors } = await open('llama');
    const head = tensors.get('model.embed_tokens.weight')!;
    expect(parseConfig(raw, tensors).tiedHead).toBe(true);
    expect(parseConfig(raw, new Map([...tensors, ['lm_head.weight', head]])).tiedHead).toBe(false);
    expect(notes({}, ['lm_head.weight'])).toEqual([expect.stringContaining('lm_head.weight')]);
  });
  test('tensors without a place', () => {
    expect(notes({}, ['model.layers.0.self_attn.q_proj.bias'])).toEqual([
      expect.stringContaining('q_proj.bias'),
    ]);
  });
  test('a share of each head is refused: programs differ in whether they follow it', () => {
    for (const name of ['llama', 'gemma3', 'qwen3'])
      expect(() => parseConfig({ ...configOf(name), partial_rotary_factor: 0.5 })).toThrow(
        'partial_rotary_factor',
      );
  });
});

describe('the logits of each case are PyTorch’s', () => {
  const fixtures = new Map<string, Fixture>();
  beforeAll(async () => {
    for (const name of names) fixtures.set(name, await open(name));
  });

  const logitsOf = async (c: Case) => {
    const f = fixtures.get(c.family)!;
    const config = parseConfig(changed(c), f.tensors);
    const engine = await processorEngine({ ...f, config }, { maxRows: 1, maxLength: 19 });
    const all = await engine.logits(Array.from(f.batches[0].ids.subarray(0, 19)), 0);
    await engine.dispose();
    return all.subarray(18 * config.vocab, 19 * config.vocab);
  };
  const shown = cases.map((c) => ({ ...c, named: `${JSON.stringify(c.change)} without ${c.absent ?? []}` }));

  test.each(shown.filter(({ logits }) => logits))('$family $named', async (c) => {
    expect(logitError(await logitsOf(c), Float32Array.from(c.logits!))).toBeLessThan(2e-5);
  });

  test.each(shown.filter(({ error }) => error))('$family $named: refused, or ignored and told', (c) => {
    const unknown = unknownFields(changed(c), familyNamed(c.family).fields);
    expect(unknown.join() || toldOf(changed(c))).not.toBe('');
  });
});
