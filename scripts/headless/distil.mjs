import { basename, join } from 'node:path';
import { columnsInput } from './data-columns.mjs';
import { FILES, studentStage, teacherStages } from './distil-teacher.mjs';
import { Failure, STATUS, usage } from './failure.mjs';
import { settingsFrom } from './flag-tables.mjs';
import { distilFlags } from './flag-tables-lab.mjs';
import { adapterInput, deviceInput, fileInput, modelInput, oneOf } from './inputs.mjs';
import { keptDistil } from './kept-distil.mjs';
import { fileHash, modelIdentity, refuseOther } from './kept-identity.mjs';
import { keptRungs } from './kept-rungs.mjs';
import { labModules, versionsOf, writeReport } from './lab.mjs';
import { ladder } from './ladder.mjs';
import { lockOut } from './lock-out.mjs';
import { metricInput } from './metric.mjs';
import { outputFolder, refuseSame, writeWhole } from './outputs.mjs';
import { settingsTable } from './tables.mjs';

/** Flags that decide nothing of the result, or are in the identity by what they name. */
const DECIDE_NOTHING = [
  ...['teacher', 'teacher-adapter', 'student', 'data', 'eval-data', 'prompts'],
  ...['out', 'json', 'help', 'resume', 'checkpoint-every'],
];
/** Of the run that has the teacher's probabilities alone. */
const OF_DISTIL = ['distil-weight', 'distil-top'];
/** Flags of `train` that say how the rows as they came are read, which the files of --out are not. */
const OF_ROWS = ['prompt-column', 'completion-column', 'system-column'];
const LAB = [
  ...['rows', 'prompts', 'made', 'report', 'whole-report', 'stages', 'teaching'].map(
    (name) => `lab/distillation/${name}`,
  ),
  ...['run/schedule', 'data/batches', 'data/metric', 'data/files/utf8', 'lab/criterion'],
];

/** @typedef {{ say: (line: string) => void, signal: AbortSignal }} Io */
/** @typedef {import('../../src/lab/distillation/stages.ts').Stages} Stages */
/** @typedef {import('../../src/lab/distillation/report.ts').Contender} Contender */
/** @typedef {import('./distil-teacher.mjs').Lab & typeof import('../../src/lab/distillation/report.ts') & typeof import('../../src/lab/distillation/whole-report.ts') & typeof import('../../src/lab/report.ts') & typeof import('../../src/lab/criterion.ts') & Pick<typeof import('../../src/run/schedule.ts'), 'totalSteps'> & Pick<typeof import('../../src/data/batches.ts'), 'heldOutCount'> & Pick<typeof import('../../src/data/metric.ts'), 'shareOf'>} LabModules */

/**
 * `distil` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {Io} io
 */
