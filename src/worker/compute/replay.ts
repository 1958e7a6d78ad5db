import type { DataOptions, DataReport } from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import { askingsOf } from '../../lab/ladder/leaks.ts';
import { drawnRows } from '../../lab/tasks/mix.ts';
import type { ReplayRequest } from '../api/tasks.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import type { Measures } from './measures.ts';
import { everyRow, type Listener, needRows, type Workspace } from './workspace.ts';

/** Rows that are mixed into what is trained on, against forgetting. */

/** Rows of a file that may be trained on. */
export interface Trainable {
  dataset: RemoteDataset;
  rows: number[];
}

/** The page’s general rows: the first half may be replayed, the second measures what training cost elsewhere. */
export async function generalRows(measures: Measures) {
  const dataset = await measures.general();
  const rows = [...everyRow(dataset)];
  const half = Math.ceil(rows.length / 2);
  return { dataset, replayed: rows.slice(0, half), measured: rows.slice(half) };
}

/** Opened in place of the training rows before; it can be read on when others are opened. */
export async function opened(
  workspace: Workspace,
  file: File,
  options: Omit<DataOptions, 'forms'>,
  listener: Listener,
): Promise<RemoteDataset> {
  await workspace.openData({ kind: 'file', file }, options, 'train', listener);
  return workspace.dataset('train');
}

/** Those of the rows that ask none of these. */
export async function without({ dataset, rows }: Trainable, asked: ReadonlySet<string>): Promise<number[]> {
  const askings = await askingsOf(dataset, rows);
  return rows.filter((_, i) => !asked.has(askings[i]));
}

/**
 * Rows to replay: none asks what a held-out row asks, or a general row that measures.
 * @param held what held-out rows ask
 * @throws UserError `bad-replay`
 */
export async function replayRows(
  { workspace, measures }: { workspace: Workspace; measures: Measures },
  { replay, options }: { replay: 'general' | File; options: Omit<DataOptions, 'forms'> },
  held: ReadonlySet<string>,
  listener: Listener,
): Promise<Trainable & { removed: number }> {
  const general = await generalRows(measures);
  if (replay === 'general' && options.mapping)
    throw new UserError(
      'bad-replay',
      'The general rows are conversations, which the columns that were chosen do not read. Nothing was changed. Give a file of such rows instead.',
    );
  const dataset = replay === 'general' ? general.dataset : await opened(workspace, replay, options, listener);
  needRows(dataset.report, 'bad-replay');
  const given = replay === 'general' ? general.replayed : [...everyRow(dataset)];
  const asked = new Set([...held, ...(await askingsOf(general.dataset, general.measured))]);
  const rows = await without({ dataset, rows: given }, asked);
  if (rows.length === 0)
    throw new UserError(
      'bad-replay',
      'Every row to replay asks what a row asks that only measures. Nothing was changed. Give other rows.',
    );
  return { dataset, rows, removed: given.length - rows.length };
}

/**
 * Opens the training rows anew with rows to replay behind them, so many that they are this share of all: of n rows
 * n·share / (1 − share). What is open to measure on is asked by none of them.
 * @throws UserError `bad-replay`
 */
export async function mixReplay(
  workspace: Workspace,
  measures: Measures,
  { replay, share, seed }: ReplayRequest,
  listener: Listener,
): Promise<DataReport> {
  const own = workspace.dataset('train');
  const heldOut = workspace.dataset('eval');
  const held = heldOut === own ? new Set<string>() : new Set(await askingsOf(heldOut));
  const { options, choice } = workspace.trainingFile!;
  const read = { ...options, rowKind: own.report.rowKind };
  const { dataset, rows, removed } = await replayRows(
    { workspace, measures },
    { replay, options: read },
    held,
    listener,
  );
  const count = Math.max(1, Math.round((own.rows * share) / (1 - share)));
  const drawn = drawnRows(count, rows.length, seed).map((i) => rows[i]);
  const { name } = own.report;
  const bytes = await new Blob([await own.jsonLines(), '\n', await dataset.jsonLinesOf(drawn)]).arrayBuffer();
  const file = new File([bytes], `${name.replace(/\.[^.]*$/, '')}.jsonl`);
  const report = await workspace.openData(
    { kind: 'file', file, mapping: choice.mapping },
    read,
    'train',
    listener,
  );
  if (report.used < own.rows + count)
    throw new UserError(
      'bad-replay',
      `${own.rows + count - report.used} of ${count} rows to replay cannot be read beside the others: ${report.bad.at(-1)?.reason ?? report.formatReason} Nothing was changed. Give rows of the same form.`,
    );
  // Of the rows themselves that was said when they were opened.
  report.warnings = [
    ...own.report.warnings,
    `${count} of ${report.used} rows are replayed from ${dataset.report.name}${removed > 0 ? `, without ${removed} that ask what a row asks that only measures` : ''}.`,
  ];
  return report;
}
