import { expect, it } from 'vitest';
import type { AdapterWeights } from '../../../../src/methods/types.ts';
import { likeliest, softmax } from '../../../../src/worker/compute/measures.ts';
import { Snapshots, sparest } from '../../../../src/worker/compute/snapshots.ts';

const adapter = (value: number): AdapterWeights => ({
  settings: { rank: 1, alpha: 1, dropout: 0, targets: ['q_proj'] },
  modules: [{ path: 'q', layer: 0, target: 'q_proj', in: 2, out: 3 }],
  values: new Map([
    ['q.lora_A', Float32Array.of(value, value)],
    ['q.lora_B', Float32Array.of(value, value, value)],
  ]),
});

it('a run of any length leaves at most twelve adapters, spread over it, first and last among them', () => {
  const snapshots = new Snapshots();
  for (let step = 0; step <= 600; step += 10) snapshots.take(step, adapter(step));
  const { steps } = snapshots;
  expect(steps).toHaveLength(12);
  expect([steps[0], steps.at(-1)]).toEqual([0, 600]);
  const gaps = steps.slice(1).map((step, i) => step - steps[i]);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(130);
  for (const step of steps) {
    expect(snapshots.at(step)?.values.get('q.lora_A')).toEqual(Float32Array.of(step, step));
    expect(snapshots.at(step)?.values.get('q.lora_B')).toEqual(Float32Array.of(step, step, step));
  }
  expect(snapshots.at(5)).toBeNull();
});

it('a run that goes back takes its later steps again; another run begins empty', () => {
  const snapshots = new Snapshots();
  for (const step of [0, 10, 20, 30]) snapshots.take(step, adapter(step));
  snapshots.take(20, adapter(7));
  expect(snapshots.steps).toEqual([0, 10, 20]);
  expect(snapshots.at(20)?.values.get('q.lora_A')?.[0]).toBe(7);
  snapshots.clear();
  expect(snapshots.steps).toEqual([]);
  expect(sparest([0, 10, 12, 30])).toBe(1);
  expect(sparest([0, 10])).toBe(-1);
});

it('the likeliest tokens of either model come highest first', () => {
  const p = softmax(Float32Array.of(1000, 1001, 999));
  expect(p.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
  expect(p[1] / p[0]).toBeCloseTo(Math.E, 4);
  const base = Float32Array.of(0.7, 0.1, 0.15, 0.05);
  const tuned = Float32Array.of(0.1, 0.05, 0.25, 0.6);
  expect(likeliest(base, tuned, 3)).toEqual([0, 3, 2]);
});
