import { METHOD_NAMES } from '../../methods/names.ts';
import { ofMethods } from './conditions.ts';
import { choice, integer, text } from './setting.ts';

const PROMPT = ofMethods('prompt');
const PREFIX = ofMethods('prefix');
const VIRTUAL = ofMethods('prompt', 'prefix');

/** The kind of adapter, and what virtual tokens are told. */
export const METHOD = {
  method: choice({
    flag: 'method',
    label: 'Method',
    group: 'adapter',
    help: 'The kind of adapter. DoRA also trains the length of each row of a weight, and a step takes longer for it: worth a try at low ranks, where its paper finds it ahead; in PEFT’s comparison (Llama-3.2-3B on MetaMathQA, one seed) it came to 0.469, LoRA to 0.478.',
    choices: METHOD_NAMES,
    default: 'lora',
    ofAdapter: true,
  }),
  virtualTokens: integer({
    flag: 'virtual-tokens',
    label: 'Virtual tokens',
    group: 'adapter',
    help: 'How many trained tokens stand in front of every row, beside its own: embeddings, or keys and values in every layer.',
    min: 1,
    max: 1024,
    default: 20,
    only: VIRTUAL,
    ofAdapter: true,
    later: true,
  }),
  promptInit: choice({
    flag: 'prompt-init',
    label: 'Prompt begins as',
    group: 'adapter',
    help: 'What the virtual tokens begin as; at random the prompt learns least (0.057 against 0.343 of PEFT’s comparison on MetaMathQA).',
    choices: [
      { value: 'vocab', label: 'words of the vocabulary' },
      { value: 'text', label: 'a text' },
      { value: 'random', label: 'random numbers' },
    ],
    default: 'vocab',
    only: PROMPT,
    ofAdapter: true,
    later: true,
  }),
  prefixInit: choice({
    flag: 'prefix-init',
    label: 'Prefix begins as',
    group: 'adapter',
    help: 'What the keys and values begin as: those of a text, or of words that the seed draws; zeros; or random numbers, from which a prefix learns least (0.186 against 0.416 of PEFT’s comparison on MetaMathQA).',
    choices: [
      { value: 'text', label: 'a text' },
      { value: 'zero', label: 'zeros' },
      { value: 'random', label: 'random numbers' },
    ],
    default: 'text',
    only: PREFIX,
    ofAdapter: true,
    later: true,
  }),
  promptText: text({
    flag: 'prompt-text',
    label: 'Text to begin with',
    group: 'adapter',
    help: 'Its tokens are cut or repeated to the number of virtual tokens.',
    placeholder: 'TEXT',
    default: null,
    only: {
      words: 'where virtual tokens begin as a text',
      methods: ['prompt', 'prefix'],
      holds: ({ settings: { method, promptInit, prefixInit } }) =>
        (method === 'prompt' && promptInit === 'text') || (method === 'prefix' && prefixInit === 'text'),
    },
    ofAdapter: true,
    later: true,
  }),
};
