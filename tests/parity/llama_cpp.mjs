// What llama.cpp makes of our files. `node llama_cpp.mjs MODULE JOBS.json`: each job is {model, lora?, ids, tokens};
// the last line is {results: [{probabilities: [[id, p], …], greedy: [ids]}]}, the likeliest first.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [module, file] = process.argv.slice(2);
const { getLlama, LlamaLogLevel } = await import(pathToFileURL(module).href);
const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  logLevel: LlamaLogLevel.error,
});
const results = [];
for (const { model: modelPath, lora, ids, tokens } of JSON.parse(readFileSync(file, 'utf8'))) {
  const model = await llama.loadModel({ modelPath });
  const context = await model.createContext({
    contextSize: 512,
    ...(lora ? { lora: { adapters: [{ filePath: lora, scale: 1 }] } } : {}),
  });
  const sequence = context.getSequence();
  const next = { generateNext: { probabilities: true } };
  const greedy = [];
  let probabilities = null;
  for (let input = ids; greedy.length < tokens; input = [greedy.at(-1)]) {
    const items = input.map((/** @type {number} */ id, /** @type {number} */ i) =>
      i === input.length - 1 ? [id, next] : id,
    );
    const [answer] = (await sequence.controlledEvaluate(items)).slice(-1);
    probabilities ??= [...answer.next.probabilities].slice(0, 50);
    greedy.push(answer.next.probabilities.keys().next().value);
  }
  results.push({ probabilities, greedy });
  await context.dispose();
  await model.dispose();
}
console.log(JSON.stringify({ results }));
process.exit(0);
