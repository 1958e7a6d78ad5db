import { usage } from './failure.mjs';
import { settingsFrom } from './flag-tables.mjs';
import { adapterInput, deviceInput, modelInput } from './inputs.mjs';
import { openAdapterIn, openModelIn } from './open.mjs';
import { outputFile, refuseSame, writeWhole } from './outputs.mjs';
import { progressPrinter, withHeadless } from './session.mjs';
import { settingsTable } from './tables.mjs';

/**
 * `generate` of the contract: docs/commands.md.
 * @param {Record<string, any>} values
 * @param {{ say: (line: string) => void, signal: AbortSignal }} io
 */
export async function generate(values, { say, signal }) {
  const asked = deviceInput(values);
  const { device } = asked;
  const model = modelInput(values);
  const adapter = values.adapter === undefined ? null : adapterInput(values.adapter);
  const { raw, seed, baseDtype } = settingsFrom(await settingsTable(), values);
  refuseSame(
    [['logits', values.logits]],
    [...model.files, ...(adapter ?? [])].map((file) => /** @type {[string, string]} */ (['model', file])),
  );
  const logitsFile = values.logits === undefined ? null : outputFile('logits', values.logits);
  const maxTokens = atLeast('max-tokens', values['max-tokens'] ?? 64, 1);
  const temperature = atLeast('temperature', values.temperature ?? 0, 0);
  const topP = values['top-p'] ?? 1;
  if (!(topP > 0 && topP <= 1)) throw usage('--top-p: must be more than 0 and at most 1.');
  const request = {
    prompt: values.prompt,
    ...(values.system === undefined ? {} : { system: values.system }),
    raw,
    maxTokens,
    temperature,
    topP,
    seed,
    strength: adapter ? 1 : 0,
  };

  return withHeadless(
    { device, keep: model.kept, say, signal, onEvent: progressPrinter(say) },
    async (headless) => {
      const { bridge, inbox } = headless;
      await bridge.evaluate((lowrank, { device, threads }) => lowrank.hardware(device, { threads }), asked);
      await openModelIn(headless, model, { dtype: baseDtype, say });
      await openAdapterIn(headless, adapter, say);
      if (logitsFile) {
        const { input_ids } = await bridge.evaluate(
          (lowrank, { request, to }) => lowrank.sendPromptLogits(request, to),
          { request, to: inbox.path('logits') },
        );
        const bytes = inbox.received.get('logits') ?? Buffer.alloc(0);
        const logits = [
          ...new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)),
        ];
        writeWhole(logitsFile, `${JSON.stringify({ input_ids, logits })}\n`);
      }
      const result = await bridge.evaluate((lowrank, given) => lowrank.generate(given), request);
      // One token, or none, takes no time that could be measured.
      const speed = result.tokens_per_second > 0 ? result.tokens_per_second : null;
      return { json: { ...result, tokens_per_second: speed }, text: result.text };
    },
  );
}

function atLeast(
  /** @type {string} */ flag,
  /** @type {number} */ value,
  /** @type {number} */ least,
  most = Number.POSITIVE_INFINITY,
) {
  if (value < least) throw usage(`--${flag}: must be at least ${least}.`);
  if (value > most) throw usage(`--${flag}: must be at most ${most}.`);
  return value;
}
