/**
 * WGSL, as the composer makes it, into CUDA C++, line by line. Only what our kernels use is known, and what is not is
 * refused: a line that was passed on unchanged could compile to something else.
 *
 *   var<workgroup> a: array<T, N>   __shared__ T a[N]
 *   var<storage> x: array<T>        __device__ T x[…]: like a binding, global memory whose place the driver knows
 *   var<uniform> dims: Dims         __constant__ Dims dims
 *   const N: u32 = …                constexpr u32 N = …
 *   fn, let, var, for               the same; types that WGSL infers are `auto`
 *   workgroupBarrier()              __syncthreads()
 *   select, min, unpack2x16float …  functions of prelude.cuh, which has the vectors too
 */

/** What happens to indices that may lie outside an array: WGSL allows no access there. */
/** @typedef {'none' | 'workgroup' | 'all'} Clamps */

/**
 * @typedef {object} Options
 * @property {Clamps} [clamps] which indices are held within their array: none (robust access by the hardware, as
 *   Vulkan's robustBufferAccess2 and D3D12 have for buffers), those of workgroup memory (no hardware checks these; Dawn
 *   and naga do it everywhere), or all (Metal, and Vulkan without that feature)
 * @property {boolean} [traced] each access of an array is reported to `visit` of trace.hpp
 */

/** Elements of a binding: enough that the compiler cannot take indices for small. */
const BINDING_LENGTH = 1 << 20;

const TYPES = /** @type {const} */ ({
  'vec4<bool>': 'vec4b',
  'vec4<f16>': 'vec4h',
});

/** @typedef {{ name: string, length: string, space: 'workgroup' | 'storage' }} ArrayOf */
/** @typedef {{ array: string, store: boolean, text: string }} Place an access of an array, and the line that it is in */

/**
 * @param {string} code WGSL of one kernel
 * @param {Options} [options]
 * @returns {{ code: string, places: Place[] }} CUDA C++ for `prelude.cuh`, with a kernel `kernel`; traced, the places that
 *   report
 */
export function toCuda(code, options = {}) {
  const statements = joined(withoutComments(code).split('\n'));
  const arrays = arraysOf(statements);
  // WGSL names things above their declaration; C++ wants values and heads of functions first.
  /** @type {string[]} */
  const values = [];
  /** @type {string[]} */
  const heads = [];
  /** @type {string[]} */
  const functions = [];
  /** @type {Place[]} */
  const places = [];
  let entry = false;
  let depth = 0;
  let into = values;
  for (const line of statements) {
    const size = /^@compute @workgroup_size\(([^)]*)\)$/.exec(line.trim());
    if (size) {
      const [x, y = '1u', z = '1u'] = size[1].split(',').map((one) => one.trim());
      entry = true;
      values.push(`constexpr u32 WORKGROUP_X = ${x}, WORKGROUP_Y = ${y}, WORKGROUP_Z = ${z};`);
      continue;
    }
    if (depth === 0) {
      const head = functionHead(line);
      into = head ? functions : values;
      if (head && head.name !== 'main') heads.push(`${head.signature};`);
    }
    const text = translated(line, depth, { arrays, options, places });
    depth += balance(line);
    if (text !== null) into.push(text);
  }
  if (!entry) throw new Error('not known in WGSL: no entry point with a workgroup size');
  if (depth !== 0) throw new Error('braces do not match');
  // In a namespace, since some of our names are also those of functions in the headers.
  const lines = ['#include "prelude.cuh"', 'namespace wgsl {', ...values, ...heads, ...functions, '}', ''];
  return { code: lines.join('\n'), places };
}

function withoutComments(/** @type {string} */ code) {
  return code.replace(/\/\/[^\n]*/g, '');
}

/** Lines with what belongs to one statement on one line: a head of a function, a call, an expression. */
function joined(/** @type {string[]} */ lines) {
  /** @type {string[]} */
  const whole = [];
  let open = '';
  for (const line of lines) {
    const text = open ? `${open} ${line.trim()}` : line.trimEnd();
    if (text.trim() === '') continue;
    open = unclosed(text) ? text : '';
    if (!open) whole.push(text);
  }
  if (open) throw new Error(`never closed: ${open}`);
  return whole;
}

const unclosed = (/** @type {string} */ text) =>
  count(text, '(') > count(text, ')') || count(text, '[') > count(text, ']');
const count = (/** @type {string} */ text, /** @type {string} */ sign) => text.split(sign).length - 1;
const balance = (/** @type {string} */ text) => count(text, '{') - count(text, '}');

const WORKGROUP = /^var<workgroup> (\w+): array<(.+), ([^>]+)>;$/;
const STORAGE = /^@group\(0\) @binding\((\w+)\) var<storage, (read|read_write)> (\w+): array<(.+)>;$/;
const UNIFORM = /^@group\(0\) @binding\(\w+\) var<uniform> (\w+): (\w+);$/;

