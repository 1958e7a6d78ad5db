import type { Family } from './family.ts';
import { gemma3 } from './gemma3.ts';
import { gptNeox } from './gpt-neox.ts';
import { gpt2 } from './gpt2.ts';
import { llama } from './llama.ts';
import { mistral } from './mistral.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';

/** Every family that is known. Functions that choose among them take a list, and this one where none is given. */
export const FAMILIES: readonly Family[] = [llama, mistral, qwen2, qwen3, gemma3, gpt2, gptNeox];
