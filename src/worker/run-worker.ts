import { expose, transfer } from 'comlink';
import { zipFiles } from '../adapters/zip.ts';
import { UserError } from '../errors.ts';
import type { WorkerApi } from './api.ts';
import { Session } from './session.ts';

/** The worker that owns the GPU. Here only what crosses its border: errors as text, buffers by transfer. */

// The page's folder: this file lies in its `assets/` once built, in `src/worker/` under the development server.
const root = new URL(import.meta.env.DEV ? '/' : '../', import.meta.url).href;
const session = new Session(root);

/** Comlink carries an error's message alone, so the code goes in front of it. */
function guarded<A extends unknown[], R>(work: (...args: A) => R | Promise<R>): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await work(...args);
    } catch (error) {
      if (error instanceof UserError) throw new Error(`${error.code}: ${error.message}`);
      throw error;
    }
  };
}

const api: WorkerApi = {
  hardware: guarded((choice) => session.hardware(choice)),
  openModel: guarded((choice, listener) => session.openModel(choice, listener)),
  openData: guarded((choice, options, role, listener) => session.openData(choice, options, role, listener)),
  cancelData: guarded(() => session.cancelData()),
  previewRows: guarded((begin, end) => session.previewRows(begin, end)),
  estimate: guarded((settings) => session.estimate(settings)),
  setAdapter: guarded((files) => session.setAdapter(files)),
  train: guarded((request, listener) => session.train(request, listener)),
  pause: guarded(() => session.pause()),
  resume: guarded(() => session.resume()),
  stop: guarded(() => session.stop()),
  generate: guarded((request, onText) => session.generate(request, onText)),
  cancelGenerate: guarded(() => session.cancelGenerate()),
  promptLogits: guarded((request) => session.promptLogits(request)),
  evaluate: guarded((strength, listener) => session.evaluate(strength, listener)),
  rowLogits: guarded(async (strength) => {
    const result = await session.rowLogits(strength);
    return transfer(result, [result.logits.buffer]);
  }),
  adapterFiles: guarded((options) => session.adapterFiles(options)),
  adapterZip: guarded(async (options) => {
    const zip = zipFiles(await session.adapterFiles(options));
    return new Blob([zip as Uint8Array<ArrayBuffer>], { type: 'application/zip' });
  }),
};

expose(api);