/** @returns {ArrayOf[]} */
function arraysOf(/** @type {string[]} */ statements) {
  /** @type {ArrayOf[]} */
  const arrays = [];
  for (const line of statements) {
    const shared = WORKGROUP.exec(line.trim());
    if (shared) arrays.push({ name: shared[1], length: shared[3], space: 'workgroup' });
    const bound = STORAGE.exec(line.trim());
    if (bound) arrays.push({ name: bound[3], length: `length_of_${bound[3]}`, space: 'storage' });
  }
  return arrays;
}

/** @typedef {{ arrays: ArrayOf[], options: Options, places: Place[] }} Module */

/** @returns {string | null} The line in CUDA C++; null where it has none. */
function translated(/** @type {string} */ line, /** @type {number} */ depth, /** @type {Module} */ module) {
  const indent = /^\s*/.exec(line)?.[0] ?? '';
  const text = line.trim();
  const body = (/** @type {string} */ one) => expression(one, module);
  if (/^enable \w+;$/.test(text)) return null;
  if (depth === 0) return declaration(text, body, module.options);
  // A struct needs the semicolon, a function may have it.
  if (text === '}' && depth === 1) return '};';
  if (/^\w+: \w+,$/.test(text)) return `${indent}${text.replace(/^(\w+): (\w+),$/, '$2 $1;')}`;
  return `${indent}${statement(text, body)}`;
}

function declaration(
  /** @type {string} */ text,
  /** @type {(one: string) => string} */ body,
  /** @type {Options} */ { traced },
) {
  const shared = WORKGROUP.exec(text);
  if (shared) {
    const [, name, type, length] = shared;
    if (traced) return `static Array<${typeOf(type)}> ${name}{Shared};`;
    return `__shared__ ${typeOf(type)} ${name}[${length}];`;
  }
  const bound = STORAGE.exec(text);
  if (bound) {
    const [, , , name, type] = bound;
    const length = `__constant__ u32 length_of_${name};`;
    if (traced) return `static Array<${typeOf(type)}> ${name}{Global};`;
    return `${length} __device__ ${typeOf(type)} ${name}[${BINDING_LENGTH}];`;
  }
  const uniform = UNIFORM.exec(text);
  if (uniform) return `__constant__ ${uniform[2]} ${uniform[1]};`;
  if (/^struct \w+ \{$/.test(text)) return text;
  const alias = /^alias (\w+) = ([\w<>]+);$/.exec(text);
  if (alias) return `using ${alias[1]} = ${typeOf(alias[2])};`;
  const list = /^const (\w+) = array<(\w+), (\d+)>\((.*)\);$/.exec(text);
  // A function of the index: with a constant index the compiler sees the value, as WGSL's compilers do.
  if (list)
    return [
      `struct ${list[1]}_values {`,
      `  __device__ ${list[2]} operator[](u32 i) const { const ${list[2]} all[] = {${body(list[4])}}; return all[i]; }`,
      '};',
      `#define ${list[1]} (${list[1]}_values{})`,
    ].join('\n');
  const constant = /^const (\w+): (\w+) = (.*);$/.exec(text);
  if (constant) return `constexpr ${typeOf(constant[2])} ${constant[1]} = ${body(constant[3])};`;
  const head = functionHead(text);
  if (head) {
    const rest = text.slice(text.indexOf('{') + 1);
    const inside = rest.trim() === '' ? '' : ` ${oneLine(rest, body)}`;
    return `${head.signature} {${head.prologue}${inside}`;
  }
  throw new Error(`not known in WGSL outside functions: ${text}`);
}

/** The rest of a function that stands on one line: statements and its closing brace. @returns {string} */
function oneLine(/** @type {string} */ rest, /** @type {(one: string) => string} */ body) {
  const inner = rest.trim().replace(/\}$/, '').trim();
  const parts = inner.split(/(?<=;)\s+/).map((one) => statement(one, body));
  return `${parts.join(' ')} }`;
}