export async function distil(values, io) {
  const { say, signal } = io;
  const table = await settingsTable();
  /** @type {LabModules} */
  const lab = await labModules(...LAB);
  const settings = settingsFrom(table, values);
  if (settings.objective !== null)
    oneOf('objective', settings.objective, /** @type {const} */ (['distil', 'sft']));
  const template = values['chat-template'] === undefined ? {} : { 'chat-template': values['chat-template'] };
  const teacher = modelInput({ ...template, teacher: values.teacher }, 'teacher');
  const student = modelInput({ ...template, student: values.student }, 'student');
  const adapter =
    values['teacher-adapter'] === undefined ? [] : adapterInput(values['teacher-adapter'], 'teacher-adapter');
  const data = fileInput('data', values.data);
  const evalData = values['eval-data'] === undefined ? null : fileInput('eval-data', values['eval-data']);
  const prompts = values.prompts === undefined ? null : fileInput('prompts', values.prompts);
  const wanted = values.rows ?? null;
  if (settings.raw && prompts === null)
    throw usage(
      '--prompts is missing: with --raw nothing marks where a question ends, and the teacher can make none. Give questions of your own.',
    );
  if (wanted !== null && wanted < 1) throw usage('--rows: must be at least 1.');
  const metric = metricInput(lab, values.metric);
  refuseSame(
    [['out', values.out]],
    [
      ['data', data],
      ['eval-data', evalData],
      ['prompts', prompts],
      ['teacher', teacher.choice.kind === 'folder' ? values.teacher : null],
      ['student', student.choice.kind === 'folder' ? values.student : null],
      ['teacher-adapter', values['teacher-adapter']],
    ],
  );
  const out = outputFolder('out', values.out);
  // Those that are written there must not be what is read.
  refuseSame(
    Object.values(FILES).map((name) => /** @type {[string, string]} */ (['out', join(out, name)])),
    [
      ['data', data],
      ['eval-data', evalData],
      ['prompts', prompts],
    ],
  );
  const identity = {
    '--teacher': modelIdentity(teacher),
    '--teacher-adapter': adapter.map(fileHash),
    '--student': modelIdentity(student),
    '--data': fileHash(data),
    '--eval-data': evalData && fileHash(evalData),
    '--prompts': prompts && fileHash(prompts),
    ...Object.fromEntries(
      distilFlags(table)
        .filter(({ name }) => !DECIDE_NOTHING.includes(name))
        .map(({ name }) => [`--${name}`, values[name] ?? null]),
    ),
  };
  const release = lockOut(out);
  const kept = keptDistil(out);

  try {
    const stages = earlier(kept, identity, values.resume, say);
    const given = {
      ...{ lab, settings, teacher, adapter, student, data, evalData, prompts, wanted, metric, out, stages },
      ...{ asked: deviceInput(values), mapping: columnsInput(values), say, signal },
      keep: () => kept.keep(identity, stages),
    };
    await teacherStages(given);
    await studentStage(given);
    const { train, heldOut, removed } = /** @type {NonNullable<Stages['rows']>} */ (stages.rows);
    const ofTeacher = /** @type {NonNullable<Stages['teacher']>} */ (stages.teacher);
    const ofStudent = /** @type {NonNullable<Stages['student']>} */ (stages.student);
    const attempts = stages.attempts ?? [];
    const made = lab.madeRows(attempts, lab.verdicts(attempts, train, heldOut));
    const madeRows = made.kept.map(({ answer, ...question }) => lab.rowOf(question, answer));
    writeWhole(join(out, FILES.made), lab.jsonLines(madeRows));
    writeWhole(join(out, FILES.left), lab.jsonLines(made.left));
    say(`${made.kept.length} of ${made.kept.length + made.left.length} made rows are kept.`);
    if (made.kept.length === 0)
      throw usage(
        `--prompts: none of the ${made.left.length} rows that the teacher made can be used, and there is nothing to distil. What was made and why it was left out is in ${join(out, FILES.left)}. Give other questions, or another teacher.`,
      );
    writeWhole(
      join(out, FILES.all),
      lab.jsonLines([...train.map((row) => lab.rowOf(row, row.reference)), ...madeRows]),
    );
    const all = train.length + made.kept.length;
    const steps = lab.totalSteps(settings, all - lab.heldOutCount(all, settings.evalFraction));
    const objective = ofStudent.answersOnly === null ? 'distil' : 'sft';

    /** @returns {Promise<Contender>} */
    const trained = async (
      /** @type {'student-small' | 'student-larger'} */ who,
      /** @type {string} */ file,
      /** @type {Record<string, any>} */ by,
    ) => {
      const place = join(out, who);
      const { json } = await ladder(
        {
          ...trainFlagsOf(values, table),
          ...{ model: values.student, data: join(out, file), 'eval-data': join(out, FILES.heldOut) },
          ...{ steps, rungs: 'tuned', out: place, resume: values.resume ?? false },
          ...by,
        },
        { signal, say: (line) => say(`${lab.WHO[who]}: ${line}`) },
      );
      return lab.contenderOf(who, tunedIn(place), ofStudent, json.rows.training);
    };
    const small = await trained('student-small', FILES.rows, { objective: 'sft' });
    say(contenderLine(lab, small));
    const larger = await trained('student-larger', FILES.all, {
      objective,
      ...(objective === 'distil' && {
        teacher: values.teacher,
        ...pick(values, ['teacher-adapter', ...OF_DISTIL]),
      }),
    });
    say(contenderLine(lab, larger));
    const measured = lab.contenderOf('teacher', ofTeacher.rung, ofTeacher, null);
    const contenders = [measured, small, larger];
    const result = lab.distilResult(contenders, made, { objective, seed: settings.seed });
    const { resume: _, json: __, ...flags } = values;
    const report = lab.distilReport({
      result,
      about: {
        ...{ metric: ofTeacher.metric, heldOut: small.rows.length, removed, steps, made },
        answersOnly: ofStudent.answersOnly,
      },
      facts: [
        ['Teacher', values.teacher],
        ['Its adapter', values['teacher-adapter'] ?? '–'],
        ['Student', values.student],
        ['Rows', `${basename(data)}, SHA-256 ${identity['--data']}`],
        [
          'Held-out rows',
          evalData ? `${basename(evalData)}, SHA-256 ${identity['--eval-data']}` : 'a quarter of the rows',
        ],
        [
          'Questions',
          prompts ? `${basename(prompts)}, SHA-256 ${identity['--prompts']}` : 'made by the teacher',
        ],
      ],
      settings,
      versions: { ...versionsOf(), node: process.versions.node },
      command: lab.commandLine('distil', flags),
      created: new Date().toISOString(),
    });
    const json = writeReport(lab, out, {
      keys: {
        ...result,
        metric_name: lab.criterionKey(ofTeacher.metric),
        rows: { training: train.length, held_out: heldOut.length, removed },
        ...{ steps, answers_only: ofStudent.answersOnly },
      },
      report,
    });
    return {
      json,
      text: [
        ...contenders.map((one) => contenderLine(lab, one)),
        ...report.findings,
        `The report and the made rows are in ${out}.`,
      ].join('\n'),
    };
  } catch (error) {
    if (error instanceof Failure && error.status === STATUS.interrupted)
      throw new Failure(
        STATUS.interrupted,
        'Interrupted. What was measured and made is in --out. The same command with --resume goes on from there.',
      );
    throw error;
  } finally {
    release();
  }
}

