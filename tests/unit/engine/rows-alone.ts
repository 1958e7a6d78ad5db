import { describe, expect, it } from 'vitest';
import { packedBatch, padBatch } from '../../../src/data/batches.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { tokenLosses } from '../../../src/engine/token-losses.ts';
import { initialAdapter, joinValues, sitesOf } from '../../../src/methods/parameters.ts';
import type { AdapterSettings, AdapterWeights } from '../../../src/methods/types.ts';
import { examplesOf } from '../model/examples-of.ts';
import { type Fixture, logitError, openFixture } from '../model/fixture.ts';

/** What is asked of single rows: the loss of each token, and the gradient. On any engine. */

const SHAPE = { maxRows: 3, maxLength: 32 };

type Model = Omit<Fixture, 'adapterSettings'> & { adapterSettings: AdapterSettings };

export interface RowEngines {
  read(name: string, file: string): Promise<Uint8Array>;
  create(f: Model, shape: typeof SHAPE, options: { packing: boolean }): Promise<Engine>;
  tolerance: number;
}

const METHODS: readonly (readonly [name: string, change: (of: Fixture) => AdapterSettings])[] = [
  ['LoRA', ({ adapterSettings }) => adapterSettings],
  ['DoRA', ({ adapterSettings }) => ({ ...adapterSettings, method: 'dora' })],
  ['prompt tuning', () => ({ method: 'prompt', virtualTokens: 5 })],
  ['prefix tuning', () => ({ method: 'prefix', virtualTokens: 5 })],
];

export function describeRowsAlone({ read, create, tolerance }: RowEngines): void {
  describe.each(METHODS)('rows by themselves, %s', (_, settingsOf) => {
    const prepare = async (packing = false) => {
      const fixture = await openFixture((file) => read('llama', file));
      const adapterSettings = settingsOf(fixture);
      const f = { ...fixture, adapterSettings, modules: sitesOf(fixture.config, adapterSettings) };
      const engine = await create(f, SHAPE, { packing });
      await engine.setAdapter(initialAdapter(engine.modules, adapterSettings, 1));
      await engine.setAdapter(moved(await engine.getAdapter()));
      return { f, engine, examples: examplesOf(f.batches[0]) };
    };

    it.each([false, true])(
      'the mean over a row’s tokens is what the engine has for the row, alone and beside others (packed: %s)',
      async (packing) => {
        const { engine, examples } = await prepare(packing);
        // One row is cut in the middle of its answer, one is learned from its very beginning.
        const rows = examples.map(({ ids, labels }, i) => {
          const length = i === 1 ? ids.length - 3 : ids.length;
          const own = i === 2 ? ids : labels;
          return { ids: ids.slice(0, length), labels: own.slice(0, length), truncated: i === 1 ? 3 : 0 };
        });
        for (const strength of [0, 0.5, 1]) {
          let all = 0;
          for (const row of rows) {
            const losses = await tokenLosses(engine, row, strength);
            expect(losses).toHaveLength(row.ids.length);
            const taken = [...losses].filter((loss) => !Number.isNaN(loss));
            const sum = taken.reduce((a, b) => a + b, 0);
            const { lossSum, tokens } = await engine.evaluate(padBatch([row]), strength);
            expect(taken).toHaveLength(tokens);
            expect(tokens).toBeGreaterThan(0);
            expect(Math.abs(sum / lossSum - 1)).toBeLessThan(tolerance);
            expect(losses[0]).toBeNaN();
            all += sum;
          }
          const batch = packing ? packedBatch(rows, SHAPE.maxLength) : padBatch(rows);
          expect(Math.abs((await engine.evaluate(batch, strength)).lossSum / all - 1)).toBeLessThan(
            tolerance,
          );
        }
        const [base, tuned] = [await tokenLosses(engine, rows[0], 0), await tokenLosses(engine, rows[0], 1)];
        expect(tuned).not.toEqual(base);
        await engine.dispose();
      },
    );

    it('the gradient of a row is what a step goes along, and leaves no trace', async () => {
      const { f, engine, examples } = await prepare();
      const still = { ...f.optimizer, beta1: 0, clip: 0, weightDecay: 0, learningRate: 0 };
      const before = joinValues(await engine.getAdapter());
      for (const example of examples.slice(0, 2)) {
        const batch = padBatch([example]);
        const ours = await engine.gradient!(batch);
        await engine.step([batch], 1, still);
        const { m } = await engine.getOptimizer();
        expect(Math.hypot(...m)).toBeGreaterThan(1e-3);
        expect(logitError(ours, m)).toBeLessThan(1e-6);
        expect(await engine.gradient!(batch)).toEqual(ours);
      }
      expect(joinValues(await engine.getAdapter())).toEqual(before);
      await engine.dispose();
    });
  });
}

/** An adapter that is no start: every value a little off. */
function moved({ values, ...rest }: AdapterWeights): AdapterWeights {
  let at = 0;
  return {
    ...rest,
    values: new Map(
      [...values].map(([key, own]) => [key, own.map((value) => value + 0.05 * Math.sin(12.9898 * ++at))]),
    ),
  };
}
