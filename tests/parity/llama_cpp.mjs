// What llama.cpp makes of our files. `node llama_cpp.mjs MODULE JOBS.json`: each job is {model, lora?, ids?, tokens?,
// texts?}; the last line is {results: [{probabilities: [[id, p], …], greedy: [ids], texts: [[ids], …]}]}, the likeliest
// first, or {error} where llama.cpp does not load the file.
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
for (const job of JSON.parse(readFileSync(file, 'utf8'))) {
  try {
    results.push(await answer(job));
  } catch (error) {
    results.push({ error: String(error) });
  }
}
console.log(JSON.stringify({ results }));
process.exit(0);

/** @param {{ model: string, lora?: string, ids?: number[], tokens?: number, texts?: string[] }} job */
async function answer({ model: modelPath, lora, ids, tokens = 1, texts = [] }) {
  const model = await llama.loadModel({ modelPath });
  const answered = ids ? await greedily(model, { lora, ids, tokens }) : {};
  const { bos, shouldPrependBosToken } = model.tokens;
  const front = shouldPrependBosToken ? [bos] : [];
  const tokenised = texts.map((text) => [...front, ...model.tokenize(text, true)]);
  await model.dispose();
  return { ...answered, texts: tokenised };
}

/**
 * @param {any} model
 * @param {{ lora?: string, ids: number[], tokens: number }} job
 */
async function greedily(model, { lora, ids, tokens }) {
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
  await context.dispose();
  return { probabilities, greedy };
}
