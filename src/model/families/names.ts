import { UserError } from '../../errors.ts';
import type { DecoderConfig, Family } from '../config.ts';
import type { AdapterModule } from '../modules.ts';

/**
 * The families of decoders as data: what Hugging Face calls each tensor. Adding a family that computes as
 * one of these does means adding a row here and its traits in `parse.ts`.
 */

export type LinearRole = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';

/** One linear layer of a block. */
export interface BlockLinear {
  /** Path inside the block, e.g. `self_attn.q_proj`; with `.weight` and `.bias` behind it, the tensors. */
  path: string;
  /** What it computes; a fused layer has several, see `split`. */
  roles: readonly LinearRole[];
  /**
   * How the output rows of a fused q, k, v divide: `thirds` is all of q, then k, then v (GPT-2);
   * `heads` is q, k, v of each head in turn (GPT-NeoX).
   */
  split?: 'thirds' | 'heads';
}

export interface FamilyNames {
  /** `model_type` in config.json. */
  modelType: string;
  architecture: string;
  embedding: string;
  /** Learned positions [maxPositions, hidden]. */
  positions: string | null;
  finalNorm: string;
  /** Output projection where it is not tied to the embedding. */
  head: string;
  /** Blocks are `${blocks}.0`, `${blocks}.1`, … */
  blocks: string;
  /** In the order q, k, v, o, gate, up, down. */
  linears: readonly BlockLinear[];
  /** Stored [in, out] instead of [out, in] (GPT-2's Conv1D). */
  conv1d: boolean;
  /** Norms inside a block, without `.weight` and `.bias`. */
  norm1: string;
  norm2: string;
  qNorm: string | null;
  kNorm: string | null;
  /** Gemma: after attention and after the feed-forward, before the residual is added. */
  postAttentionNorm: string | null;
  postFeedForwardNorm: string | null;
  /** Suffixes that get an adapter when the person does not choose. */
  defaultTargets: readonly string[];
}

const LLAMA_LINEARS: readonly BlockLinear[] = [
  { path: 'self_attn.q_proj', roles: ['q'] },
  { path: 'self_attn.k_proj', roles: ['k'] },
  { path: 'self_attn.v_proj', roles: ['v'] },
  { path: 'self_attn.o_proj', roles: ['o'] },
  { path: 'mlp.gate_proj', roles: ['gate'] },
  { path: 'mlp.up_proj', roles: ['up'] },
  { path: 'mlp.down_proj', roles: ['down'] },
];

const LLAMA: FamilyNames = {
  modelType: 'llama',
  architecture: 'LlamaForCausalLM',
  embedding: 'model.embed_tokens.weight',
  positions: null,
  finalNorm: 'model.norm',
  head: 'lm_head.weight',
  blocks: 'model.layers',
  linears: LLAMA_LINEARS,
  conv1d: false,
  norm1: 'input_layernorm',
  norm2: 'post_attention_layernorm',
  qNorm: null,
  kNorm: null,
  postAttentionNorm: null,
  postFeedForwardNorm: null,
  defaultTargets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
};

