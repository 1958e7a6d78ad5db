import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { AdapterUse } from '../../worker/api/adapter-use.ts';
import { ASKED_AT_ONCE } from '../../worker/api/measures.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { type HeldRow, NO_OUTCOME, type Side, useOutcome } from '../state/outcome.ts';
import { getApp } from '../state/store.ts';
import { inTurn } from './in-turn.ts';

/** Held-out rows that are answered after a run without being asked for; the loss is measured on all of them. */
const ANSWERED = 40;
/** Rows of the comparison with a prompt, and examples in that prompt. */
const COMPARED = 20;
const EXAMPLES = 3;
/** Rows asked of the worker at once, so that a person's question never waits long. */
const LOSSES_AT_ONCE = 8;
const GENERAL_AT_ONCE = 10;

type Kind = 'base' | 'prompted' | 'tuned';

/** The latest measuring counts; a new run or other data give the one before up. */
let turn = 0;

/** Rows belong together where model, data and the split are the same. */
function keyOf(settings: RunSettings): string {
  const { model, data } = getApp();
  const { evalFraction, seed, raw, maxLength, baseDtype } = settings;
  return JSON.stringify([model?.id, data?.sha256, data?.used, evalFraction, seed, raw, maxLength, baseDtype]);
}

/** Before a run: what the base said stays where the same rows are held out again. */
export function beginOutcome(settings: RunSettings): void {
  turn++;
  const key = keyOf(settings);
  const before = useOutcome.getState();
  const kept = before.key === key ? before.rows.map((row) => ({ ...row, tuned: null })) : [];
  useOutcome.setState(
    { ...NO_OUTCOME, key, rows: kept, examples: kept.length > 0 ? before.examples : 0 },
    true,
  );
}

/** What is under way ends before its next row; what was measured stays. */
export function giveUpMeasuring(): void {
  turn++;
  useOutcome.setState({ work: null });
}

/** One measuring from begin to end: given up where another begins, told of where it fails. */
async function measure(
  what: string,
  settings: RunSettings,
  work: (one: Measuring) => Promise<void>,
): Promise<void> {
  const mine = ++turn;
  const key = keyOf(settings);
  const data = getApp().data;
  const open = () => mine === turn && getApp().data === data && !getApp().starting;
  if (useOutcome.getState().key !== key) useOutcome.setState({ ...NO_OUTCOME, key }, true);
  useOutcome.setState({ work: { what, done: 0, total: null }, error: null, done: false });
  try {
    await work(new Measuring(settings, open));
    if (mine === turn) useOutcome.setState({ work: null, done: open() });
  } catch (error) {
    if (mine === turn) useOutcome.setState({ work: null, error: pageError(error) });
  }
}

/** The adapter of the run that is measured. */
function trained(): AdapterUse | null {
  const { tuned } = getApp();
  return tuned === null ? null : { id: tuned, strength: 1 };
}

class Measuring {
  constructor(
    readonly settings: RunSettings,
    readonly open: () => boolean,
  ) {}

  say(what: string, done: number, total: number): void {
    if (this.open()) useOutcome.setState({ work: { what, done, total } });
  }

  async split() {
    return (await worker()).heldOutRows(this.settings, MAX_HELD_OUT_ROWS);
  }

  /** Asks some rows of one of the models and puts what comes back into the table. */
  async ask(kind: Kind, rows: number[], answers: boolean, shots: number[] = []): Promise<void> {
    const known = useOutcome.getState().rows;
    const missing = rows.filter((row) => {
      const side = known.find((other) => other.row === row)?.[kind];
      return !side || (answers && side.answer === null);
    });
    if (missing.length === 0 || !this.open()) return;
    await inTurn(async () => {
      if (!this.open()) return;
      const adapter = kind === 'tuned' ? trained() : null;
      // The base alone would be taken for the tuned model.
      if (kind === 'tuned' && !adapter) return;
      const { raw } = this.settings;
      const api = await worker();
      const asked = await api.askRows({ rows: missing, shots, raw, adapter, answers });
      if (!this.open()) return;
      useOutcome.setState(({ rows: before }) => {
        const after = new Map(before.map((row) => [row.row, row]));
        for (const { row, line, prompt, reference, answer, loss } of asked) {
          const side: Side = { answer, loss };
          const old: HeldRow = after.get(row) ?? {
            row,
            line,
            prompt,
            reference,
            base: null,
            prompted: null,
            tuned: null,
          };
          after.set(row, { ...old, [kind]: side });
        }
        return { rows: [...after.values()].sort((a, b) => a.row - b.row) };
      });
    });
  }

  /** Mean loss on the general rows. */
  async general(adapter: AdapterUse | null, what: string): Promise<{ rows: number; loss: number } | null> {
    let lossSum = 0;
    let tokens = 0;
    let rows = GENERAL_AT_ONCE;
    for (let begin = 0; begin < rows; begin += GENERAL_AT_ONCE) {
      if (!this.open()) return null;
      const part = await inTurn(async () =>
        this.open() ? (await worker()).generalLoss(adapter, begin, begin + GENERAL_AT_ONCE) : null,
      );
      if (!part) return null;
      lossSum += part.lossSum;
      tokens += part.tokens;
      rows = part.rows;
      this.say(what, Math.min(rows, begin + GENERAL_AT_ONCE), rows);
    }
    return tokens > 0 ? { rows, loss: lossSum / tokens } : null;
  }
}

/** After a run: both models on the held-out rows, then on general text. */
export async function measureOutcome(settings: RunSettings): Promise<void> {
  await measure('Answering the held-out rows', settings, async (one) => {
    const { heldOut } = await one.split();
    const answered = heldOut.slice(0, ANSWERED);
    for (let i = 0; i < answered.length; i += ASKED_AT_ONCE) {
      one.say('Answering the held-out rows', i, answered.length);
      const rows = answered.slice(i, i + ASKED_AT_ONCE);
      await one.ask('base', rows, true);
      await one.ask('tuned', rows, true);
    }
    for (let i = ANSWERED; i < heldOut.length; i += LOSSES_AT_ONCE) {
      one.say('Measuring the held-out rows', i, heldOut.length);
      const rows = heldOut.slice(i, i + LOSSES_AT_ONCE);
      await one.ask('base', rows, false);
      await one.ask('tuned', rows, false);
    }
    const before = await one.general(null, 'Measuring general text');
    const adapter = trained();
    const after = before && adapter && (await one.general(adapter, 'Measuring general text'));
    if (before && after && one.open())
      useOutcome.setState({ elsewhere: { rows: before.rows, before: before.loss, after: after.loss } });
  });
}

/** Before a run: the base, and the base with a few examples in its prompt, on rows that a run would hold out. */
export async function compareFirst(): Promise<void> {
  const { settings, underWay } = getApp();
  if (underWay) return;
  await measure('Asking the base model', settings, async (one) => {
    const { heldOut, shots } = await one.split();
    const rows = heldOut.slice(0, COMPARED);
    useOutcome.setState({ examples: Math.min(EXAMPLES, shots.length) });
    for (let i = 0; i < rows.length; i += ASKED_AT_ONCE) {
      one.say('Asking the base model, with and without examples', i, rows.length);
      const some = rows.slice(i, i + ASKED_AT_ONCE);
      await one.ask('base', some, true);
      await one.ask('prompted', some, true, shots.slice(0, EXAMPLES));
    }
  });
}

/** Ends a comparison that is under way; what was measured stays. */
export async function stopMeasuring(): Promise<void> {
  giveUpMeasuring();
  await (await worker()).cancelGenerate();
}
