import { type Gpu, SUBGROUP_MATRIX } from '../../src/gpu/device.ts';
import { Pipelines } from '../../src/gpu/launcher.ts';
import type { Kernel } from '../../src/gpu/program.ts';

/**
 * Subgroup matrices where the device has none: each thread of the one subgroup holds every matrix whole and computes
 * all of it. Slow, and to the letter what the built-in functions are specified to do.
 */
const EMULATION = `
fn load_left(offset: u32, stride: u32) -> array<f32, 64> {
  var m: array<f32, 64>;
  for (var i = 0u; i < 8u; i++) { for (var k = 0u; k < 8u; k++) { m[8u * i + k] = left[offset + k * stride + i]; } }
  return m;
}
fn load_right(offset: u32, stride: u32) -> array<f32, 64> {
  var m: array<f32, 64>;
  for (var k = 0u; k < 8u; k++) { for (var j = 0u; j < 8u; j++) { m[8u * k + j] = right[offset + k * stride + j]; } }
  return m;
}
fn multiply_add(l: array<f32, 64>, r: array<f32, 64>, sum: array<f32, 64>) -> array<f32, 64> {
  var a = l;
  var b = r;
  var m = sum;
  for (var i = 0u; i < 8u; i++) {
    for (var j = 0u; j < 8u; j++) {
      for (var k = 0u; k < 8u; k++) { m[8u * i + j] += a[8u * i + k] * b[8u * k + j]; }
    }
  }
  return m;
}
fn store(offset: u32, m: array<f32, 64>, stride: u32) {
  var values = m;
  for (var i = 0u; i < 8u; i++) { for (var j = 0u; j < 8u; j++) { products[offset + i * stride + j] = values[8u * i + j]; } }
}
`;

class Emulated extends Pipelines {
  protected override text(kernel: Kernel): string {
    const text = super.text(kernel);
    if (!kernel.constants?.MATRIX) return text;
    const plain = text
      .replace('enable chromium_experimental_subgroup_matrix;', '')
      .replaceAll('subgroupMatrixLoad<subgroup_matrix_left<f32, 8, 8>, col_major>(&left, ', 'load_left(')
      .replaceAll('subgroupMatrixLoad<subgroup_matrix_right<f32, 8, 8>, row_major>(&right, ', 'load_right(')
      .replaceAll('subgroupMatrixMultiplyAccumulate', 'multiply_add')
      .replaceAll('subgroupMatrixStore<row_major>(&products, ', 'store(')
      .replaceAll('subgroup_matrix_result<f32, 8, 8>', 'array<f32, 64>');
    if (/subgroup_?[mM]atrix/.test(plain)) throw new Error(`not emulated: ${plain}`);
    return `${plain}\n${EMULATION}`;
  }
}

/** The device as one that has them, with the pipelines that emulate them. */
export function withMatrices(gpu: Gpu): { gpu: Gpu; pipelines: Pipelines } {
  const features = new Set([...gpu.device.features, SUBGROUP_MATRIX]);
  const device = new Proxy(gpu.device, {
    get(target, key) {
      if (key === 'features') return features;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { gpu: { ...gpu, device, software: false }, pipelines: new Emulated(gpu.device) };
}
