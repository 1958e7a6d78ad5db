// A reporter of Vitest: one line for each file as it ends, the failures of one that failed right after it, and
// messages to the process that started Vitest (progress.mjs says what is made of them).
import { relative, sep } from 'node:path';
import { ROOT } from '../paths.mjs';
import { lineOf } from './progress.mjs';

/**
 * @typedef {import('vitest/node').Reporter} Reporter
 * @typedef {import('vitest/node').TestModule} TestModule
 * @typedef {import('vitest/node').TestCase} TestCase
 * @typedef {import('vitest/node').TestSuite} TestSuite
 */

const fileOf = (/** @type {TestModule} */ module) => relative(ROOT, module.moduleId).split(sep).join('/');

/** Names of the suites around a test and its own, as the table of faults reads them. */
const nameOf = (/** @type {TestCase} */ test) => test.fullName.replaceAll(' > ', ' ');

/** @implements {Reporter} */
export default class LineReporter {
  /** @type {import('vitest/node').Vitest | undefined} */
  #vitest;
  /** @type {Map<string, number>} */
  #begun = new Map();
  /** What tests printed, by file: shown where one failed. @type {Map<string, string[]>} */
  #printed = new Map();

  onInit(/** @type {import('vitest/node').Vitest} */ vitest) {
    this.#vitest = vitest;
  }

  onTestModuleQueued(/** @type {TestModule} */ module) {
    this.#begun.set(module.moduleId, Date.now());
    tell({ type: 'file begins', file: fileOf(module) });
  }

  onTestCaseReady(/** @type {TestCase} */ test) {
    tell({ type: 'test begins', file: fileOf(test.module), name: nameOf(test) });
  }

  onTestCaseResult(/** @type {TestCase} */ test) {
    tell({ type: 'test ends', file: fileOf(test.module), name: nameOf(test) });
  }

  onUserConsoleLog(/** @type {import('vitest').UserConsoleLog} */ { taskId, content }) {
    const task = taskId ? this.#vitest?.state.idMap.get(taskId) : undefined;
    if (task?.file)
      this.#printed.set(task.file.filepath, [...(this.#printed.get(task.file.filepath) ?? []), content]);
    else this.#say(content);
  }

  onTestModuleEnd(/** @type {TestModule} */ module) {
    const all = [...module.children.allTests()];
    // Whoever asks for tests by name leaves the others out on purpose.
    const tests = this.#vitest?.config.testNamePattern
      ? all.filter((test) => test.result().state !== 'skipped')
      : all;
    /** @type {import('./progress.mjs').EndedFile} */
    const ended = {
      file: fileOf(module),
      assertions: tests.map((test) => ({
        fullName: nameOf(test),
        status: test.result().state,
        meta: test.meta(),
      })),
      broken: module.state() === 'failed',
      seconds: (Date.now() - (this.#begun.get(module.moduleId) ?? Date.now())) / 1000,
    };
    this.#say(lineOf(ended));
    for (const suite of [module, ...module.children.allSuites()]) this.#failures(suite, suite.errors());
    for (const test of tests) this.#failures(test, test.result().errors ?? []);
    if (ended.broken) this.#say(this.#printed.get(module.moduleId)?.join('') ?? '');
    tell({ type: 'file ends', ended });
  }

  onTestRunEnd(
    /** @type {readonly TestModule[]} */ _modules,
    /** @type {readonly import('vitest').SerializedError[]} */ errors,
  ) {
    if (errors.length > 0) this.#vitest?.logger.printUnhandledErrors([...errors]);
  }

  #failures(
    /** @type {TestModule | TestSuite | TestCase} */ what,
    /** @type {readonly import('vitest').TestError[]} */ errors,
  ) {
    if (errors.length === 0) return;
    if (what.type !== 'module') this.#say(`\n  ${what.fullName}`);
    const task = this.#vitest?.state.idMap.get(what.id);
    for (const error of errors) this.#vitest?.logger.printError(error, { project: what.project, task });
  }

  /** On standard error, where Vitest's own logger prints errors: one stream keeps the order. */
  #say(/** @type {string} */ text) {
    if (text !== '') this.#vitest?.logger.error(text.trimEnd());
  }
}

function tell(/** @type {import('./progress.mjs').Message} */ message) {
  process.send?.(message);
}