/**
 * What `--resume` finds; of another distillation it is refused, and without the flag replaced.
 * @param {ReturnType<typeof keptDistil>} kept
 * @param {import('./kept-identity.mjs').Identity} identity
 * @param {boolean | undefined} resume
 * @param {(line: string) => void} say
 * @returns {Stages}
 */
function earlier(kept, identity, resume, say) {
  const found = kept.read();
  if (found && resume) {
    refuseOther(identity, found.identity, 'distillation');
    return found.stages;
  }
  if (found) say('Warning: --out holds a distillation already; without --resume this one replaces it.');
  kept.clear();
  return {};
}

/**
 * Of the flags those that the students' runs have; how many steps is said to both.
 * @param {Record<string, any>} values
 * @param {import('./flag-tables.mjs').Table} table
 */
function trainFlagsOf(values, table) {
  const own = ['teacher', 'teacher-adapter', 'student', 'prompts', 'rows', 'objective', 'epochs', 'json'];
  const left = [...own, ...OF_DISTIL, ...OF_ROWS];
  return pick(
    values,
    distilFlags(table).flatMap(({ name }) => (left.includes(name) ? [] : [name])),
  );
}

/**
 * @param {Record<string, any>} values
 * @param {readonly string[]} names
 */
function pick(values, names) {
  return Object.fromEntries(
    names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]),
  );
}

/** What a student's ladder has kept. */
function tunedIn(/** @type {string} */ place) {
  const found = keptRungs(place)
    .all()
    .find(({ rung }) => rung.name === 'tuned');
  if (!found) throw new Error(`${place} has no rung tuned`);
  return found.rung;
}

/** @param {LabModules} lab @param {Contender} one */
function contenderLine(lab, { who, rows, tokens_per_second }) {
  const speed = tokens_per_second === null ? '' : `, ${tokens_per_second.toFixed(0)} tokens/s`;
  return `${lab.WHO[who]}: ${(100 * lab.shareOf(rows)).toFixed(1)} %${speed}`;
}
