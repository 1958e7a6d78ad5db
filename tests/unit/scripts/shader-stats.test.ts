import { describe, expect, it, test } from 'vitest';
import { AMD, amdFigures } from '../../../scripts/shader-stats/amd.mjs';
import { accessesOf, bankCost, sectorCost } from '../../../scripts/shader-stats/banks.mjs';
import { toCuda } from '../../../scripts/shader-stats/cuda.mjs';
import { partsOf } from '../../../scripts/shader-stats/dawn.mjs';
import { intelFigures } from '../../../scripts/shader-stats/intel.mjs';
import { hotLoop } from '../../../scripts/shader-stats/loop.mjs';
import { occupancy } from '../../../scripts/shader-stats/occupancy.mjs';
import { instructionsOf, NVIDIA } from '../../../scripts/shader-stats/sass.mjs';

/** What `npm run shader-stats` reads off the kernels; nothing is compiled here. */

const WGSL = `
enable f16;
struct Dims {
  rows: u32,
  scale: f32,
}
@group(0) @binding(0) var<uniform> dims: Dims;
const AT_X: u32 = 1u;
const DEPTH: u32 = 4u;
const SCALE: f32 = 0.5;
const ENDS = array<u32, 2>(64u, 128u);
alias Wide = vec4f;
@group(0) @binding(AT_X) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
var<workgroup> stage: array<vec4f, DEPTH * 8u>;
fn half_of(v: vec4<f16>) -> vec4f { return 0.5 * vec4f(v); }
fn put(
  at: u32, // a comment
  v: Wide,
) {
  stage[at + 1u] = v;
}

@compute @workgroup_size(8, DEPTH)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  var sum = vec4f();
  var seen: u32;
  put(
    thread,
    x[group.x * 8u + thread] * SCALE,
  );
  workgroupBarrier();
  for (var d = 0u; d < DEPTH; d++) {
    let l = stage[8u * d];
    if (d >= ENDS[0]) { break; }
    sum += l[1] * stage[d];
  }
  if (thread < dims.rows) {
    y[thread] += select(-1e30, sum.x, vec4<bool>(true).x);
  } else {
    return;
  }
}
`;

