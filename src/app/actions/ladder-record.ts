import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { NamedFile } from '../../files/named-file.ts';
import { type Criterion, criterionOf } from '../../lab/criterion.ts';
import type { KeptRung } from '../../lab/ladder/climb.ts';
import { judgedBy } from '../../lab/ladder/measure.ts';
import { rungOf } from '../../lab/ladder/rungs.ts';
import type { KeptLadder, ModelChoice, TrainRequest } from '../../worker/api/api.ts';
import { worker } from '../state/connection.ts';
import { useLab } from '../state/lab.ts';
import { useLadder } from '../state/ladder.ts';
import type { Request } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { warningsIn } from './experiment.ts';
import { readingOf } from './open-data.ts';
import { progressInto } from './progress.ts';

/** What a ladder is of, and what of an earlier one is still true of it. */

const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/**
 * Opens the held-out rows and finds what the ladder is made of; rungs that the same rows, prompts and adapter decided are
 * taken over from the ladder before.
 *
 * @param brought the adapter of the tuned rungs, where none is to be trained
 * @param apart whether an adapter is to be trained for each kind of question
 * @returns with what was found in the held-out rows, a sentence each
 * @throws UserError `no-rows`, `no-held-out-rows`, `bad-documents`, `bad-expression`, and as data that are opened
 */
export async function beginRecord(
  request: Request,
  brought: { name: string; files: NamedFile[] } | null,
  apart: boolean,
): Promise<{ record: KeptLadder; training: TrainRequest; found: string[] }> {
  const { heldOut, documents, prompt, metric, kept: before } = useLadder.getState();
  const criterion = metric.trim() === '' ? null : criterionOf(metric);
  const app = getApp();
  const { settings, dataChoice, dataTitle } = app;
  const data = app.data!;
  const model = app.model!;
  const hear = progressInto((work) => useLab.setState({ work }));
  const heldReport =
    heldOut &&
    (await request.events(hear, (api, listener) =>
      api.openData(
        { kind: 'file', file: heldOut, mapping: dataChoice?.mapping },
        { ...readingOf(settings), rowKind: data.rowKind },
        'eval',
        listener,
      ),
    ));
  const { evalFraction, seed, raw } = settings;
  const split = heldOut ? undefined : { evalFraction, seed, most: MAX_HELD_OUT_ROWS };
  const plan = await request.events(hear, (api, listener) =>
    api.prepareLadder(
      {
        ...{ prompt: prompt.trim() || null, metric: criterion, raw, seed, documents },
        ...{ keepOpen: true, split },
      },
      listener,
    ),
  );
  const training: TrainRequest = {
    ...{ settings, prompts: [], sampleEvery: null, sampleTokens: 0, trace: false, evalData: false },
    maxEvalRows: MAX_HELD_OUT_ROWS,
    leaveOut: plan.leftOut,
  };
  const identity = await (await worker()).identity(training);
  const { maxLength, baseDtype } = settings;
  const decides: KeptLadder['decides'] = {
    rows: {
      'the model': [identity.model, identity.fingerprint],
      'the chat template': identity.settings['chat template'] ?? null,
      'the rows': [data.sha256, identity.dataset.mapping],
      'the held-out rows': heldReport?.sha256 ?? split,
      'how rows are read': [maxLength, raw, data.rowKind],
      'the seed': seed,
      'the precision of the base': baseDtype,
    },
    asked: { 'the instruction': plan.instruction, 'the metric': plan.metric },
    adapter: brought ? { 'the adapter': hashOf(brought.files) } : identity.settings,
    apart: identity.settings,
  };
  const valid = stillTrue(before, decides, documents);
  const record: KeptLadder = {
    ...{ version: 2, title: dataTitle, plan, decides, skipped: [], result: null, done: false },
    began: valid.began ?? new Date().toISOString(),
    given: {
      model: { choice: withoutTemplate(app.modelChoice), name: model.name, ...templateOf(app.modelChoice) },
      data: dataChoice?.kind === 'stored' ? null : dataChoice,
      ...{ heldOut, documents, prompt, metric, settings },
    },
    ...{ rungs: valid.rungs, kinds: valid.kinds, adapter: valid.adapter },
    apart: valid.apart ?? (apart ? [] : null),
    facts: {
      model: model.id,
      modelFlag: modelFlag(app.modelChoice, model.name),
      device: app.hardware?.name ?? '',
      data: `${data.name}, SHA-256 ${data.sha256}`,
      heldOut: heldReport
        ? `${heldReport.name}, SHA-256 ${heldReport.sha256}`
        : `${plan.heldOut} of the rows of ${data.name}`,
    },
  };
  return { record, training, found: heldReport ? warningsIn(heldReport) : [] };
}

/** What of a ladder is as it would be measured now. */
function stillTrue(
  before: KeptLadder | null,
  decides: KeptLadder['decides'],
  documents: KeptLadder['given']['documents'],
): Pick<KeptLadder, 'rungs' | 'kinds' | 'adapter' | 'apart'> & { began: string | null } {
  if (!before || !same(before.decides.rows, decides.rows))
    return { began: null, rungs: [], kinds: undefined, adapter: null, apart: null };
  const as = (of: 'asked' | 'adapter' | 'apart') => same(before.decides[of], decides[of]);
  const promptSame = before.plan.instruction === decides.asked['the instruction'];
  const metric = decides.asked['the metric'] as Criterion;
  const needed: Partial<Record<string, boolean>> = {
    documents: same(before.given.documents, documents),
    adapter: as('adapter'),
    kinds: as('apart'),
  };
  const judged = (rung: KeptRung) => (as('asked') ? rung : judgedBy(rung, metric));
  return {
    began: promptSame ? before.began : null,
    rungs: before.rungs
      .filter(({ name }) => promptSame && rungOf(name).needs.every((need) => needed[need] ?? true))
      .flatMap((rung) => judged(rung) ?? []),
    kinds: promptSame ? before.kinds : undefined,
    adapter: needed.adapter ? before.adapter : null,
    apart: promptSame && needed.kinds ? before.apart : null,
  };
}

/** Whether two things that came of JSON say the same. */
export function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Of the weights: cards have dates in them. */
function hashOf(files: readonly NamedFile[]): string | null {
  const weights = files.find(({ path }) => path.endsWith(ADAPTER_WEIGHTS));
  return weights ? bytesToHex(sha256(weights.bytes)) : null;
}

function withoutTemplate({ chatTemplate: _, ...choice }: ModelChoice): ModelChoice {
  return choice;
}

function templateOf({ chatTemplate }: ModelChoice): { chatTemplate?: string } {
  return chatTemplate === undefined ? {} : { chatTemplate };
}

/** As `--model` takes it; of a folder or a file, its name. */
export function modelFlag(choice: ModelChoice, name: string): string {
  return choice.kind === 'bundled' ? 'bundled' : choice.kind === 'hub' ? choice.id : name;
}
