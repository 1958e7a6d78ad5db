import { fileURLToPath } from 'node:url';
import { Progress } from './progress.mjs';
import { runNode } from './run-node.mjs';

const REPORTER = fileURLToPath(new URL('reporter.mjs', import.meta.url));

/**
 * Runs tests of one Vitest project. `say` gets a line for each file as it ends, and what failed.
 * @param {string} project
 * @param {{
 *   all: boolean,
 *   silence: number,
 *   say: (line: string) => void,
 *   files?: string[],
 *   pattern?: string,
 *   program?: string,
 * }} options `silence`: ms without a test or a file that begins or ends, after which the run is ended. `program`: path
 *   of the Node that runs them.
 */
export function runVitest(project, { all, silence, say, files = [], pattern, program }) {
  return vitest([...files, `--project=${project}`, ...(pattern ? ['--testNamePattern', pattern] : [])], {
    env: { LOWRANK_TEST_ALL: all ? '1' : '' },
    silence,
    say,
    program,
  });
}

/**
 * Runs Vitest with these arguments.
 * @param {string[]} args
 * @param {{ silence: number, say: (line: string) => void, env?: Record<string, string>, program?: string }} options
 */
export async function vitest(args, { silence, say, env = {}, program }) {
  const progress = new Progress();
  const { status, silent } = await runNode(
    ['node_modules/vitest/vitest.mjs', 'run', ...args, `--reporter=${REPORTER}`],
    { env, silence, program, onLine: say, onMessage: (message) => progress.hear(message) },
  );
  if (silent) {
    const running = progress.running().join('; ') || 'nothing';
    say(`Ended after ${silence / 60_000} minutes in which no test began or ended. Running then: ${running}.`);
  } else for (const running of progress.running()) say(`  FAILED  ${running} has not ended.`);
  const { passed, failed } = progress.counts();
  return { passed, failed: status !== 0 && failed === 0 ? 1 : failed, files: progress.ended };
}
