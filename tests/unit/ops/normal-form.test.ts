import { describe, expect, it } from 'vitest';
import { normalForm, withoutComments } from './normal-form.ts';

const TEXT = `
// A sum.
const N: u32 = 4u;
@group(0) @binding(1) var<storage, read_write> y: array<vec2f>;
fn twice(v: f32) -> f32 { return 2.0 * v; }
@compute @workgroup_size(1)
fn main(@builtin(workgroup_id) group: vec3u) {
  let x = f32(group.x); // not .x
  for (var i = 0u; i < N; i++) { y[i].x += twice(x) - 1e-3; }
}
`;

describe('the normal form is the same', () => {
  it.each([
    ['without comments', withoutComments(TEXT)],
    ['with other blank space', TEXT.replaceAll('  ', '\n').replace('2.0 * v', '2.0*v')],
    ['with another order outside functions', TEXT.replace(/(const N.*\n)(.*\n)/, '$2$1')],
    ['with other names of locals', TEXT.replace('let x', 'let at').replace('twice(x)', 'twice(at)')],
  ])('%s', (_, text) => {
    expect(text).not.toBe(TEXT);
    expect(normalForm(text)).toBe(normalForm(TEXT));
  });
});

describe('the normal form differs', () => {
  it.each([
    ['by a number', TEXT.replace('1e-3', '1e-4')],
    ['by an operator', TEXT.replace('+=', '-=')],
    ['by a member', TEXT.replace('[i].x', '[i].y')],
    ['by a name outside functions', TEXT.replaceAll('twice', 'double')],
    ['by which local is read', TEXT.replace('twice(x)', 'twice(f32(i))')],
    ['by the order within a function', TEXT.replace('twice(x) - 1e-3', '1e-3 - twice(x)')],
  ])('%s', (_, text) => {
    expect(text).not.toBe(TEXT);
    expect(normalForm(text)).not.toBe(normalForm(TEXT));
  });
});

it('names the declaration that a text ends in', () => {
  expect(() => normalForm('const A = 1;\nfn main() {')).toThrow(/fn main/);
});
