import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/engine/engine.ts';
import { cosine, FIXTURES, type Fixture, logitError, openFixture } from './fixture.ts';

/** Every family's random model through an engine, against what PyTorch computes from it. */

const SHAPE = { maxRows: 3, maxLength: 19 };

/** What is asked of an engine here. */
export type TestedEngine = Pick<
  Engine,
  | 'setAdapter'
  | 'getAdapter'
  | 'setOptimizer'
  | 'getOptimizer'
  | 'step'
  | 'evaluate'
  | 'logits'
  | 'decode'
  | 'dispose'
>;

export interface Engines {
  /** One file of a fixture's folder. */
  read(name: string, file: string): Promise<Uint8Array>;
  create(f: Fixture, shape: typeof SHAPE): Promise<TestedEngine>;
  /** Largest error of logits and gradients. */
  tolerance: number;
  /** All of them unless said. */
  families?: readonly (typeof FIXTURES)[number][];
  /** Those that take all of PyTorch's 30 steps; the others take the first 5. All unless said. */
  toTheEnd?: readonly (typeof FIXTURES)[number][];
}

export function describeFamilies({
  read,
  create,
  tolerance,
  families = FIXTURES,
  toTheEnd = FIXTURES,
}: Engines): void {
  describe.each(families)('%s against PyTorch', (name) => {
    let f: Fixture;
    let engine: TestedEngine;

    beforeAll(async () => {
      f = await openFixture((file) => read(name, file));
      engine = await create(f, SHAPE);
    });
    afterAll(() => engine.dispose());

    const row = (i: number) => {
      const { ids, length, lengths } = f.batches[0];
      return Array.from(ids.subarray(i * length, i * length + lengths[i]));
    };
    const rowLogits = (all: Float32Array, i: number) => {
      const { length, lengths } = f.batches[0];
      const at = i * length * f.config.vocab;
      return all.subarray(at, at + lengths[i] * f.config.vocab);
    };

    it('computes the logits of the base', async () => {
      for (let i = 0; i < 3; i++) {
        expect(logitError(await engine.logits(row(i), 0), rowLogits(f.logits, i))).toBeLessThan(tolerance);
      }
    });

    it('computes loss, gradient norm and gradients of one batch', async () => {
      await engine.setAdapter(f.initial);
      const { lossSum, tokens } = await engine.evaluate(f.batches[0], 1);
      expect(tokens).toBe(f.first.tokens);
      expect(lossSum / tokens).toBeCloseTo(f.first.loss, 4);
      // With β₁ = 0 and no decay, the first moment after a step is the gradient itself.
      const settings = { ...f.optimizer, beta1: 0, clip: 0, weightDecay: 0 };
      const result = await engine.step([f.batches[0]], 1, settings);
      expect(result.applied).toBe(true);
      expect(result.loss).toBeCloseTo(f.first.loss, 4);
      expect(Math.abs(result.gradNorm / f.first.gradNorm - 1)).toBeLessThan(1e-4);
      const { m } = await engine.getOptimizer();
      let at = 0;
      for (const { path } of f.modules) {
        for (const theirs of [
          f.gradient.values.get(`${path}.lora_A`)!,
          f.gradient.values.get(`${path}.lora_B`)!,
        ]) {
          const ours = m.subarray(at, at + theirs.length);
          expect(logitError(ours, theirs), path).toBeLessThan(tolerance);
          expect(cosine(ours, theirs), path).toBeGreaterThan(0.99999);
          at += theirs.length;
        }
      }
      expect(at).toBe(m.length);
    });

    const whole = toTheEnd.includes(name);
    it(
      whole ? 'follows the 30 losses and ends at the same adapter' : 'follows the first losses',
      async () => {
        await engine.setAdapter(f.initial);
        const { m } = await engine.getOptimizer();
        await engine.setOptimizer({ m: new Float32Array(m.length), v: new Float32Array(m.length) });
        // All are asked for at once, as a trainer asks for the next step before it knows the last one's loss.
        const losses = whole ? f.losses : f.losses.slice(0, 5);
        const steps = losses.map((_, i) =>
          engine.step([f.batches[(2 * i) % 6], f.batches[(2 * i + 1) % 6]], i + 1, f.optimizer),
        );
        for (const [i, theirs] of losses.entries()) {
          const { loss, gradNorm } = await steps[i];
          expect(Math.abs(loss / theirs - 1), `loss of step ${i + 1}`).toBeLessThan(1e-3);
          expect(Math.abs(gradNorm / f.gradNorms[i] - 1), `norm of step ${i + 1}`).toBeLessThan(1e-2);
        }
        if (!whole) return;
        const ours = await engine.getAdapter();
        for (const { path } of f.modules) {
          for (const part of ['lora_A', 'lora_B']) {
            const key = `${path}.${part}`;
            const [start, end] = [f.initial.values.get(key)!, f.final.values.get(key)!];
            const change = (x: Float32Array) => x.map((value, i) => value - start[i]);
            expect(cosine(change(ours.values.get(key)!), change(end)), key).toBeGreaterThan(0.999);
          }
        }
        expect(logitError(await engine.logits(row(0), 1), rowLogits(f.tunedLogits, 0))).toBeLessThan(1e-3);
      },
    );

    it('decodes token by token to the logits of the whole row', async () => {
      await engine.setAdapter(f.final);
      const ids = row(0);
      const session = await engine.decode(ids.length, 1);
      const parts = [ids.slice(0, 7), ids.slice(7, 8), ids.slice(8, 12), ...ids.slice(12).map((id) => [id])];
      let done = 0;
      for (const part of parts) {
        const logits = await session.feed(part);
        done += part.length;
        const { vocab } = f.config;
        const theirs = rowLogits(f.tunedLogits, 0).subarray((done - 1) * vocab, done * vocab);
        expect(logitError(logits, theirs), `after ${done} tokens`).toBeLessThan(tolerance);
      }
      await expect(session.feed([3])).rejects.toThrow(RangeError);
      session.close();
    });
  });
}
