import { describe, expect, it } from 'vitest';
import { padBatch } from '../../../src/data/batches.ts';
import { type Answered, answerLosses } from '../../../src/engine/answer-loss.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { generate, generateEach, type Prompted } from '../../../src/engine/generate.ts';
import { type Fixture, logitError, openFixture } from '../model/fixture.ts';

interface Engines {
  read(name: string, file: string): Promise<Uint8Array>;
  create(f: Fixture, shape: { maxRows: number; maxLength: number }): Promise<Engine>;
  tolerance: number;
  /** All that differ in how positions come in and what is seen, unless said. */
  families?: readonly string[];
}

const FAMILIES = ['llama', 'gemma3', 'gpt2', 'gpt_neox'];

export function describeSideBySide({ read, create, tolerance, families = FAMILIES }: Engines): void {
  describe.each(families)('%s, sequences side by side', (name) => {
    const prepare = async () => {
      const f = await openFixture((file) => read(name, file));
      const engine = await create(f, { maxRows: 3, maxLength: 19 });
      await engine.setAdapter(f.final);
      const { ids, length, lengths } = f.batches[0];
      const row = (i: number) => Array.from(ids.subarray(i * length, i * length + lengths[i]));
      return { f, engine, row };
    };

    it('have the logits of each alone, whatever their lengths', async () => {
      const { f, engine, row } = await prepare();
      const rows = [row(0), row(1).slice(0, 5), row(2)];
      const { vocab } = f.config;
      const whole = await Promise.all(rows.map((ids) => engine.logits(ids, 1)));
      // One place of four stays empty, and the second sequence ends first.
      const session = await engine.decodeBatch!(4, 19, 1);
      const fed = [rows[0].length - 4, 3, rows[2].length - 1];
      let next = rows.map((ids, i) => ids.slice(0, fed[i]));
      let compared = 0;
      while (next.some((ids) => ids.length > 0)) {
        const logits = await session.feed(next);
        next.forEach((ids, i) => {
          if (ids.length === 0) return;
          const theirs = whole[i].subarray((fed[i] - 1) * vocab, fed[i] * vocab);
          expect(logitError(logits[i], theirs), `row ${i} after ${fed[i]} tokens`).toBeLessThan(tolerance);
          compared++;
        });
        next = rows.map((ids, i) => ids.slice(fed[i], fed[i] + 1));
        next.forEach((ids, i) => {
          fed[i] += ids.length;
        });
      }
      expect(compared).toBe(3 + 4 + 2 + 1);
      await expect(session.feed([[], [], row(2)])).rejects.toThrow(RangeError);
      session.close();
      await engine.dispose();
    });

    it('lose as much of known answers as rows of a batch do', async () => {
      const { engine, row } = await prepare();
      const answered: Answered[] = [0, 1, 2, 0, 1].map((i, at) => {
        const ids = row(i).slice(0, 6 + at);
        return { ids, begin: 2 + (at % 3), end: ids.length };
      });
      const whole: { lossSum: number; tokens: number }[] = [];
      for (const { ids, begin } of answered) {
        const labels = Int32Array.from(ids, (id, i) => (i < begin ? -100 : id));
        whole.push(await engine.evaluate(padBatch([{ ids: Int32Array.from(ids), labels, truncated: 0 }]), 1));
      }
      const losses = await answerLosses(engine, answered, { strength: 1, goOn: () => true });
      losses.forEach((loss, i) => {
        expect(loss?.tokens).toBe(whole[i].tokens);
        expect(Math.abs(loss!.lossSum / whole[i].lossSum - 1)).toBeLessThan(tolerance);
      });
      const [given] = await answerLosses(engine, answered.slice(0, 1), { strength: 1, goOn: () => false });
      expect(given).toBeNull();
      await engine.dispose();
    });

    it('are answered as each alone, and others may follow that are longer', async () => {
      const { engine, row } = await prepare();
      const options = { strength: 1, stopIds: [], goOn: () => true };
      for (const maxTokens of [3, 9]) {
        const prompts: Prompted[] = [0, 1, 2, 0, 1].map((i, at) => ({
          ids: row(i).slice(0, 4 + (at % 3)),
          maxTokens: maxTokens - (at % 2),
        }));
        const answers: number[][] = [];
        await generateEach(engine, prompts, options, async (index, ids) => {
          answers[index] = [...ids];
        });
        const alone = [];
        for (const { ids, maxTokens } of prompts)
          alone.push(
            (await generate(engine, ids, { ...options, maxTokens, temperature: 0, topP: 1, seed: 0 })).ids,
          );
        expect(answers).toEqual(alone);
      }
      await engine.dispose();
    });
  });
}
