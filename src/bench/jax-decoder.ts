import * as jax from '@jax-js/jax';
import type { Batch } from '../data/batch.ts';
import type { OptimizerSettings } from '../engine/engine.ts';
import type { RandomModel } from './random-model.ts';

/**
 * The same training step in jax-js, as its user would write it: one function under `jit` that has the loss, its
 * gradient by `valueAndGrad`, the clip and AdamW. Weights in the file's [out, in] layout.
 *
 * jax-js counts references: a function owns its arguments, and `.ref` keeps one for later.
 */
export interface JaxTrainer {
  /** Steps on and puts everything on the queue; `loss` reads the loss of that step. */
  step(step: number): { loss(): Promise<number> };
  finish(): Promise<void>;
  dispose(): void;
}

type A = jax.Array;
type Adapter = { a: A; b: A };
type State = { adapters: Adapter[]; m: Adapter[]; v: Adapter[] };

const { numpy: np, nn } = jax;

export async function openJaxTrainer(
  model: RandomModel,
  batch: Batch,
  optimizer: OptimizerSettings,
): Promise<JaxTrainer> {
  const { config, modules, lora, adapter } = model;
  const { heads, kvHeads, headDim, layers, rope } = config;
  const T = batch.length;
  const scale = lora.alpha / lora.rank;

  const tensor = async (name: string): Promise<A> => {
    const { data, shape } = await model.base.tensor(name);
    return np.array(data as Float32Array<ArrayBuffer>).reshape([...shape]);
  };
  const names = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj', 'self_attn.o_proj'];
  const rest = [
    'mlp.gate_proj',
    'mlp.up_proj',
    'mlp.down_proj',
    'input_layernorm',
    'post_attention_layernorm',
  ];
  const frozen: Record<string, A> = {
    embedding: await tensor('model.embed_tokens.weight'),
    norm: await tensor('model.norm.weight'),
  };
  for (let layer = 0; layer < layers; layer++)
    for (const name of [...names, ...rest])
      frozen[`${layer}.${name}`] = await tensor(`model.layers.${layer}.${name}.weight`);
  const { cos, sin } = angles(rope!.global.inverseFrequencies, T);
  frozen.cos = np.array(cos).reshape([T, 1, headDim]);
  frozen.sin = np.array(sin).reshape([T, 1, headDim]);

  const norm = (x: A, weight: A): A => {
    const mean = np.mean(np.square(x.ref), -1, { keepdims: true });
    return x.div(np.sqrt(mean.add(config.normEps))).mul(weight);
  };
  const plain = (x: A, w: A): A => np.matmul(x, w.transpose());
  const adapted = (x: A, w: A, { a, b }: Adapter): A => {
    const base = plain(x.ref, w);
    return base.add(plain(plain(x, a), b).mul(scale));
  };
  const turned = (x: A, cos: A, sin: A): A => {
    const half = headDim / 2;
    const low = x.ref.slice([], [], [0, half]);
    const high = x.ref.slice([], [], [half, headDim]);
    const other = np.concatenate([np.negative(high), low], -1);
    return x.mul(cos).add(other.mul(sin));
  };

  /** Mean loss of predicting ids[1 …] from ids[… T − 1]. */
  const loss = (adapters: Adapter[], w: Record<string, A>, ids: A, targets: A): A => {
    let x = np.take(w.embedding.ref, ids, 0); // [T, d]
    for (let layer = 0; layer < layers; layer++) {
      const weight = (name: string) => w[`${layer}.${name}`];
      const lora = (i: number) => adapters[4 * layer + i];
      const h = norm(x.ref, weight(rest[3]));
      const split = (y: A, count: number) => y.reshape([T, count, headDim]);
      const q = turned(split(adapted(h.ref, weight(names[0]), lora(0)), heads), w.cos.ref, w.sin.ref);
      const k = turned(split(adapted(h.ref, weight(names[1]), lora(1)), kvHeads), w.cos.ref, w.sin.ref);
      const v = split(adapted(h, weight(names[2]), lora(2)), kvHeads);
      const mixed = nn.dotProductAttention(q, k, v, { isCausal: true, scale: config.attentionScale });
      x = x.add(adapted(mixed.reshape([T, heads * headDim]), weight(names[3]), lora(3)));
      const h2 = norm(x.ref, weight(rest[4]));
      const gate = nn.silu(plain(h2.ref, weight(rest[0])));
      x = x.add(plain(gate.mul(plain(h2, weight(rest[1]))), weight(rest[2])));
    }
    w.cos.dispose();
    w.sin.dispose();
    const predicting = norm(x, w.norm).slice([0, T - 1], []);
    const logits = plain(predicting, w.embedding); // [T − 1, V]
    const chosen = nn.oneHot(targets, config.vocab);
    const own = np.sum(logits.ref.mul(chosen), -1);
    return np.mean(nn.logsumexp(logits, -1).sub(own));
  };

  const { learningRate, beta1, beta2, epsilon, weightDecay, clip } = optimizer;
  const update = jax.jit(
    (state: State, w: Record<string, A>, batch: { ids: A; targets: A }, roots: readonly [A, A]) => {
      const { ids, targets } = batch;
      const [root1, root2] = roots;
      const [value, gradients] = jax.valueAndGrad(loss)(jax.tree.ref(state.adapters), w, ids, targets);
      const all = gradients as unknown as Adapter[];
      const squares = all.flatMap(({ a, b }) => [np.sum(np.square(a.ref)), np.sum(np.square(b.ref))]);
      const total = np.sqrt(squares.reduce((x, y) => x.add(y)));
      const shrink = clip > 0 ? np.minimum(np.array(clip).div(total.ref.add(1e-6)), 1) : np.array(1);
      const next: State = { adapters: [], m: [], v: [] };
      all.forEach((gradient, i) => {
        const made = { adapter: {} as Adapter, m: {} as Adapter, v: {} as Adapter };
        for (const key of ['a', 'b'] as const) {
          const g = gradient[key].mul(shrink.ref);
          const m = state.m[i][key].mul(beta1).add(g.ref.mul(1 - beta1));
          const v = state.v[i][key].mul(beta2).add(np.square(g).mul(1 - beta2));
          const direction = m.ref.div(root1.ref).div(np.sqrt(v.ref).div(root2.ref).add(epsilon));
          made.adapter[key] = state.adapters[i][key]
            .mul(1 - learningRate * weightDecay)
            .sub(direction.mul(learningRate));
          made.m[key] = m;
          made.v[key] = v;
        }
        next.adapters.push(made.adapter);
        next.m.push(made.m);
        next.v.push(made.v);
      });
      for (const one of [shrink, root1, root2]) one.dispose();
      return { loss: value, norm: total, state: next };
    },
  );

  const part = (values: Float32Array | null, rows: number, cols: number): A =>
    values ? np.array(values as Float32Array<ArrayBuffer>).reshape([rows, cols]) : np.zeros([rows, cols]);
  const each = (values: (path: string, key: 'a' | 'b') => Float32Array | null): Adapter[] =>
    modules.map((module) => ({
      a: part(values(module.path, 'a'), lora.rank, module.in),
      b: part(values(module.path, 'b'), module.out, lora.rank),
    }));
  let state: State = {
    adapters: each((path, key) => adapter.values.get(`${path}.lora_${key === 'a' ? 'A' : 'B'}`)!),
    m: each(() => null),
    v: each(() => null),
  };
  const ids = np.array(batch.ids as Int32Array<ArrayBuffer>);
  const targets = np.array(batch.ids.slice(1) as Int32Array<ArrayBuffer>);
  let lastLoss: A | null = null;
  return {
    step(step) {
      const roots: [A, A] = [np.array(1 - beta1 ** step), np.array(Math.sqrt(1 - beta2 ** step))];
      // The old state is consumed; weights and batch are kept.
      const out = update(state, jax.tree.ref(frozen), { ids: ids.ref, targets: targets.ref }, roots);
      state = out.state;
      out.norm.dispose();
      lastLoss?.dispose();
      lastLoss = out.loss;
      const kept = out.loss.ref;
      return { loss: async () => Number((await kept.data())[0]) };
    },
    async finish() {
      await jax.blockUntilReady(state);
      await jax.getWebGPUDevice().queue.onSubmittedWorkDone();
    },
    dispose() {
      jax.tree.dispose(frozen);
      jax.tree.dispose(state);
      for (const one of [ids, targets, lastLoss]) one?.dispose();
      update.dispose();
    },
  };
}

/** cos and sin of every position, both halves of a head alike. */
function angles(frequencies: readonly number[], length: number) {
  const half = frequencies.length;
  const cos = new Float32Array(length * 2 * half);
  const sin = new Float32Array(length * 2 * half);
  for (let i = 0; i < length; i++)
    for (let j = 0; j < 2 * half; j++) {
      cos[i * 2 * half + j] = Math.cos(i * frequencies[j % half]);
      sin[i * 2 * half + j] = Math.sin(i * frequencies[j % half]);
    }
  return { cos, sin };
}
