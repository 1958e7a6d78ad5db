import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatHash, parseHash } from '../../../../src/app/state/hash.ts';
import { PAGE_DEFAULTS, PRESETS, presetOf, presetSettings } from '../../../../src/app/state/presets.ts';
import { checkedSettings, SETTINGS } from '../../../../src/run/settings/list.ts';

describe('the address', () => {
  test('defaults need no hash', () => {
    expect(formatHash({ device: 'auto', sample: null, settings: PAGE_DEFAULTS }, PAGE_DEFAULTS)).toBe('');
  });

  test('what is written is read again', () => {
    fc.assert(
      fc.property(
        fc.record({
          rank: fc.integer({ min: 1, max: 256 }),
          learningRate: fc.double({ min: 1e-9, max: 1, noNaN: true }),
          steps: fc.option(fc.nat(1000)),
          packing: fc.boolean(),
          rslora: fc.boolean(),
          keep: fc.constantFrom(null, 'best', 'last'),
          schedule: fc.constantFrom('linear', 'cosine', 'constant'),
          targets: fc.option(
            fc.uniqueArray(fc.constantFrom('q_proj', 'c_attn', 'all', 'a&b=c', '50%'), { minLength: 1 }),
          ),
        }),
        fc.constantFrom('auto', 'webgpu', 'wasm'),
        fc.option(fc.constant('extract.jsonl')),
        fc.boolean(),
        (change, device, sample, matrices) => {
          const settings = checkedSettings({ ...PAGE_DEFAULTS, ...change });
          const read = parseHash(formatHash({ device, matrices, sample, settings } as never, PAGE_DEFAULTS));
          expect(read.device).toBe(device);
          expect(read.sample).toBe(sample);
          expect(read.matrices).toBe(matrices);
          expect({ ...PAGE_DEFAULTS, ...read.settings }).toEqual(settings);
        },
      ),
    );
  });

  test.each([
    '#rank=0',
    '#rank=many',
    '#lr=-1',
    '#epochs=1e9',
    '#schedule=sideways',
    '#targets=',
    '#method=vera',
    '#lora-plus-ratio=0.5',
    '#steps=1,000',
  ])('%s falls back to the default', (hash) => expect(parseHash(hash).settings).toEqual({}));

  test('an address of an earlier version means what it meant', () => {
    const address =
      '#rank=16&lr=0.0005&steps=40&packing=true&raw=true&keep=last&targets=q_proj,v_proj&base-dtype=nf4&max-length=512';
    const { settings } = parseHash(address);
    expect(settings).toEqual({
      rank: 16,
      learningRate: 0.0005,
      steps: 40,
      packing: true,
      raw: true,
      keep: 'last',
      targets: ['q_proj', 'v_proj'],
      baseDtype: 'nf4',
      maxLength: 512,
    });
    const state = { device: 'auto', sample: null, settings: { ...PAGE_DEFAULTS, ...settings } } as const;
    expect([...formatHash(state, PAGE_DEFAULTS).slice(1).split('&')].sort()).toEqual(
      address.slice(1).split('&').sort(),
    );
  });

  test('only a name of a sample is taken for one', () => {
    expect(parseHash('#sample=../../etc/passwd').sample).toBeNull();
    expect(parseHash('#sample=my file.jsonl').sample).toBeNull();
  });

  test('a chat template is in it by its name, and none of the person’s own', () => {
    const state = { device: 'auto', sample: null, settings: PAGE_DEFAULTS } as const;
    expect(formatHash({ ...state, chatTemplate: 'alpaca' }, PAGE_DEFAULTS)).toBe('#chat-template=alpaca');
    expect(parseHash('#chat-template=alpaca').chatTemplate).toBe('alpaca');
    expect(parseHash('#chat-template={{ messages }}').chatTemplate).toBeNull();
  });

  test('nothing but known settings is read', () => {
    const { settings } = parseHash('#prompt=secret&file=private.jsonl&rank=4');
    expect(settings).toEqual({ rank: 4 });
    expect(SETTINGS.map(({ flag }) => flag)).not.toContain('prompt');
  });
});

test('each recipe is found again from its settings, and a changed one is none', () => {
  for (const preset of PRESETS) expect(presetOf(presetSettings(preset))).toBe(preset);
  expect(presetOf({ ...PAGE_DEFAULTS, rank: 9 })).toBeNull();
});
