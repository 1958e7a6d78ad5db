import { UserError } from '../../errors.ts';
import type { DecoderConfig } from '../config.ts';
import type { AdapterModule } from '../modules.ts';
import type { Family, LinearRole } from './family.ts';

/** From a family's names: paths of modules, names and shapes of tensors. */

/** What follows the last dot: `q_proj`. */
export function suffixOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

/** Suffixes of a family's linear layers, in block order, each once: the choice of targets. */
export function targetSuffixes({ tensors }: Family): string[] {
  return [...new Set(tensors.linears.map(({ path }) => suffixOf(path)))];
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
 * whole path, or its end after a dot (`c_proj` is both of GPT-2's). `all` and PEFT's `all-linear` match every one.
 * @throws UserError `unknown-target` naming the one that matches nothing and what there is.
 */
export function adapterModules(config: DecoderConfig, targets: readonly string[]): AdapterModule[] {
  const { blocks, linears } = config.family.tensors;
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
      `This model has no layer called ${JSON.stringify(unknown)}. Choose from ${targetSuffixes(config.family).join(', ')}, or all.`,
    );
  }
  if (modules.length === 0) {
    throw new UserError(
      'no-target',
      `No target module is chosen. Choose from ${targetSuffixes(config.family).join(', ')}, or all.`,
    );
  }
  return modules;
}

/** As PEFT matches a module: by its whole path, or its end after a dot. */
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
    const inBlock = path.slice(`${config.family.tensors.blocks}.${layer}.`.length);
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
  const names = config.family.tensors;
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

/**
 * A tensor's name as it is used here. Checkpoints saved from the bare decoder (the hub's `gpt2` among them) lack the first
 * part of every path, which the model with a head has (`transformer.`); of some families the head has a second name.
 */
export function usualName(name: string, { tensors }: Family): string {
  if (name === tensors.headAlias) return tensors.head;
  const prefix = tensors.blocks.slice(0, tensors.blocks.indexOf('.') + 1);
  const { embedding, positions, finalNorm, blocks } = tensors;
  const bare = [embedding, positions, `${finalNorm}.`, `${blocks}.`].some(
    (known) => known?.startsWith(prefix) && name.startsWith(known.slice(prefix.length)),
  );
  return bare ? prefix + name : name;
}

/** Masks and rotary tables that older versions of transformers saved: computed, not trained, and so no weights. */
export function isBuffer(name: string): boolean {
  return /(^|\.)(attn|attention)\.(masked_)?bias$|\.rotary_emb\.(inv_freq|cos_cached|sin_cached)$/.test(name);
}

/** Whether models of the family can have a tensor of this name. */
export function isOfFamily(name: string, { tensors }: Family): boolean {
  if ([tensors.embedding, tensors.positions, tensors.head].includes(name)) return true;
  const dot = name.lastIndexOf('.');
  const [path, part] = [name.slice(0, dot), name.slice(dot + 1)];
  if (part !== 'weight' && part !== 'bias') return false;
  if (path === tensors.finalNorm) return true;
  const { blocks, norm1, norm2, qNorm, kNorm, postAttentionNorm, postFeedForwardNorm } = tensors;
  const inside = path.startsWith(`${blocks}.`) && /^\d+\.(.+)$/.exec(path.slice(blocks.length + 1))?.[1];
  if (!inside) return false;
  return (
    tensors.linears.some((linear) => linear.path === inside) ||
    [norm1, norm2, qNorm, kNorm, postAttentionNorm, postFeedForwardNorm].includes(inside)
  );
}
