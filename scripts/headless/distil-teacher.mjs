import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sayRows } from './data-columns.mjs';
import { Failure, usage } from './failure.mjs';
import { openAdapterIn, openHardwareIn, openModelIn } from './open.mjs';
import { writeWhole } from './outputs.mjs';
import { progressPrinter, withHeadless, workPrinter } from './session.mjs';

/** The stages of a distillation in which nothing is trained: what the teacher does, and what the student is. */

/** @typedef {import('./browser.mjs').Headless['bridge']} Bridge */
/** @typedef {import('../../src/lab/distillation/stages.ts').Stages} Stages */
/** @typedef {import('../../src/data/forms/questions.ts').Question} Question */
/** @typedef {typeof import('../../src/lab/distillation/rows.ts') & typeof import('../../src/lab/distillation/prompts.ts') & typeof import('../../src/lab/distillation/made.ts') & typeof import('../../src/lab/distillation/stages.ts') & typeof import('../../src/lab/distillation/teaching.ts') & Pick<typeof import('../../src/data/files/utf8.ts'), 'wholeText'>} Lab */
/** @typedef {ReturnType<typeof import('./inputs.mjs').modelInput>} ModelInput */
/**
 * @typedef {object} Given
 * @property {Lab} lab
 * @property {{ device: import('../../src/worker/api/api.ts').DeviceChoice, threads: number | null }} asked
 * @property {ReturnType<typeof import('./flag-tables.mjs').settingsFrom>} settings
 * @property {ModelInput} teacher
 * @property {string[]} adapter
 * @property {ModelInput} student
 * @property {string} data
 * @property {string | null} evalData
 * @property {string | null} prompts
 * @property {number | null} wanted
 * @property {import('../../src/lab/criterion.ts').Criterion | null} metric
 * @property {import('../../src/data/types.ts').DataOptions['mapping']} mapping
 * @property {string} out
 * @property {Stages} stages
 * @property {() => void} keep Keeps the stages as they are.
 * @property {(line: string) => void} say
 * @property {AbortSignal} signal
 */

/** Files of a distillation, in --out. */
export const FILES = {
  rows: 'rows.jsonl',
  heldOut: 'held-out.jsonl',
  made: 'made.jsonl',
  left: 'left-out.jsonl',
  all: 'all.jsonl',
};

/** A session, with lines about what goes on for long. */
function session(
  /** @type {Given} */ { asked, say, signal },
  /** @type {string | null} */ keep,
  /** @type {(headless: import('./browser.mjs').Headless) => Promise<void>} */ work,
) {
  const print = progressPrinter(say);
  const tell = workPrinter(say);
  return withHeadless(
    {
      ...{ device: asked.device, keep, say, signal },
      onEvent(event) {
        print(event);
        tell(event);
      },
    },
    async (headless) => {
      await openHardwareIn(headless, asked, say);
      await work(headless);
    },
  );
}

/** Splits the rows, measures the teacher, and has it make rows: whatever of it is not done yet. */
export async function teacherStages(/** @type {Given} */ given) {
  const { lab, stages, settings, teacher, adapter, out, keep, say } = given;
  if (stages.made) return;
  const strength = adapter.length > 0 ? 1 : 0;
  await session(given, teacher.kept, async (headless) => {
    const { bridge } = headless;
    const { parameters } = await openModelIn(headless, teacher, { dtype: settings.baseDtype, say });
    // Before the rows, which are rendered on the date of its run.
    await openAdapterIn(headless, adapter.length > 0 ? adapter : null, say);
    const { raw, seed } = settings;
    if (!stages.rows) {
      const rows = await opened(given, headless, { flag: 'data', file: given.data });
      const held =
        given.evalData === null
          ? null
          : await opened(given, headless, { flag: 'eval-data', file: given.evalData });
      const split = lab.splitRows(rows.questions, held?.questions ?? null, seed);
      stages.rows = { ...split, without: rows.without + (held?.without ?? 0) };
    }
    const { train, heldOut } = stages.rows;
    for (const sentence of lab.rowWarnings(stages.rows)) say(`Warning: ${sentence}`);
    if (train.length === 0 || heldOut.length === 0)
      throw usage(
        `--data: ${train.length} rows are left to train on and ${heldOut.length} to hold out, and both are needed. Nothing was trained. Give more rows, or held-out rows of their own (--eval-data).`,
      );
    say(`${train.length} rows, ${heldOut.length} held out.`);
    for (const [name, rows] of /** @type {const} */ ([
      [FILES.rows, train],
      [FILES.heldOut, heldOut],
    ]))
      writeWhole(join(out, name), lab.jsonLines(rows.map((row) => lab.rowOf(row, row.reference))));
    keep();

    if (!stages.teacher) {
      await opened(given, headless, { flag: 'data', file: join(out, FILES.rows), ours: true });
      await opened(given, headless, { flag: 'eval-data', file: join(out, FILES.heldOut), ours: true });
      const plan = await bridge.evaluate((lowrank, request) => lowrank.prepareLadder(request), {
        ...{ prompt: null, metric: given.metric, raw, seed },
      });
      const rung = await bridge.evaluate((lowrank, by) => lowrank.measureRung('tuned', by), strength);
      const tokens_per_second = await lab.speedOf(heldOut, answersOf(bridge, { strength, raw }));
      stages.teacher = { metric: plan.metric, rung, parameters, tokens_per_second };
      keep();
    }

    const own = given.prompts === null ? null : await questionsOf(given, headless, given.prompts, train);
    const asked = { train, heldOut, own, wanted: given.wanted };
    const few = lab.fewQuestions(asked);
    if (few !== null) say(`Warning: --prompts: ${few}`);
    stages.attempts = await lab.teacherRows({
      ...{ ...asked, seed, maxLength: settings.maxLength, before: stages.attempts ?? [] },
      answer: answersOf(bridge, { strength, raw }),
      invent: (request) =>
        bridge.evaluate((lowrank, asked) => lowrank.inventQuestions(asked), { ...request, strength: 0 }),
      noExamples: () =>
        usage(
          '--prompts is missing: no row has a single question that the teacher could make others after. Give questions of your own.',
        ),
      onAttempts(attempts, answered, wanted) {
        stages.attempts = [...attempts];
        keep();
        say(`The teacher has answered ${answered} of ${wanted} questions.`);
      },
    });
    stages.made = true;
    keep();
  });
}

