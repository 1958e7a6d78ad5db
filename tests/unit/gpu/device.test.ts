import { expect, test } from 'vitest';
import { hasSubgroupsOf8, matrixFeature, SUBGROUP_MATRIX } from '../../../src/gpu/device.ts';

const float = { M: 8, N: 8, K: 8, componentType: 'f32', resultComponentType: 'f32' };
const half = { ...float, componentType: 'f16', resultComponentType: 'f16' };

function adapter(subgroups: [number, number], configs: object[] | undefined, features = [SUBGROUP_MATRIX]) {
  const [subgroupMinSize, subgroupMaxSize] = subgroups;
  const info = { subgroupMinSize, subgroupMaxSize, subgroupMatrixConfigs: configs };
  return { features: new Set(features), info } as unknown as GPUAdapter;
}

test('matrix units are asked for where they are allowed and our kernels fit them', () => {
  const apple = adapter([32, 32], [half, float]);
  expect(matrixFeature(apple, true)).toEqual([SUBGROUP_MATRIX]);
  expect(matrixFeature(apple, false)).toEqual([]);
});

test.each([
  ['without the feature', adapter([32, 32], [float], [])],
  ['with float16 alone', adapter([32, 32], [half])],
  ['with matrices of another size', adapter([32, 32], [{ ...float, K: 16 }])],
  ['with subgroups of many sizes', adapter([8, 32], [float])],
  ['where it says nothing of its matrices', adapter([32, 32], undefined)],
])('%s they are not', (_, other) => {
  expect(matrixFeature(other, true)).toEqual([]);
});

test.each([
  ['Intel’s', 8, ['subgroup-size-control'], true],
  ['Intel’s, where a shader cannot ask', 8, [], false],
  ['NVIDIA’s', 32, ['subgroup-size-control'], false],
  ['in software', 4, ['subgroup-size-control'], false],
  ['of which nothing is told', undefined, ['subgroup-size-control'], false],
])('subgroups of 8: %s', (_, subgroupMinSize, features, has) => {
  const adapterInfo = subgroupMinSize === undefined ? undefined : { subgroupMinSize };
  const device = { features: new Set(features), adapterInfo } as unknown as GPUDevice;
  expect(hasSubgroupsOf8(device)).toBe(has);
});