export const FAMILIES: Readonly<Record<Family, FamilyNames>> = {
  llama: LLAMA,
  mistral: { ...LLAMA, modelType: 'mistral', architecture: 'MistralForCausalLM' },
  qwen2: { ...LLAMA, modelType: 'qwen2', architecture: 'Qwen2ForCausalLM' },
  qwen3: {
    ...LLAMA,
    modelType: 'qwen3',
    architecture: 'Qwen3ForCausalLM',
    qNorm: 'self_attn.q_norm',
    kNorm: 'self_attn.k_norm',
  },
  gemma3: {
    ...LLAMA,
    modelType: 'gemma3_text',
    architecture: 'Gemma3ForCausalLM',
    norm2: 'pre_feedforward_layernorm',
    qNorm: 'self_attn.q_norm',
    kNorm: 'self_attn.k_norm',
    postAttentionNorm: 'post_attention_layernorm',
    postFeedForwardNorm: 'post_feedforward_layernorm',
  },
  gpt2: {
    modelType: 'gpt2',
    architecture: 'GPT2LMHeadModel',
    embedding: 'transformer.wte.weight',
    positions: 'transformer.wpe.weight',
    finalNorm: 'transformer.ln_f',
    head: 'lm_head.weight',
    blocks: 'transformer.h',
    linears: [
      { path: 'attn.c_attn', roles: ['q', 'k', 'v'], split: 'thirds' },
      { path: 'attn.c_proj', roles: ['o'] },
      { path: 'mlp.c_fc', roles: ['up'] },
      { path: 'mlp.c_proj', roles: ['down'] },
    ],
    conv1d: true,
    norm1: 'ln_1',
    norm2: 'ln_2',
    qNorm: null,
    kNorm: null,
    postAttentionNorm: null,
    postFeedForwardNorm: null,
    defaultTargets: ['c_attn'],
  },
  gpt_neox: {
    modelType: 'gpt_neox',
    architecture: 'GPTNeoXForCausalLM',
    embedding: 'gpt_neox.embed_in.weight',
    positions: null,
    finalNorm: 'gpt_neox.final_layer_norm',
    head: 'embed_out.weight',
    blocks: 'gpt_neox.layers',
    linears: [
      { path: 'attention.query_key_value', roles: ['q', 'k', 'v'], split: 'heads' },
      { path: 'attention.dense', roles: ['o'] },
      { path: 'mlp.dense_h_to_4h', roles: ['up'] },
      { path: 'mlp.dense_4h_to_h', roles: ['down'] },
    ],
    conv1d: false,
    norm1: 'input_layernorm',
    norm2: 'post_attention_layernorm',
    qNorm: null,
    kNorm: null,
    postAttentionNorm: null,
    postFeedForwardNorm: null,
    defaultTargets: ['query_key_value'],
  },
};

/** What stands behind the last dot: `q_proj`. */
export function suffixOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Suffixes of a family's linear layers, in block order, each once: the choice of targets. */
export function targetSuffixes(family: Family): string[] {
  return [...new Set(FAMILIES[family].linears.map(({ path }) => suffixOf(path)))];
}

export function defaultTargets(family: Family): string[] {
  return [...FAMILIES[family].defaultTargets];
}

/** Input and output width of a linear layer, as [out, in] has it (also where the file stores [in, out]). */
export function linearSize(config: DecoderConfig, roles: readonly LinearRole[]): { in: number; out: number } {
  const q = config.heads * config.headDim;
  const kv = config.kvHeads * config.headDim;
  const outputs: Record<LinearRole, number> = {
    q,
    k: kv,
    v: kv,
    o: config.hidden,
    gate: config.intermediate,
    up: config.intermediate,
    down: config.hidden,
  };
  const inputs: Partial<Record<LinearRole, number>> = { o: q, down: config.intermediate };
  return {
    in: inputs[roles[0]] ?? config.hidden,
    out: roles.reduce((sum, role) => sum + outputs[role], 0),
  };
}

export function hasBias(config: DecoderConfig, roles: readonly LinearRole[]): boolean {
  if (roles[0] === 'q' || roles[0] === 'k' || roles[0] === 'v') return config.qkvBias;
  return roles[0] === 'o' ? config.outputBias : config.mlpBias;
}

/**
 * The linear layers that get an adapter: in layer order, then in block order. A target matches as in PEFT: the
 * whole path, or its end behind a dot (`c_proj` is both of GPT-2's). `all` and PEFT's `all-linear` match every one.
 * @throws UserError `unknown-target` naming the one that matches nothing and what there is.
 */