/** What the student is before it is trained: its size and speed, and whether it can have the teacher's probabilities. */
export async function studentStage(/** @type {Given} */ given) {
  const { lab, stages, settings, teacher, adapter, student, keep, say } = given;
  if (stages.student) return;
  const { heldOut } = /** @type {NonNullable<Stages['rows']>} */ (stages.rows);
  await session(given, student.kept ?? teacher.kept, async (headless) => {
    const { page, bridge } = headless;
    const { parameters } = await openModelIn(headless, student, { dtype: settings.baseDtype, say });
    const tokens_per_second = await lab.speedOf(
      heldOut,
      answersOf(bridge, { strength: 0, raw: settings.raw }),
    );
    stages.student = { parameters, tokens_per_second, answersOnly: null };
    if (settings.objective === 'sft') stages.student.answersOnly = '--objective sft asks for that.';
    else {
      await page.setInputFiles('#teacher', teacher.files);
      await page.setInputFiles('#teacher-adapter', adapter);
      try {
        await bridge.evaluate((lowrank, choice) => lowrank.openTeacher(choice), teacher.choice);
      } catch (error) {
        const [, sentence] = /other-tokenizer: ([^\n]+)/.exec(String(error)) ?? [];
        if (sentence === undefined) throw error;
        stages.student.answersOnly = sentence.split('. ')[0].replace(/\.?$/, '.');
        say(`The student learns from answers alone: ${stages.student.answersOnly}`);
      }
    }
    keep();
  });
}

/**
 * Answers of the open model, with its adapter or without.
 * @param {Bridge} bridge
 * @param {{ strength: number, raw: boolean }} by
 */
function answersOf(bridge, by) {
  return (/** @type {Parameters<Parameters<Lab['speedOf']>[1]>[0]} */ request) =>
    bridge.evaluate((lowrank, asked) => lowrank.answerQuestions(asked), { ...request, ...by });
}

/**
 * A file that is open in the page, as things to ask.
 * @param {Given} given
 * @param {import('./browser.mjs').Headless} headless
 * @param {{ flag: 'data' | 'eval-data' | 'prompts', file: string, ours?: boolean }} which `ours`: it was written here, and its
 *   columns are not the person's.
 */
async function opened({ settings, mapping, say }, { page, bridge }, { flag, file, ours = false }) {
  /** @type {'train' | 'eval'} */
  const role = flag === 'eval-data' ? 'eval' : 'train';
  await page.setInputFiles(role === 'eval' ? '#eval-data' : '#data', file);
  const { maxLength, raw } = settings;
  const report = await bridge.evaluate(
    (lowrank, [as, options]) => lowrank.openData(as, options),
    /** @type {const} */ ([role, { maxLength, raw, ...(ours ? {} : { mapping }) }]),
  );
  try {
    sayRows(report, ours && flag !== 'prompts' ? () => {} : say);
  } catch (error) {
    throw error instanceof Failure ? usage(error.message.replace(/^--data:/, `--${flag}:`)) : error;
  }
  const unused = report.badCount + report.dropped;
  const first = report.bad[0] ?? report.droppedRows[0];
  if (unused > 0 && first)
    say(
      `Warning: --${flag}: ${unused} rows cannot be used; the first, in line ${first.line}: ${first.reason}`,
    );
  const questions = await bridge.evaluate((lowrank, as) => lowrank.questions(as), role);
  return { questions, without: report.used - questions.length };
}

/**
 * The person's questions, with the rows' system turn where they have none.
 * @param {Given} given
 * @param {import('./browser.mjs').Headless} headless
 * @param {string} file
 * @param {readonly Question[]} rows
 */
async function questionsOf(given, headless, file, rows) {
  const { lab, out, say } = given;
  let path = file;
  if (/\.(jsonl|ndjson|txt)$/i.test(file)) {
    path = join(out, 'prompts.jsonl');
    const { text, notes } = await lab.wholeText(new File([readFileSync(file)], basename(file)));
    for (const note of notes) say(`Warning: --prompts: ${note}`);
    writeWhole(path, lab.withAnswers(text));
  }
  const { questions, without } = await opened(given, headless, {
    ...{ flag: 'prompts', file: path, ours: path !== file },
  });
  if (without > 0) say(`Warning: --prompts: ${without} rows are no question and are left out.`);
  if (questions.length === 0)
    throw usage(
      `--prompts: ${file} has no question. Nothing was made. Give rows with prompts or messages, or lines of text.`,
    );
  return lab.asRowsAsk(questions, rows);
}
