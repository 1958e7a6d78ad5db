/** What files hold, told by their first bytes where their names do not say. */

const GGUF = 'GGUF';

/** A model in one file, whatever it is called; a `.gguf` that is none is told so as a model. */
export async function isGguf({ path, file }: { path: string; file: Blob }): Promise<boolean> {
  return /\.gguf$/i.test(path) || (await file.slice(0, GGUF.length).text()) === GGUF;
}

/** Weights of a model or of an adapter, by their usual names. */
export const MODEL_WEIGHTS = /(^|\/)model[^/]*\.safetensors$/i;
export const ADAPTER_WEIGHTS = /(^|\/)(adapter_model\.(safetensors|bin)|adapters\.(safetensors|npz))$/i;
