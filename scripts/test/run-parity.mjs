import { runNode } from './run-node.mjs';

const SCRIPT = 'scripts/parity.mjs';

/**
 * The comparisons with PyTorch, PEFT and others: each case is a test of fault O1.
 * @param {{ all: boolean, silence: number, say: (line: string) => void }} options `silence`: ms without a line.
 */
export async function runParity({ all, silence, say }) {
  /** @type {{ name: string, pass: boolean }[]} */
  let cases = [];
  const { status, silent } = await runNode([SCRIPT, ...(all ? ['--all'] : []), '--json'], {
    silence,
    onLine(line) {
      if (line.startsWith('{"cases"')) cases = JSON.parse(line).cases;
      else say(`  ${line}`);
    },
  });
  if (silent) say(`Ended: no output for ${silence / 60_000} minutes.`);
  const passed = cases.filter(({ pass }) => pass).length;
  const failed = cases.length - passed;
  const assertions = cases.map(({ name, pass }) => ({
    fullName: `O1: ${name}`,
    status: pass ? 'passed' : 'failed',
  }));
  return {
    passed,
    failed: status !== 0 && failed === 0 ? 1 : failed,
    files: [{ file: SCRIPT, assertions }],
  };
}
