import { describe, expect, it } from 'vitest';
import { type Constants, expand } from '../../../src/gpu/wgsl.ts';

/** What is left of a text, without blank space at the ends of lines and blank lines. */
function composed(lines: string[], constants: Constants = {}, files: Record<string, string> = {}): string[] {
  const text = expand(lines.join('\n'), constants, files);
  return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
}

describe('constants', () => {
  it('take the value of the kernel, in the form of their type', () => {
    const lines = [
      'const N: u32 = 4u; // rows',
      'const P: f32 = 0.5;',
      'const FLAG: bool = false;',
      'const LIST = array<u32, 1>(0u);',
      'alias Wide = f32;',
      'const OTHER: u32 = N;',
    ];
    const constants = { N: 8, P: 2, FLAG: true, LIST: 'array<u32, 2>(1u, 2u)', Wide: 'vec4f' };
    expect(composed(lines, constants)).toEqual([
      'const N: u32 = 8u; // rows',
      'const P: f32 = 2.0;',
      'const FLAG: bool = true;',
      'const LIST = array<u32, 2>(1u, 2u);',
      'alias Wide = vec4f;',
      'const OTHER: u32 = N;',
    ]);
    expect(composed(lines)).toEqual(lines);
  });
});

describe('@if', () => {
  const lines = [
    'const A: bool = true;',
    'const N: u32 = 2u;',
    '// @if A && !B',
    'both',
    '// @if N == 2',
    'two',
    '// @else',
    'not two',
    '// @end',
    '// @else',
    'else',
    '// @end',
    'one; // @if N != 2',
  ];
  const kept = (constants: Constants) => composed(lines, constants).slice(2);

  it('asks for the defaults of the file', () => expect(kept({})).toEqual(['both', 'two']));
  it('asks for the constants of the kernel', () => {
    expect(kept({ N: 3 })).toEqual(['both', 'not two', 'one;']);
    expect(kept({ B: true })).toEqual(['else']);
    expect(kept({ A: false, N: 1 })).toEqual(['else', 'one;']);
  });
  it('asks for the defaults of an included file', () => {
    const files = { part: 'const A: bool = true;' };
    expect(composed(['// @include part', 'x; // @if A'], {}, files)).toEqual(['const A: bool = true;', 'x;']);
  });
});

describe('@unroll', () => {
  it('repeats lines, the last name fastest', () => {
    const lines = ['const N: u32 = 2u;', '// @unroll i < N, j < 3', `x$i = y\${i}_$j + $item;`, '// @end'];
    expect(composed(lines).slice(1)).toEqual(
      [0, 1].flatMap((i) => [0, 1, 2].map((j) => `x${i} = y${i}_${j} + $item;`)),
    );
  });
  it('repeats the line that it ends, around a condition of it', () => {
    const line = 'x$i; // @if A // @unroll i < 2';
    expect(composed([line], { A: true })).toEqual(['x0;', 'x1;']);
    expect(composed([line])).toEqual([]);
  });
  it('wants whole numbers', () => {
    expect(() => composed(['x$i; // @unroll i < N'])).toThrow(/i < N/);
    expect(() => composed(['// @unroll i 0 4', 'x$i;', '// @end'])).toThrow(/i 0 4/);
  });
});

describe('@include', () => {
  it('sets parameters in the text and in conditions, also through a second file', () => {
    const files = {
      outer: '// @include inner of=$what\nouter $what;',
      inner: `inner \${of}_1;\nleft only; // @if of == left`,
    };
    expect(composed(['// @include outer what=left'], {}, files)).toEqual([
      'inner left_1;',
      'left only;',
      'outer left;',
    ]);
    expect(composed(['// @include outer what=right'], {}, files)).toEqual(['inner right_1;', 'outer right;']);
  });
  it('takes a block that stands before it, composed where it is inserted', () => {
    const files = { loop: 'for {\n// @include fetch\n}' };
    const lines = ['// @block fetch', 'read $i; // @unroll i < 2', '// @end', '// @include loop'];
    expect(composed(lines, {}, files)).toEqual(['for {', 'read 0;', 'read 1;', '}']);
    expect(() => composed(['// @include loop'], {}, files)).toThrow(/fetch/);
  });
  it('may hang on a condition', () => {
    expect(composed(['// @include missing // @if A', 'x'])).toEqual(['x']);
  });
});

describe('a mistake is named', () => {
  it.each([
    [['// @if A', 'x'], /no @end for: \/\/ @if A/],
    [['x', '// @end'], /@end/],
    [['// @els'], /@els/],
    [['// @include nothing'], /nothing/],
  ])('%s', (lines, message) => {
    expect(() => composed(lines)).toThrow(message);
  });
});
