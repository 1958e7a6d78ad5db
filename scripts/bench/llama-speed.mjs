// How fast llama.cpp generates: `node llama-speed.mjs MODULE '{"model", "ids", "tokens", "threads"}'`. The prompt is not
// timed. Prints {tokens_per_second}.
import { pathToFileURL } from 'node:url';

const [module, job] = process.argv.slice(2);
const { model: modelPath, ids, tokens, threads } = JSON.parse(job);
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(module).href);
const options = { gpu: false, build: 'never', skipDownload: true, logLevel: LlamaLogLevel.error };
const llama = await getLlama({ ...options, maxThreads: threads });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({ contextSize: 512, threads });
const sequence = context.getSequence();
const next = { generateNext: { token: true } };
let begin = 0;
let last = 0;
for (let made = 0, input = ids; made <= tokens; made++, input = [last]) {
  const items = input.map((/** @type {number} */ id, /** @type {number} */ i) =>
    i === input.length - 1 ? [id, next] : id,
  );
  const [answer] = (await sequence.controlledEvaluate(items)).slice(-1);
  last = answer.next.token;
  if (made === 0) begin = performance.now();
}
console.log(JSON.stringify({ tokens_per_second: (1000 * tokens) / (performance.now() - begin) }));
process.exit(0);
