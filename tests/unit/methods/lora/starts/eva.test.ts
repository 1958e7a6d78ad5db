import { describe, expect, it, test } from 'vitest';
import type { Batch } from '../../../../../src/data/batch.ts';
import { supervisedRows } from '../../../../../src/data/batch.ts';
import {
  evaAdapter,
  type ObservedInputs,
  principalComponents,
  sitesByInput,
} from '../../../../../src/methods/lora/starts/eva.ts';
import type { AdapterWeights, LoraSettings } from '../../../../../src/methods/types.ts';
import { adapterModules } from '../../../../../src/model/families/names.ts';
import type { AdapterModule } from '../../../../../src/model/modules.ts';
import { atTheirTokens, evaStart } from '../../../../../src/worker/compute/eva-start.ts';
import type { Workspace } from '../../../../../src/worker/compute/workspace.ts';
import { processorEngine } from '../../../engine/processor/processor-engine.ts';
import { openFixture } from '../../../model/fixture.ts';
import { readFixture } from '../../../read-fixture.ts';
import { jacobiSvd } from './jacobi.ts';

const open = () =>
  openFixture((file) => readFixture(new URL(`../../../model/fixtures/llama/${file}`, import.meta.url)));

/** Exact principal components of rows X [n, width]. */
function exactComponents(x: readonly (readonly number[])[], width: number) {
  const mean = Array.from({ length: width }, (_, j) => x.reduce((sum, row) => sum + row[j], 0) / x.length);
  const centred = x.flatMap((row) => row.map((value, j) => value - mean[j]));
  const { values, right } = jacobiSvd(centred, x.length, width);
  const total = centred.reduce((sum, value) => sum + value * value, 0);
  return { right, explained: values.map((s) => (s * s) / total) };
}

/** What a pass over rows X would give, in float64. */
function passOver(x: readonly (readonly number[])[]) {
  return async ({ modules, settings, values }: AdapterWeights<LoraSettings>): Promise<ObservedInputs> => {
    const observed = { products: new Map(), sums: new Map(), squares: new Map() };
    for (const { path, in: width } of modules) {
      const a = values.get(`${path}.lora_A`)!;
      const products = new Float64Array(settings.rank * width);
      for (const row of x)
        for (let r = 0; r < settings.rank; r++) {
          const s = row.reduce((sum, value, j) => sum + value * a[r * width + j], 0);
          for (let j = 0; j < width; j++) products[r * width + j] += s * row[j];
        }
      observed.products.set(path, Float32Array.from(products));
      observed.sums.set(
        path,
        Float64Array.from({ length: width }, (_, j) => x.reduce((sum, row) => sum + row[j], 0)),
      );
      observed.squares.set(
        path,
        x.flat().reduce((sum, value) => sum + value * value, 0),
      );
    }
    return { rows: x.length, ...observed };
  };
}

describe('principal components', () => {
  test('are those of an exact decomposition, of inputs with a mean', async () => {
    const f = await open();
    const [site] = f.modules;
    const width = site.in;
    const x = Array.from({ length: 90 }, (_, i) =>
      Array.from(
        { length: width },
        (_, j) => 3 + Math.sin(i * (j + 1) * 1.7) / (1 + j) + 0.05 * Math.cos(i * 31 + j * 17),
      ),
    );
    const found = (await principalComponents(f.config, [site], 6, 3, passOver(x))).get(site.path)!;
    const exact = exactComponents(x, width);
    for (let r = 0; r < 6; r++) {
      expect(found.explained[r]).toBeCloseTo(exact.explained[r], 4);
      const along = found.components[r].reduce((sum, value, j) => sum + value * exact.right[r][j], 0);
      expect(Math.abs(along)).toBeGreaterThan(0.999);
      const largest = found.components[r].reduce((m, v) => (Math.abs(v) > Math.abs(m) ? v : m), 0);
      expect(largest).toBeGreaterThan(0);
    }
  });

  test('M1: of fewer tokens than components are refused', async () => {
    const f = await open();
    const x = [Array.from({ length: f.modules[0].in }, (_, j) => j)];
    await expect(principalComponents(f.config, [f.modules[0]], 4, 1, passOver(x))).rejects.toMatchObject({
      code: 'bad-setting',
      message: expect.stringContaining('--eva-rows'),
    });
  });
});

