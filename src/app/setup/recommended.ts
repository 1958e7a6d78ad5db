import type { Hardware } from '../../worker/api/api.ts';

/** A model of a supported family, as the hub describes it. */
export interface Recommended {
  id: string;
  name: string;
  parameters: number;
  /** Bytes of its safetensors. */
  bytes: number;
  licence: string;
  contextLength: number;
  goodFor: string;
  /** Its owner asks for agreement first, so that an access token is needed. */
  gated: boolean;
}

export const RECOMMENDED: readonly Recommended[] = [
  {
    id: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    name: 'SmolLM2 135M Instruct',
    parameters: 134_515_008,
    bytes: 269_060_552,
    licence: 'Apache-2.0',
    contextLength: 8192,
    goodFor: 'The smallest: a tone, a format, labels.',
    gated: false,
  },
  {
    id: 'HuggingFaceTB/SmolLM2-360M-Instruct',
    name: 'SmolLM2 360M Instruct',
    parameters: 361_821_120,
    bytes: 723_674_912,
    licence: 'Apache-2.0',
    contextLength: 8192,
    goodFor: 'Fuller answers in English.',
    gated: false,
  },
  {
    id: 'Qwen/Qwen2.5-0.5B-Instruct',
    name: 'Qwen2.5 0.5B Instruct',
    parameters: 494_032_768,
    bytes: 988_097_824,
    licence: 'Apache-2.0',
    contextLength: 32_768,
    goodFor: 'Many languages, code, structured output.',
    gated: false,
  },
  {
    id: 'Qwen/Qwen3-0.6B',
    name: 'Qwen3 0.6B',
    parameters: 596_049_920,
    bytes: 1_503_300_328,
    licence: 'Apache-2.0',
    contextLength: 40_960,
    goodFor: 'Reasoning in steps before it answers.',
    gated: false,
  },
  {
    id: 'google/gemma-3-270m-it',
    name: 'Gemma 3 270M',
    parameters: 268_098_176,
    bytes: 536_223_056,
    licence: 'Gemma terms',
    contextLength: 32_768,
    goodFor: 'Many languages; made to be specialised.',
    gated: true,
  },
  {
    id: 'meta-llama/Llama-3.2-1B-Instruct',
    name: 'Llama 3.2 1B Instruct',
    parameters: 1_235_814_400,
    bytes: 2_471_645_608,
    licence: 'Llama 3.2',
    contextLength: 131_072,
    goodFor: 'The largest of these.',
    gated: true,
  },
];

/** Room for activations, adapter and optimizer of a small run. */
const REST = 300e6;
/** What WebAssembly’s memory can be. */
const WASM_MOST = 4e9;

export type Fit = { fits: boolean; text: string };

/**
 * Whether a model of so many parameters trains on this hardware, by a rule of thumb: 2 bytes a parameter in half
 * precision, 0.6 in 4 bits. Browsers do not tell how much memory a GPU has; one buffer’s limit is a lower bound of it.
 */
export function fitOf(parameters: number, hardware: Pick<Hardware, 'device' | 'maxBufferBytes'> | null): Fit {
  if (!hardware) return { fits: true, text: '' };
  if (hardware.device === 'wasm') {
    if (0.6 * parameters + REST > WASM_MOST) return { fits: false, text: 'too large without a GPU' };
    if (2 * parameters + REST > WASM_MOST) return { fits: true, text: 'fits in 4 bits, slow without a GPU' };
    return { fits: true, text: parameters > 50e6 ? 'slow without a GPU' : 'fits' };
  }
  const room = hardware.maxBufferBytes;
  const software = hardware.device === 'software' ? ', slow in software' : '';
  if (room === null || 2 * parameters + REST <= room) return { fits: true, text: `fits${software}` };
  if (0.6 * parameters + REST <= room) return { fits: true, text: `fits in 4 bits${software}` };
  return { fits: true, text: `may not fit${software}` };
}
