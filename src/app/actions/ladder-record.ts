import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { MAX_HELD_OUT_ROWS } from '../../data/batches.ts';
import type { NamedFile } from '../../files/named-file.ts';
import { rungOf } from '../../lab/ladder/rungs.ts';
import type { KeptLadder, ModelChoice, TrainRequest } from '../../worker/api/api.ts';
import { worker } from '../state/connection.ts';
import { useLadder } from '../state/ladder.ts';
import type { Request } from '../state/requests.ts';
import { getApp } from '../state/store.ts';
import { readingOf } from './open-data.ts';
import { progressInto } from './progress.ts';

/** What a ladder is of, and what of an earlier one is still true of it. */

const ADAPTER_WEIGHTS = 'adapter_model.safetensors';

/**
 * Opens the held-out rows and finds what the ladder is made of; rungs that the same rows, prompts and adapter decided are
 * taken over from the ladder before.
 *
 * @param brought the adapter of the tuned rungs, where none is to be trained
 * @throws UserError `no-rows`, `no-held-out-rows`, `bad-documents`, and as data that are opened
 */
export async function beginRecord(
  request: Request,
  brought: { name: string; files: NamedFile[] } | null,
): Promise<{ record: KeptLadder; training: TrainRequest }> {
  const { heldOut, documents, prompt, kept: before } = useLadder.getState();
  const app = getApp();
  const { settings, dataChoice, dataTitle } = app;
  const data = app.data!;
  const model = app.model!;
  const hear = progressInto((work) => useLadder.setState({ work }));
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
      { prompt: prompt.trim() || null, metric: null, raw, seed, documents, keepOpen: true, split },
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
    answers: {
      'the model': [identity.model, identity.fingerprint],
      'the chat template': identity.settings['chat template'] ?? null,
      'the rows': [data.sha256, identity.dataset.mapping],
      'the held-out rows': heldReport?.sha256 ?? split,
      'the instruction': plan.instruction,
      'the metric': plan.metric,
      'how rows are read': [maxLength, raw, data.rowKind],
      'the seed': seed,
      'the precision of the base': baseDtype,
    },
    adapter: brought ? { 'the adapter': hashOf(brought.files) } : identity.settings,
  };
  const answersSame = before !== null && same(before.decides.answers, decides.answers);
  const adapterSame = answersSame && same(before.decides.adapter, decides.adapter);
  const documentsSame = before !== null && same(before.given.documents, documents);
  const record: KeptLadder = {
    ...{ version: 1, title: dataTitle, plan, decides, skipped: [], done: false },
    began: answersSame ? before.began : new Date().toISOString(),
    given: {
      model: { choice: withoutTemplate(app.modelChoice), name: model.name, ...templateOf(app.modelChoice) },
      data: dataChoice?.kind === 'stored' ? null : dataChoice,
      ...{ heldOut, documents, prompt, settings },
    },
    rungs: answersSame
      ? before.rungs.filter(({ name }) => {
          const { needs } = rungOf(name);
          return (
            (documentsSame || !needs.includes('documents')) && (adapterSame || !needs.includes('adapter'))
          );
        })
      : [],
    adapter: adapterSame ? before.adapter : null,
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
  return { record, training };
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
function modelFlag(choice: ModelChoice, name: string): string {
  return choice.kind === 'bundled' ? 'bundled' : choice.kind === 'hub' ? choice.id : name;
}
