import { describe, expect, test } from 'vitest';
import type { RunEvent, RunState } from '../../../src/run/events.ts';
import { RunMachine, TRANSITIONS } from '../../../src/run/run-state.ts';

const STATES = Object.keys(TRANSITIONS) as RunState[];

/** A machine in a state, by the shortest way that the table allows. */
function machineIn(state: RunState): { machine: RunMachine; told: RunEvent[] } {
  const ways: RunState[][] = [['idle']];
  const seen = new Set<RunState>(['idle']);
  for (const way of ways) {
    const last = way[way.length - 1];
    if (last === state) {
      const told: RunEvent[] = [];
      const machine = new RunMachine();
      for (const next of way.slice(1)) machine.to(next, '', () => {});
      return { machine, told };
    }
    for (const next of TRANSITIONS[last]) {
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  throw new Error(`${state} cannot be reached`);
}

describe.each(STATES)('from %s', (from) => {
  test.each(STATES)('to %s', (to) => {
    const { machine, told } = machineIn(from);
    const go = () => machine.to(to, 'why', (event) => told.push(event));
    if (to === from || TRANSITIONS[from].includes(to)) {
      go();
      expect(machine.state).toBe(to);
      expect(told).toEqual([{ type: 'state', state: to, detail: 'why' }]);
    } else {
      expect(go).toThrow(`cannot go from ${from} to ${to}`);
      expect(machine.state).toBe(from);
      expect(told).toEqual([]);
    }
  });
});

test('every state that is not an end can fail, and every end can begin again', () => {
  for (const state of STATES.filter((one) => !['idle', 'finished', 'failed'].includes(one)))
    expect(TRANSITIONS[state], state).toContain('failed');
  for (const state of ['finished', 'failed'] as const) expect(TRANSITIONS[state]).toEqual(['loading']);
});