describe('ranks', () => {
  const settings: LoraSettings = { rank: 2, alpha: 6, dropout: 0, targets: ['all'], start: 'eva' };

  it('go to what explains most, their sum stays, and the scale does too', async () => {
    const { config } = await open();
    const modules = adapterModules(config, ['all']);
    const firsts = [...sitesByInput(config, modules).keys()];
    expect(firsts.map(({ target }) => target)).toEqual(
      Array.from({ length: config.layers }, () => ['q_proj', 'o_proj', 'gate_proj', 'down_proj']).flat(),
    );
    const found = new Map(
      firsts.map((site: AdapterModule, i) => [
        site.path,
        {
          components: Array.from({ length: 4 }, (_, r) =>
            Float64Array.from({ length: site.in }, (_, j) => Number(j === r)),
          ),
          // The inputs of o in the last layer explain least.
          explained: Float64Array.from([4, 3, 2, 1], (share) => (share * (firsts.length - i)) / 100),
        },
      ]),
    );
    const begun = evaAdapter(config, settings, found);
    const rankOf = (site: AdapterModule) => begun.values.get(`${site.path}.lora_A`)!.length / site.in;
    const ranks = begun.modules.map(rankOf);
    expect(ranks.reduce((a, b) => a + b)).toBe(2 * modules.length);
    expect(Math.max(...ranks)).toBe(3);
    expect(begun.modules.length).toBeLessThan(modules.length);
    expect(adapterModules(config, begun.settings.targets)).toEqual(begun.modules);
    for (const site of begun.modules) {
      const { rankPattern = {}, alphaPattern = {} } = begun.settings;
      expect(rankPattern[site.path] ?? 2).toBe(rankOf(site));
      expect((alphaPattern[site.path] ?? 6) / rankOf(site)).toBe(3);
      expect(begun.values.get(`${site.path}.lora_B`)!.every((value) => value === 0)).toBe(true);
    }
    // Of one input the earlier site has no less.
    const byPath = new Map(begun.modules.map((site) => [site.path, rankOf(site)]));
    for (const group of sitesByInput(config, modules).values())
      group.reduce((before, site) => {
        const rank = byPath.get(site.path) ?? 0;
        expect(rank).toBeLessThanOrEqual(before);
        return rank;
      }, 4);
  });
});

describe('on an engine', () => {
  it('looks at the supervised tokens alone, a token past the end where a row has room', () => {
    const batch: Batch = {
      ...{ rows: 2, length: 4, ids: Int32Array.of(5, 6, 7, 8, 9, 4, 3, 0) },
      labels: Int32Array.of(-100, -100, 7, 8, -100, 4, 3, -100),
      lengths: Int32Array.of(4, 3),
    };
    const shown = atTheirTokens(batch, 16);
    const { count, index } = supervisedRows(shown);
    expect([...index.subarray(0, count)]).toEqual([2, 3, 6, 7]);
    expect([...shown.ids]).toEqual([5, 6, 7, 8, 0, 9, 4, 3, 0, 0]);
    const full = supervisedRows(atTheirTokens(batch, 4));
    expect([...full.index.subarray(0, full.count)]).toEqual([2, 5, 6]);
  });

  it('begins as the base, with the components of what enters the first block', async () => {
    const f = await open();
    const lora: LoraSettings = {
      rank: 2,
      alpha: 4,
      dropout: 0,
      targets: ['q_proj', 'down_proj'],
      start: 'eva',
    };
    const shape = { maxRows: 3, maxLength: 24 };
    const batches = f.batches.slice(0, 4);
    const workspace = {
      model: {
        config: f.config,
        host: {
          ensure: ({ adapterSettings }: { adapterSettings: LoraSettings }) =>
            processorEngine({ ...f, adapterSettings }, shape),
        },
      },
    } as unknown as Workspace;
    const given = {
      dataset: { examples: async ([first]: number[]) => [first] },
      rows: Uint32Array.from(batches.keys()),
      settings: { seed: 1, batch: 1, evaRows: 4, evaRho: 2, maxLength: 24 },
      objective: { microBatch: ([i]: number[]) => ({ batch: batches[i] }) },
      need: { shape },
    } as unknown as Parameters<typeof evaStart>[2];
    const passes: number[] = [];
    const begun = await evaStart(workspace, lora, given, (pass) => passes.push(pass));
    expect(Math.max(...passes)).toBeGreaterThan(1);

    // norm(embedding) of every supervised token, by hand.
    const embedding = f.tensors.get('model.embed_tokens.weight')!.data;
    const norm = f.tensors.get('model.layers.0.input_layernorm.weight')!.data;
    const width = f.config.hidden;
    const x = batches.flatMap((batch) =>
      [...batch.labels].flatMap((label, at) => {
        if (label === -100) return [];
        const row = embedding.subarray(batch.ids[at] * width, (batch.ids[at] + 1) * width);
        const scale = 1 / Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / width + f.config.normEps);
        return [Array.from(row, (value, j) => value * scale * norm[j])];
      }),
    );
    const exact = exactComponents(x, width);
    const site = begun.modules.find(({ path }) => path === 'model.layers.0.self_attn.q_proj')!;
    const a = begun.values.get(`${site.path}.lora_A`)!;
    expect(a.length).toBeGreaterThan(0);
    for (let r = 0; r < a.length / width; r++) {
      const along = exact.right[r].reduce((sum, value, j) => sum + value * a[r * width + j], 0);
      expect(Math.abs(along)).toBeGreaterThan(0.99);
    }
    const ids = Array.from(f.batches[0].ids.subarray(0, 5));
    const engine = await processorEngine({ ...f, adapterSettings: begun.settings }, shape);
    await engine.setAdapter(begun);
    expect(await engine.logits(ids, 1)).toEqual(await engine.logits(ids, 0));
  });
});
