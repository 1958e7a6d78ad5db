import { describe, expect, test } from 'vitest';
import type { AdapterWeights } from '../../../../src/methods/types.ts';
import type { RunRecord } from '../../../../src/run/record.ts';
import type { EngineNeed } from '../../../../src/worker/compute/engine-need.ts';
import { Shelf } from '../../../../src/worker/compute/shelf.ts';

const adapter = (value: number): AdapterWeights => ({
  settings: { rank: 1, alpha: 1, dropout: 0, targets: ['q_proj'] },
  modules: [{ path: 'q', layer: 0, target: 'q_proj', in: 1, out: 1 }],
  values: new Map([
    ['q.lora_A', Float32Array.of(value)],
    ['q.lora_B', Float32Array.of(value)],
  ]),
});
const need = { device: 'wasm' } as EngineNeed;
const record = { seed: 3 } as RunRecord;
const firstOf = (shelf: Shelf, id: string) => shelf.whole(id).weights.values.get('q.lora_A')![0];

describe('adapters by id', () => {
  test('from files and from runs lie side by side', () => {
    const shelf = new Shelf();
    const [first, second] = [shelf.putFile(adapter(1), null), shelf.putFile(adapter(2), record)];
    const run = shelf.beginRun(need);
    shelf.endRun(run, adapter(3), record);
    expect([first, second, run].map((id) => firstOf(shelf, id))).toEqual([1, 2, 3]);
    expect(shelf.get(second).record).toBe(record);
    expect(shelf.get(first).need).toBeNull();
    const dated = shelf.putFile(adapter(4), { ...record, template_date: '2026-03-04T15:06:07' });
    expect([first, dated].map((id) => shelf.get(id).date)).toEqual([null, '2026-03-04T15:06:07']);
    expect(shelf.get(run).need).toBe(need);
    shelf.remove(first);
    expect(() => shelf.get(first)).toThrow(expect.objectContaining({ code: 'no-adapter' }));
    expect(firstOf(shelf, second)).toBe(2);
  });

  test('one that still trains is there, but not to be exported', () => {
    const shelf = new Shelf();
    const run = shelf.beginRun(need);
    expect(shelf.get(run).origin).toBe('training');
    expect(() => shelf.whole(run)).toThrow(expect.objectContaining({ code: 'busy' }));
    shelf.snapshot(5, adapter(5));
    // While a run trains its adapter must not be exchanged.
    expect(shelf.steps(run)).toEqual([]);
    expect(() => shelf.whole(`${run}@5`)).toThrow(expect.objectContaining({ code: 'no-snapshot' }));
  });

  test('a step of the latest run has its own id; another run ends those of the one before', () => {
    const shelf = new Shelf();
    const run = shelf.beginRun(need);
    for (const step of [0, 5, 10]) shelf.snapshot(step, adapter(step));
    shelf.endRun(run, adapter(12), record);
    expect(shelf.steps(run)).toEqual([0, 5, 10]);
    expect(firstOf(shelf, `${run}@5`)).toBe(5);
    expect(shelf.whole(`${run}@5`)).toMatchObject({ origin: 'step', record, need });
    expect(() => shelf.whole(`${run}@6`)).toThrow(expect.objectContaining({ code: 'no-snapshot' }));
    const next = shelf.beginRun(need);
    shelf.endRun(next, adapter(20), record);
    expect(shelf.steps(run)).toEqual([]);
    expect(() => shelf.whole(`${run}@5`)).toThrow(expect.objectContaining({ code: 'no-snapshot' }));
    expect([firstOf(shelf, run), firstOf(shelf, next)]).toEqual([12, 20]);
  });

  test('a short run beside it leaves the steps of a run and all other runs as they are', () => {
    const shelf = new Shelf();
    const runs = Array.from({ length: 8 }, (_, i) => {
      const id = shelf.beginRun(need);
      shelf.snapshot(5, adapter(i));
      shelf.endRun(id, adapter(10 + i), record);
      return id;
    });
    const latest = runs[7];
    const aside = shelf.beginRun(need, null, true);
    expect(shelf.get(aside).origin).toBe('training');
    shelf.endRun(aside, adapter(20), record);
    expect(firstOf(shelf, aside)).toBe(20);
    expect(shelf.steps(aside)).toEqual([]);
    expect(shelf.steps(latest)).toEqual([5]);
    expect(runs.map((id) => firstOf(shelf, id))).toEqual(runs.map((_, i) => 10 + i));
    shelf.remove(aside);
    expect(firstOf(shelf, `${latest}@5`)).toBe(7);
  });

  test('the base alone is asked on the engine of the adapter that was trained or asked last, while that is there', () => {
    const shelf = new Shelf();
    expect(shelf.asked).toBeNull();
    const file = shelf.putFile(adapter(1), null);
    const run = shelf.beginRun(need);
    expect(shelf.asked).toBeNull();
    shelf.endRun(run, adapter(2), record);
    expect(shelf.asked).toMatchObject({ id: run, need });
    shelf.ask(file);
    expect(shelf.asked).toMatchObject({ id: file, need: null });
    shelf.ask(`${run}@5`);
    expect(shelf.asked).toMatchObject({ id: run, need });
    shelf.remove(run);
    expect(shelf.asked).toBeNull();
    shelf.ask(file);
    shelf.clear();
    expect(shelf.asked).toBeNull();
  });

  test('of many runs the latest eight stay, and files always', () => {
    const shelf = new Shelf();
    const file = shelf.putFile(adapter(1), null);
    const runs = Array.from({ length: 10 }, (_, i) => {
      const id = shelf.beginRun(need);
      shelf.endRun(id, adapter(i), record);
      return id;
    });
    const kept = runs.filter((id) => {
      try {
        return shelf.whole(id);
      } catch {
        return false;
      }
    });
    expect(kept).toEqual(runs.slice(2));
    expect(firstOf(shelf, file)).toBe(1);
    shelf.clear();
    expect(() => shelf.get(file)).toThrow(expect.objectContaining({ code: 'no-adapter' }));
  });

  test('large adapters of earlier runs go, the latest stays whatever its size', () => {
    const shelf = new Shelf();
    const large = (): AdapterWeights => {
      const weights = adapter(1);
      weights.values.set('q.lora_A', new Float32Array(10e6));
      return weights;
    };
    const runs = Array.from({ length: 3 }, () => {
      const id = shelf.beginRun(need);
      shelf.endRun(id, large(), record);
      return id;
    });
    for (const id of runs.slice(0, 2))
      expect(() => shelf.get(id)).toThrow(expect.objectContaining({ code: 'no-adapter' }));
    expect(firstOf(shelf, runs[2])).toBe(0);
  });

  test('a run that the person has put in place stays however many follow, until it is removed', () => {
    const shelf = new Shelf();
    const trained = () => {
      const id = shelf.beginRun(need);
      shelf.endRun(id, adapter(1), record);
      return id;
    };
    const [gone, held] = [trained(), trained()];
    shelf.hold(held);
    for (let i = 0; i < 8; i++) trained();
    expect(() => shelf.get(gone)).toThrow(expect.objectContaining({ code: 'no-adapter' }));
    expect(firstOf(shelf, held)).toBe(1);
    shelf.remove(held);
    expect(() => shelf.get(held)).toThrow(expect.objectContaining({ code: 'no-adapter' }));
  });

  test('files and merges are refused beyond a gigabyte in all, and one is there however large it is', () => {
    const shelf = new Shelf();
    const large = (byteLength: number): AdapterWeights => ({
      ...adapter(1),
      values: new Map([['q.lora_A', { byteLength } as Float32Array]]),
    });
    const first = shelf.putFile(large(1.2e9), null);
    expect(() => shelf.putFile(large(4), null)).toThrow(
      expect.objectContaining({
        code: 'shelf-full',
        message: expect.stringContaining(
          'would take 1.2 GB, and at most 1 GB is kept. Those that are there stay.',
        ),
      }),
    );
    shelf.remove(first);
    shelf.putFile(large(9e8), null);
    const merged = { way: 'sum', sources: [], rank: 1, density: null, seed: null };
    shelf.putMerge(large(1e8), merged, { date: null, raw: false });
    expect(() => shelf.putMerge(large(1), merged, { date: null, raw: false })).toThrow(
      expect.objectContaining({ code: 'shelf-full' }),
    );
    expect(shelf.all).toHaveLength(2);
  });
});
