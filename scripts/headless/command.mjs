import { failureOf, STATUS, usage } from './failure.mjs';
import { BENCH_FLAGS, evaluateFlags, exportFlags, generateFlags, trainFlags } from './flag-tables.mjs';
import { distilFlags, frontierFlags, ladderFlags, mergeFlags, stackFlags } from './flag-tables-lab.mjs';
import { tasksFlags } from './flag-tables-tasks.mjs';
import { helpOf, parseFlags } from './flags.mjs';
import { exportFormats, mergeWays, settingsTable } from './tables.mjs';

/** What each command runs, loaded when it is asked for. */
const COMMANDS = {
  train: {
    summary: 'Trains an adapter on a file of rows and writes it to a folder.',
    flags: async () => trainFlags(await settingsTable()),
    run: async () => (await import('./train.mjs')).train,
  },
  generate: {
    summary: 'Answers a prompt with the base, or with an adapter on it.',
    flags: async () => generateFlags(await settingsTable()),
    run: async () => (await import('./generate.mjs')).generate,
  },
  evaluate: {
    summary: 'Measures the loss on a file of rows, of the base or with an adapter.',
    flags: async () => evaluateFlags(await settingsTable()),
    run: async () => (await import('./evaluate.mjs')).evaluate,
  },
  export: {
    summary: 'Writes an adapter, or the base with it merged in, for another program.',
    flags: async () => exportFlags(await exportFormats()),
    run: async () => (await import('./export.mjs')).exportAdapter,
  },
  ladder: {
    summary:
      'Measures a prompt, examples, search, documents and training on the same held-out rows, and says what is needed.',
    flags: async () => ladderFlags(await settingsTable()),
    run: async () => (await import('./ladder.mjs')).ladder,
  },
  frontier: {
    summary:
      'Trains the same rows on several models and base precisions, and says which is the cheapest that suffices.',
    flags: async () => frontierFlags(await settingsTable()),
    run: async () => (await import('./frontier.mjs')).frontier,
  },
  distil: {
    summary:
      'Has a teacher answer new questions, and trains a smaller student on the rows and on what it said.',
    flags: async () => distilFlags(await settingsTable()),
    run: async () => (await import('./distil.mjs')).distil,
  },
  merge: {
    summary: 'Makes one adapter of several, and says how far it is from what was asked for.',
    flags: async () => mergeFlags(await settingsTable(), await mergeWays()),
    run: async () => (await import('./merge.mjs')).merge,
  },
  stack: {
    summary: 'Makes a deeper model out of ranges of layers, and heals it by a run.',
    flags: async () => stackFlags(await settingsTable()),
    run: async () => (await import('./stack.mjs')).stack,
  },
  tasks: {
    summary:
      'Trains several tasks together, one after another, and apart and then merged, and says what each forgets.',
    flags: async () => tasksFlags(await settingsTable(), await mergeWays()),
    run: async () => (await import('./tasks.mjs')).tasks,
  },
  bench: {
    summary: 'Measures kernels and training steps on this machine, beside other ways to train in a browser.',
    flags: async () => BENCH_FLAGS,
    run: async () => (await import('./bench.mjs')).bench,
  },
};

/**
 * Runs one command and returns its exit status; prints its result and its failure.
 * @param {string | undefined} name
 * @param {string[]} args
 */
export async function runCommand(name, args) {
  const interruption = new AbortController();
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => interruption.abort());
  }
  try {
    const command = COMMANDS[/** @type {keyof typeof COMMANDS} */ (name)];
    if (!command)
      throw usage(
        `${name ?? 'Nothing'} is not a command; the commands are ${Object.keys(COMMANDS).join(', ')}.`,
      );
    const table = await command.flags();
    if (args.includes('--help')) {
      console.log(helpOf(/** @type {string} */ (name), command.summary, table));
      return STATUS.done;
    }
    const values = parseFlags(args, table);
    const run = await command.run();
    const { json, text } = await run(values, {
      say: (line) => console.error(line),
      signal: interruption.signal,
    });
    process.stdout.write(values.json ? `${JSON.stringify(json)}\n` : `${text}\n`);
    return STATUS.done;
  } catch (error) {
    const failure = await failureOf(error);
    if (interruption.signal.aborted) {
      console.error(failure.status === STATUS.interrupted ? failure.message : 'Interrupted.');
      return STATUS.interrupted;
    }
    if (process.env.LOWRANK_DEBUG && error instanceof Error) console.error(error.stack);
    console.error(failure.message);
    return failure.status;
  }
}
