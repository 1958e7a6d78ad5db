/**
 * What is known of a run of Vitest while it goes on, from the messages of reporter.mjs, and how it is told.
 *
 * @typedef {import('../faults/rows.mjs').Tested} Tested
 * @typedef {Tested & { broken: boolean, seconds: number }} EndedFile `broken`: it failed outside its tests.
 * @typedef {{ type: 'file begins', file: string }
 *   | { type: 'test begins', file: string, name: string }
 *   | { type: 'test ends', file: string, name: string }
 *   | { type: 'file ends', ended: EndedFile }} Message
 */

/**
 * Whatever was not shown to pass has failed: a test that was skipped, and a file that broke, which counts as one.
 * @param {Pick<EndedFile, 'assertions' | 'broken'>} file
 */
export function countsOf({ assertions, broken }) {
  const passed = assertions.filter(({ status }) => status === 'passed').length;
  const lost = assertions.length - passed;
  return { passed, failed: lost === 0 && broken ? 1 : lost };
}

/** @param {EndedFile} ended */
export function lineOf({ file, assertions, broken, seconds }) {
  const { passed, failed } = countsOf({ assertions, broken });
  const counts = failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} failed`;
  return `  ${failed === 0 ? 'passed' : 'FAILED'}  ${file}: ${counts} (${seconds.toFixed(1)} s)`;
}

/**
 * What failed, a line each: found again at the end, below hundreds of lines.
 * @param {(Tested & { broken?: boolean })[]} files
 */
export function failedAmong(files) {
  return files.flatMap(({ file, assertions, broken = false }) => {
    const lost = assertions.filter(({ status }) => status !== 'passed');
    if (lost.length === 0) return broken ? [`FAILED  ${file}`] : [];
    return lost.map(({ fullName }) => `FAILED  ${file}: ${fullName}`);
  });
}

/**
 * @param {string} name
 * @param {{ passed: number, failed: number }} counts
 * @param {number} seconds
 */
export function totalOf(name, { passed, failed }, seconds) {
  const outcome = failed === 0 ? 'passed' : 'FAILED';
  return `${name.padEnd(15)} ${outcome}: ${passed} passed, ${failed} failed (${seconds.toFixed(1)} s)`;
}

/** Gathers messages into counts and files for the table of faults; both also stand where the run was cut off. */
export class Progress {
  /** @type {EndedFile[]} */
  #ended = [];
  /** The test that runs in each file that has begun, or null between tests. @type {Map<string, string | null>} */
  #running = new Map();
  /** @type {Set<string>} */
  #over = new Set();

  hear(/** @type {Message} */ message) {
    // Where Vitest has much to do, that a test began may be told after the end of its file.
    if (message.type !== 'file ends' && this.#over.has(message.file)) return;
    switch (message.type) {
      case 'file begins':
        this.#running.set(message.file, null);
        break;
      case 'test begins':
        this.#running.set(message.file, message.name);
        break;
      case 'test ends':
        this.#running.set(message.file, null);
        break;
      case 'file ends':
        this.#running.delete(message.ended.file);
        this.#over.add(message.ended.file);
        this.#ended.push(message.ended);
    }
  }

  /** What had begun and has not ended. */
  running() {
    return [...this.#running].map(([file, name]) => (name === null ? file : `${file}: ${name}`));
  }

  counts() {
    const counts = this.#ended.map(countsOf);
    return {
      passed: counts.reduce((sum, { passed }) => sum + passed, 0),
      failed: counts.reduce((sum, { failed }) => sum + failed, this.#running.size),
    };
  }

  /** Every file that has ended. */
  get ended() {
    return this.#ended;
  }
}