export function adapterModules(config: DecoderConfig, targets: readonly string[]): AdapterModule[] {
  const { blocks, linears } = FAMILIES[config.family];
  const all = targets.includes('all') || targets.includes('all-linear');
  const unmatched = new Set(targets.filter((target) => target !== 'all' && target !== 'all-linear'));
  const modules: AdapterModule[] = [];
  for (let layer = 0; layer < config.layers; layer++) {
    for (const linear of linears) {
      const path = `${blocks}.${layer}.${linear.path}`;
      const matching = targets.filter((target) => matchesTarget(path, target));
      for (const target of matching) unmatched.delete(target);
      if (!all && matching.length === 0) continue;
      modules.push({ layer, target: suffixOf(linear.path), path, ...linearSize(config, linear.roles) });
    }
  }
  const [unknown] = unmatched;
  if (unknown !== undefined) {
    throw new UserError(
      'unknown-target',
      `No layer of this model is called ${JSON.stringify(unknown)}. Choose among ${targetSuffixes(config.family).join(', ')}, or all.`,
    );
  }
  if (modules.length === 0) {
    throw new UserError(
      'no-target',
      `No target module is chosen. Choose among ${targetSuffixes(config.family).join(', ')}, or all.`,
    );
  }
  return modules;
}

/** As PEFT matches a module: by its whole path, or its end behind a dot. */
export function matchesTarget(path: string, target: string): boolean {
  return path === target || path.endsWith(`.${target}`);
}

/**
 * Targets that stand for these modules and no others of the model: suffixes where they do, else paths inside a block
 * (`attn.c_proj`, since `c_proj` is also the feed-forward’s), else whole paths (one layer’s).
 */
export function exactTargets(config: DecoderConfig, modules: readonly AdapterModule[]): string[] {
  const wanted = new Set(modules.map(({ path }) => path));
  const others = adapterModules(config, ['all']).filter(({ path }) => !wanted.has(path));
  const targets = new Set<string>();
  for (const { path, target, layer } of modules) {
    const inBlock = path.slice(`${FAMILIES[config.family].blocks}.${layer}.`.length);
    const shortest = [target, inBlock].find(
      (name) => !others.some((other) => matchesTarget(other.path, name)),
    );
    targets.add(shortest ?? path);
  }
  return [...targets];
}

export interface ExpectedTensor {
  name: string;
  shape: number[];
}

/** Every tensor that a model of this config has, with its shape as stored. */
export function expectedTensors(config: DecoderConfig): ExpectedTensor[] {
  const names = FAMILIES[config.family];
  const { hidden, vocab, headDim } = config;
  const list: ExpectedTensor[] = [{ name: names.embedding, shape: [vocab, hidden] }];
  const norm = (path: string | null, width: number) => {
    if (path === null) return;
    list.push({ name: `${path}.weight`, shape: [width] });
    if (config.norm === 'layer') list.push({ name: `${path}.bias`, shape: [width] });
  };
  if (names.positions) list.push({ name: names.positions, shape: [config.maxPositions, hidden] });
  for (let layer = 0; layer < config.layers; layer++) {
    const block = `${names.blocks}.${layer}`;
    for (const { path, roles } of names.linears) {
      const size = linearSize(config, roles);
      list.push({
        name: `${block}.${path}.weight`,
        shape: names.conv1d ? [size.in, size.out] : [size.out, size.in],
      });
      if (hasBias(config, roles)) list.push({ name: `${block}.${path}.bias`, shape: [size.out] });
    }
    norm(`${block}.${names.norm1}`, hidden);
    norm(`${block}.${names.norm2}`, hidden);
    if (config.qkNorm) {
      norm(names.qNorm && `${block}.${names.qNorm}`, headDim);
      norm(names.kNorm && `${block}.${names.kNorm}`, headDim);
    }
    if (config.sandwichNorms) {
      norm(names.postAttentionNorm && `${block}.${names.postAttentionNorm}`, hidden);
      norm(names.postFeedForwardNorm && `${block}.${names.postFeedForwardNorm}`, hidden);
    }
  }
  norm(names.finalNorm, hidden);
  if (!config.tiedHead) list.push({ name: names.head, shape: [vocab, hidden] });
  return list;
}
