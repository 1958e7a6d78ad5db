import { columnsInput, sayRows } from './data-columns.mjs';
import { usage } from './failure.mjs';
import { settingsFrom } from './flag-tables.mjs';
import { adapterInput, deviceInput, fileInput, modelInput } from './inputs.mjs';
import { answersInput, judged, judging, metricInput, metricLine } from './metric.mjs';
import { openAdapterIn, openModelIn } from './open.mjs';
import { outputFile, refuseSame, safetensors, writeWhole } from './outputs.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { settingsTable } from './tables.mjs';

/**
 * `evaluate` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal }} io
 */
export async function evaluate(values, { say, signal }) {
  const lab = await judging();
  const criterion = metricInput(lab, values.metric);
  if (values.answers !== undefined) return scoreStored(lab, values, criterion);
  const asked = deviceInput(values);
  const { device } = asked;
  const model = modelInput(values);
  const data = fileInput('data', values.data);
  const mapping = columnsInput(values);
  const adapter = values.adapter === undefined ? null : adapterInput(values.adapter);
  const { maxLength, raw, baseDtype } = settingsFrom(await settingsTable(), values);
  refuseSame(
    [['logits', values.logits]],
    [
      ['data', data],
      ['train-data', values['train-data']],
      ...[...model.files, ...(adapter ?? [])].map(
        (file) => /** @type {[string, string]} */ (['model', file]),
      ),
    ],
  );
  const logitsFile = values.logits === undefined ? null : outputFile('logits', values.logits);
  const strength = adapter ? 1 : 0;
  const shots = values.shots ?? 0;
  if (shots < 0) throw usage('--shots: must be at least 0.');
  const answering = values.generate || criterion !== null;
  if (shots > 0 && !answering)
    throw usage('--shots: examples are used only with --generate or --metric; add one of them.');
  if (shots > 0 && values['train-data'] === undefined)
    throw usage('--train-data is missing: --shots takes its examples from there.');
  const given = values['train-data'] === undefined ? null : fileInput('train-data', values['train-data']);
  const trainData = shots > 0 ? given : null;

  return withHeadless(
    { device, keep: model.kept, say, signal, onEvent: progressPrinter(say) },
    async (headless) => {
      const { page, bridge, inbox } = headless;
      await bridge.evaluate((lowrank, { device, threads }) => lowrank.hardware(device, { threads }), asked);
      await openModelIn(headless, model, { dtype: baseDtype, say });
      // Before the rows, which are rendered on the date of its run.
      await openAdapterIn(headless, adapter, say);
      await page.setInputFiles('#eval-data', data);
      const options = { maxLength, raw, mapping };
      sayRows(await bridge.evaluate((lowrank, given) => lowrank.openData('eval', given), options), say);
      if (trainData) {
        await page.setInputFiles('#data', trainData);
        await bridge.evaluate((lowrank, given) => lowrank.openData('train', given), options);
      }
      if (logitsFile) {
        const { input_ids, vocab } = await bridge.evaluate(
          (lowrank, { strength, to }) => lowrank.sendRowLogits(strength, to),
          { strength, to: inbox.path('logits') },
        );
        const ids = Buffer.from(new BigInt64Array(input_ids.map(BigInt)).buffer);
        const logits = inbox.received.get('logits') ?? Buffer.alloc(0);
        writeWhole(
          logitsFile,
          safetensors([
            { name: 'logits', dtype: 'F32', shape: [input_ids.length, vocab], bytes: logits },
            { name: 'input_ids', dtype: 'I64', shape: [input_ids.length], bytes: ids },
          ]),
        );
      }
      const result = await bridge.evaluate((lowrank, given) => lowrank.evaluate(given), strength);
      const scores = answering
        ? await bridge.evaluate((lowrank, request) => lowrank.score(request), {
            strength,
            raw,
            shots,
          })
        : null;
      const metric = criterion && scores && judged(lab, criterion, scores.answers);
      return {
        json: { ...result, ...scores, ...(metric && { metric }) },
        text: [
          `Loss ${result.loss.toFixed(4)}, perplexity ${result.perplexity.toFixed(3)}, over ${result.rows} rows.`,
          ...(result.preference_accuracy === undefined
            ? []
            : [
                `Pairs in the right order beside the base: ${(100 * result.preference_accuracy).toFixed(1)} %, margin ${result.margin?.toFixed(3)}.`,
              ]),
          ...(scores ? [right(scores)] : []),
          ...(metric ? [metricLine(metric)] : []),
        ].join('\n'),
      };
    },
  );
}

/**
 * Answers that were stored, judged without a model: what only one could tell is null.
 * @param {import('./metric.mjs').Judging} lab
 * @param {Record<string, any>} values
 * @param {import('./metric.mjs').Criterion | null} criterion
 */
function scoreStored(lab, values, criterion) {
  const idle = Object.keys(values).find((name) => !['answers', 'metric', 'json'].includes(name));
  if (idle)
    throw usage(
      `--${idle}: --answers scores what was answered before, without model and rows; leave one out.`,
    );
  const answers = answersInput(values.answers);
  const scores = lab.scoresOf(answers);
  const metric = criterion && judged(lab, criterion, answers);
  return {
    json: {
      ...{ loss: null, perplexity: null, rows: answers.length, dropped: null },
      ...{ tokens: null, supervised_tokens: null },
      ...scores,
      answers,
      ...(metric && { metric }),
    },
    text: [`${answers.length} answers. ${right(scores)}`, ...(metric ? [metricLine(metric)] : [])].join('\n'),
  };
}

/** The figures that apply, in words. */
function right(/** @type {import('../../src/data/scores.ts').Scores} */ scores) {
  const percent = (/** @type {number | null} */ share) =>
    share === null ? null : `${(100 * share).toFixed(1)} %`;
  return [
    ['labels right', percent(scores.label_accuracy)],
    ['valid JSON', percent(scores.json_valid)],
    ['fields right', percent(scores.field_accuracy)],
    ['equal to the reference', percent(scores.exact_match)],
  ]
    .filter(([, share]) => share !== null)
    .map(([name, share]) => `${name}: ${share}`)
    .join(', ');
}