/** @returns {string} */
function statement(/** @type {string} */ text, /** @type {(one: string) => string} */ body) {
  if (/^[{}]$/.test(text)) return text;
  const whole = /^(let|const) (\w+) = (.*);$/.exec(text);
  if (whole) {
    const [, kind, name, value] = whole;
    // In C++ a name is known in its own initial value.
    if (new RegExp(`(?<![\\w.])${name}(?!\\w)`).test(value))
      throw new Error(`shadows what it reads: ${text}`);
    return `${kind === 'const' ? 'constexpr' : 'const'} auto ${name} = ${body(value)};`;
  }
  const variable = /^var (\w+)(?:: ([\w<>]+))?(?: = (.*))?;$/.exec(text);
  if (variable) {
    const [, name, type, value] = variable;
    if (value !== undefined) return `${type ? typeOf(type) : 'auto'} ${name} = ${body(value)};`;
    return `${typeOf(type)} ${name}{};`;
  }
  const loop = /^for \(var (\w+) = (.*?); (.*?); (.*?)\) \{(.*)$/.exec(text);
  if (loop) {
    const [, name, from, while_, next, rest] = loop;
    const inside = rest.trim() === '' ? '' : ` ${oneLine(rest, body)}`;
    return `for (auto ${name} = ${body(from)}; ${body(while_)}; ${body(next)}) {${inside}`;
  }
  const branch = /^(\} else )?if \((.*)\) \{(.*)$/.exec(text);
  if (branch) {
    const [, before = '', condition, rest] = branch;
    const inside = rest.trim() === '' ? '' : ` ${oneLine(rest, body)}`;
    return `${before}if (${body(condition)}) {${inside}`;
  }
  if (text === '} else {') return text;
  if (/^(break|return|continue);$/.test(text)) return text;
  if (/^return .*;$/.test(text)) return body(text);
  if (text === 'workgroupBarrier();') return '__syncthreads();';
  if (/^[\w.[\]]+(\[.*\])? (=|\+=|\*=|-=) .*;$/.test(text)) return body(text);
  if (/^\w+\(.*\);$/.test(text)) return body(text);
  throw new Error(`not known in WGSL: ${text}`);
}

function expression(/** @type {string} */ text, /** @type {Module} */ module) {
  let value = text;
  for (const [from, to] of Object.entries(TYPES)) value = value.replaceAll(from, to);
  value = value.replace(/,\s*\)/g, ')');
  // A number without a suffix is a double in C++.
  value = value.replace(/(?<![\w.])(\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+)(?![\w.])/g, '$1f');
  return indices(value, module);
}

/** Rewrites `name[index]` of an array in memory: clamped, or reported. */
function indices(/** @type {string} */ text, /** @type {Module} */ { arrays, options, places }) {
  const { clamps = 'none', traced = false } = options;
  const stores = /\] (=|\+=) /.test(text);
  let value = text;
  for (const { name, length, space } of arrays) {
    if (!traced && (clamps === 'none' || (clamps === 'workgroup' && space === 'storage'))) continue;
    const start = new RegExp(`(?<![\\w.])${name}\\[`, 'g');
    for (let match = start.exec(value); match; match = start.exec(value)) {
      const from = match.index + match[0].length;
      const to = closing(value, from);
      const index = value.slice(from, to);
      const held = traced
        ? `visit(${name}, ${index}, ${places.length})`
        : `min(u32(${index}), ${length} - 1u)`;
      if (traced) places.push({ array: name, store: stores && match.index === 0, text });
      value = `${value.slice(0, from)}${held}${value.slice(to)}`;
    }
  }
  return value;
}

/** Where the bracket closes that was opened before `from`. */
function closing(/** @type {string} */ text, /** @type {number} */ from) {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '[') depth++;
    if (text[at] === ']' && --depth === 0) return at;
  }
  throw new Error(`no closing bracket: ${text}`);
}

const typeOf = (/** @type {string} */ type) => TYPES[/** @type {keyof typeof TYPES} */ (type)] ?? type;

/** What a builtin value of the entry point is in CUDA. */
const BUILTIN = /** @type {Record<string, string>} */ ({
  workgroup_id: 'vec3u(blockIdx.x, blockIdx.y, blockIdx.z)',
  local_invocation_id: 'vec3u(threadIdx.x, threadIdx.y, threadIdx.z)',
  // As WGSL's compilers see it: without the sides of a workgroup that are 1.
  local_invocation_index:
    'WORKGROUP_Y * WORKGROUP_Z == 1 ? threadIdx.x : threadIdx.x + WORKGROUP_X * (threadIdx.y + WORKGROUP_Y * threadIdx.z)',
});

/** @returns {{ name: string, signature: string, prologue: string } | null} */
function functionHead(/** @type {string} */ line) {
  const match = /^fn (\w+)\((.*?)\)(?: -> ([\w<>]+))? \{/.exec(line.trim());
  if (!match) return null;
  const [, name, list, result] = match;
  if (name === 'main') {
    const values = [...list.matchAll(/@builtin\((\w+)\) (\w+): (\w+)/g)].map(
      ([, builtin, variable, type]) => {
        const value = BUILTIN[builtin];
        if (value === undefined) throw new Error(`not known in WGSL: @builtin(${builtin})`);
        return ` const ${type} ${variable} = ${value};`;
      },
    );
    const limits = 'WORKGROUP_X * WORKGROUP_Y * WORKGROUP_Z';
    return {
      name,
      signature: `extern "C" __global__ void __launch_bounds__(${limits}) kernel()`,
      prologue: values.join(''),
    };
  }
  const parameters = list
    .split(',')
    .filter((one) => one.trim() !== '')
    .map((one) =>
      one.trim().replace(/^(\w+): ([\w<>]+)$/, (_, variable, type) => `${typeOf(type)} ${variable}`),
    );
  return {
    name,
    signature: `__device__ ${result ? typeOf(result) : 'void'} ${name}(${parameters.join(', ')})`,
    prologue: '',
  };
}