describe('WGSL as CUDA C++', () => {
  const { code } = toCuda(WGSL);
  const lines = code.split('\n').map((line) => line.trim());

  it.each([
    ['a struct', 'u32 rows;'],
    ['a uniform', '__constant__ Dims dims;'],
    ['a constant', 'constexpr u32 DEPTH = 4u;'],
    ['a number, which without f were a double', 'constexpr f32 SCALE = 0.5f;'],
    ['a list', '#define ENDS (ENDS_values{})'],
    ['an alias', 'using Wide = vec4f;'],
    ['workgroup memory', '__shared__ vec4f stage[DEPTH * 8u];'],
    ['a function on a line', '__device__ vec4f half_of(vec4h v) { return 0.5f * vec4f(v); }'],
    ['a function on several', '__device__ void put(u32 at, Wide v) {'],
    ['a variable', 'auto sum = vec4f();'],
    ['one without a value, which is zero', 'u32 seen{};'],
    ['a call on several lines', 'put( thread, x[group.x * 8u + thread] * SCALE);'],
    ['a barrier', '__syncthreads();'],
    ['a loop', 'for (auto d = 0u; d < DEPTH; d++) {'],
    ['an element', 'const auto l = stage[8u * d];'],
    ['a branch on a line', 'if (d >= ENDS[0]) { break; }'],
    ['a selection', 'y[thread] += select(-1e30f, sum.x, vec4b(true).x);'],
    ['the other side', '} else {'],
  ])('%s', (_, line) => {
    expect(lines).toContain(line);
  });

  it('a binding is global memory of its type', () => {
    expect(code).toMatch(/__device__ vec4f x\[\d{7,}\];/);
  });

  it('the entry point has its threads and builtin values', () => {
    expect(code).toContain('constexpr u32 WORKGROUP_X = 8, WORKGROUP_Y = DEPTH, WORKGROUP_Z = 1u;');
    expect(code).toMatch(
      /__global__ void __launch_bounds__\(.*\) kernel\(\) \{ const vec3u group = vec3u\(blockIdx\.x, /,
    );
    expect(code).toMatch(/const u32 thread = .* threadIdx\.x \+ WORKGROUP_X \* /);
  });

  it('indices are clamped where that is asked for', () => {
    expect(code).not.toContain('min(');
    const workgroup = toCuda(WGSL, { clamps: 'workgroup' }).code;
    expect(workgroup).toContain('stage[min(u32(8u * d), DEPTH * 8u - 1u)]');
    expect(workgroup).toContain('x[group.x * 8u + thread]');
    expect(toCuda(WGSL, { clamps: 'all' }).code).toContain(
      'x[min(u32(group.x * 8u + thread), length_of_x - 1u)]',
    );
  });

  it('each access reports itself where that is asked for', () => {
    const { code: traced, places } = toCuda(WGSL, { traced: true });
    expect(traced).toContain('stage[visit(stage, at + 1u, 0)] = v;');
    expect(places.map(({ array, store }) => `${array}${store ? ' written' : ''}`)).toEqual([
      'stage written',
      'x',
      'stage',
      'stage',
      'y written',
    ]);
  });

  it.each([
    ['a statement', WGSL.replace('workgroupBarrier();', 'loop { break; }')],
    ['a declaration', `override n: u32 = 1u;\n${WGSL}`],
    ['a builtin value', WGSL.replace('@builtin(workgroup_id)', '@builtin(subgroup_size)')],
    ['a name that hides what its value reads', WGSL.replace('let l = ', 'let stage = ')],
    ['a brace too many', `${WGSL}}\n`],
  ])('%s that is not known is refused', (_, text) => {
    expect(text).not.toBe(WGSL);
    expect(() => toCuda(text)).toThrow(/not known|shadows|braces/);
  });
});

/** As nvdisasm prints a loop with a loop in it. */
const LISTING = `
	.section	.text.kernel,"ax",@progbits
.text.kernel:
        /*0000*/                   MOV R1, c[0x0][0x28] ;
.L_x_2:
        /*0010*/                   LDG.E.128.CONSTANT R4, [R2.64] ;
        /*0020*/                   STS.128 [R8], R4 ;
        /*0030*/                   BAR.SYNC 0x0 ;
.L_x_1:
        /*0040*/                   LDS.128 R4, [R8] ;
        /*0050*/                   LDS R9, [R8+0x10] ;
        /*0060*/                   FFMA R0, R4, R9, R0 ;
        /*0070*/                   FFMA R0, R5, R9, R0 ;
        /*0080*/                   IADD3 R8, R8, 0x10, RZ ;
        /*0090*/              @!P0 BRA \`(.L_x_1) ;
        /*00a0*/               @P1 BRA \`(.L_x_2) ;
        /*00b0*/                   EXIT ;
.L_x_3:
        /*00c0*/                   BRA \`(.L_x_3);
        /*00d0*/                   NOP;
`;

describe('machine code', () => {
  it('has the inner loop with its loads by width', () => {
    expect(hotLoop(instructionsOf(LISTING), NVIDIA)).toEqual({
      instructions: 6,
      fused: 2,
      sharedLoads: { 128: 1, 32: 1 },
      sharedStores: {},
      globalLoads: {},
      integer: 1,
      spills: 0,
    });
  });

  it('has the loop around it where that is unrolled', () => {
    const unrolled = LISTING.replace('@!P0 BRA `(.L_x_1)', '     NOP');
    expect(hotLoop(instructionsOf(unrolled), NVIDIA)).toMatchObject({
      ...{ instructions: 9, fused: 2 },
      ...{ globalLoads: { 128: 1 }, sharedStores: { 128: 1 } },
    });
  });
});

/** As dawn-compile.mjs and RADV print a kernel. */
const PRINTED = `=== adapter radv
=== 0
NIR, of which nothing is read
=== 1
disasm:
BB0:
\ts_mov_b32 s0, 0                          ; be800380
BB1:
\tds_read_b128 v[4:7], v1 offset:16         ; d9fe0010
\tds_read2_b32 v[8:9], v2 offset1:1         ; d8dc0100
\ts_waitcnt lgkmcnt(0)                      ; bf8cc07f
\tv_fmac_f32_e32 v0, v4, v8                 ; 56001104
\tv_add_nc_u32_e32 v1, 16, v1               ; 4a020290
\ts_cbranch_scc0 BB1                        ; bf84fff8
BB2:
\ts_endpgm                                  ; bf810000
*** SHADER STATS ***
SGPRs: 128
VGPRs: 24
Spilled SGPRs: 1
Spilled VGPRs: 2
Code size: 64
LDS size: 512
Subgroups per SIMD: 16
=== end
`;

describe('what RADV prints', () => {
  it('is told apart by kernel, with its loop', () => {
    expect(partsOf(PRINTED, 3).map(amdFigures)).toEqual([
      null,
      {
        ...{ registers: 24, spilled: 3, shared: 512, waves: 16, codeBytes: 64 },
        loop: {
          ...{ instructions: 5, fused: 1, integer: 1, spills: 0 },
          ...{ sharedLoads: { 128: 1, 64: 1 }, sharedStores: {}, globalLoads: {} },
        },
      },
      null,
    ]);
  });

  it.each([
    ['buffer_load_dwordx4', '128'],
    ['buffer_load_dword', '32'],
    ['ds_read2_b64', '128'],
    ['ds_read_u16', '16'],
  ])('%s reads %s bits', (name, bits) => {
    expect(AMD.bits(name)).toBe(bits);
  });
});

/** As ANV prints a kernel. */
const NATIVE = `0
Native code for unnamed compute shader
SIMD16 shader: 1380 instructions. 1 loops. 214098 cycles. 121:76 spills:fills, 45 sends, scheduled with mode lifo.
   START B0 (62 cycles)
mov(8)          g86<1>UD        0x00000000UD                    { align1 WE_all 1Q };
LABEL7:
(+f0.0) break(16) JIP:  LABEL6        UIP:  LABEL6              { align1 1H };
sync nop(1)                     null<0,1,0>UB                   { align1 WE_all 1N @1 };
add(16)         g69<1>D         g120<8,8,1>D    4224D           { align1 1H @2 };
send(16)        g7UD            g69UD           nullUD          0x048050fe                0x00000000
                            dp data 1 MsgDesc: (untyped surface read, Surface = 254, SIMD16, Mask = 0x0) mlen 2 { align1 1H };
send(16)        nullUD          g3UD            g107UD          0x020a03fd                0x00000080
                            data MsgDesc: (DC OWORD block write, bti 253, owords = 4, aligned = 0) mlen 1 { align1 1H $3 };
mad(16)         g91<1>F         g16<8,8,1>F     g54<8,8,1>F     g7<1,1,1>F { align1 1H $1.dst compacted };
LABEL6:
while(16)       JIP:  LABEL7                                    { align1 1H };
`;

test('what ANV prints has its loop, with what it keeps in memory', () => {
  expect(intelFigures(NATIVE)).toEqual({
    ...{ lanes: 16, instructions: 1380, cycles: 214_098, spills: 121, fills: 76 },
    loop: {
      ...{ instructions: 6, fused: 1, integer: 1, spills: 1 },
      ...{ sharedLoads: { any: 1 }, sharedStores: {}, globalLoads: {} },
    },
  });
  expect(intelFigures(null)).toBeNull();
});

describe('occupancy', () => {
  it.each([
    // 256 threads of 128 registers: half of 65,536 a workgroup.
    ['sm_80', { threads: 256, registers: 128, shared: 16_384 }, 2, 'registers'],
    ['sm_80', { threads: 64, registers: 40, shared: 33_792 }, 4, 'shared memory'],
    ['sm_90', { threads: 64, registers: 40, shared: 33_792 }, 6, 'shared memory'],
    ['sm_80', { threads: 32, registers: 16, shared: 0 }, 32, 'workgroups'],
    ['sm_90', { threads: 256, registers: 32, shared: 0 }, 8, 'registers'],
  ] as const)('%s %o', (architecture, kernel, groups, by) => {
    expect(occupancy(architecture, kernel)).toMatchObject({ groups, by });
  });
});

describe('where a warp reads', () => {
  const each = (of: (thread: number) => number) => Array.from({ length: 32 }, (_, thread) => of(thread));

  it.each([
    ['words side by side', 4, (t: number) => 4 * t, 1],
    ['one word for all', 4, () => 0, 1],
    ['every other word', 4, (t: number) => 8 * t, 2],
    ['one bank', 4, (t: number) => 128 * t, 32],
    ['vectors side by side', 16, (t: number) => 16 * t, 1],
    ['vectors 128 bytes apart', 16, (t: number) => 128 * t, 8],
    ['vectors 144 bytes apart', 16, (t: number) => 144 * t, 1],
  ] as const)('banks: %s', (_, bytes, from, times) => {
    expect(bankCost({ bytes, from: each(from) })).toBe(times);
  });

  it.each([
    ['words side by side', 4, (t: number) => 4 * t, 1],
    ['one word for all', 4, () => 0, 1],
    ['a word of every fourth', 4, (t: number) => 16 * t, 4],
    ['vectors a row apart', 16, (t: number) => 4096 * t, 2],
  ] as const)('sectors: %s', (_, bytes, from, times) => {
    expect(sectorCost({ bytes, from: each(from) })).toBe(times);
  });

  it('a trace is told apart by place, visit and warp', () => {
    const trace = ['0 7 1 shared 16 0', '1 7 1 shared 16 16', '0 7 2 shared 16 64', '32 7 1 shared 16 8', ''];
    expect(accessesOf(trace.join('\n'))).toEqual([
      { place: 7, space: 'shared', bytes: 16, from: [0, 16] },
      { place: 7, space: 'shared', bytes: 16, from: [64] },
      { place: 7, space: 'shared', bytes: 16, from: [8] },
    ]);
  });
});
