import { create, globals } from 'webgpu';
import { type Gpu, openGpu } from '../../../src/gpu/device.ts';
import { DimsSlots, Pipelines, ProgramBuilder, Scratch } from '../../../src/gpu/launcher.ts';
import type { Emitter, Kernel } from '../../../src/gpu/program.ts';
import { expand } from '../../../src/gpu/wgsl.ts';

/**
 * Dawn without a GPU: it checks and compiles shaders and pipelines, with every feature there is, and computes nothing.
 * So kernels compile here that no machine at hand could run.
 */

const FILES: Record<string, string> = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>('../../../shaders/*.wgsl', { query: '?raw', import: 'default', eager: true }),
  ).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1, -'.wgsl'.length), text]),
);

/** Names of the files that are kernels, not parts of others. */
export const KERNEL_FILES = Object.keys(FILES).filter((name) => FILES[name].includes('@compute'));

export const linesOf = (name: string): number => FILES[name].trimEnd().split('\n').length;

/** Held for as long as the process lives: devices do not survive their collection. */
const dawn = create(['backend=null', 'enable-dawn-features=allow_unsafe_apis']);

/** @param more features beyond the usual ones; kernels by matrices compile under `RecordedPipelines` alone */
export async function openNullGpu(more: readonly string[] = []): Promise<Gpu> {
  Object.assign(globalThis, globals);
  const adapter = await dawn.requestAdapter();
  if (!adapter) throw new Error('the npm package “webgpu” has no null backend here');
  return openGpu(adapter, {}, more);
}

/** Compiles one file with its own constants. */
export async function compileAlone(gpu: Gpu, name: string): Promise<void> {
  const code = expand(FILES[name], {}, FILES);
  const module = gpu.device.createShaderModule({ label: name, code });
  await gpu.device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint: 'main' } });
}

/** Compiles, and keeps which kernels there were. */
export class RecordedPipelines extends Pipelines {
  readonly kernels: Kernel[] = [];
  /** What the product would compile. */
  readonly texts = new Map<Kernel, string>();

  /** Dawn asks for a workgroup of its largest subgroup, which is 128 here and 32 where matrices are taken. */
  protected override text(kernel: Kernel): string {
    const text = super.text(kernel);
    this.texts.set(kernel, text);
    return kernel.constants?.MATRIX ? text.replace('@workgroup_size(THREADS)', '@workgroup_size(128)') : text;
  }

  override get(kernel: Kernel): ReturnType<Pipelines['get']> {
    this.kernels.push(kernel);
    return super.get(kernel);
  }
}

/** Compiles what is emitted; nothing runs. */
export async function compile(
  gpu: Gpu,
  pipelines: Pipelines,
  emit: (e: Emitter) => void,
  choices: Record<string, string> = {},
  subgroupsOf8 = false,
): Promise<void> {
  const e = new ProgramBuilder(gpu, pipelines, new DimsSlots(gpu, 1), new Scratch(gpu), choices);
  Object.defineProperty(e, 'subgroupsOf8', { value: subgroupsOf8 });
  emit(e);
  await e.build();
}

const DIRECTIVE = /^(\s*)\/\/ @(if|unroll|block|else|end)\b\s*(.*)$/;
const AT_THE_END = /^(\s*)(.*\S)\s*(\/\/ @(?:if|unroll) [^/]+)$/;
const SIDE = /\/\/ side (.*)$/;

/** The line, with a directive at its end on a line of its own before it. */
function unfolded(line: string): string[] {
  const [, indent, code, directive] = AT_THE_END.exec(line) ?? [];
  if (directive === undefined) return [line];
  return [`${indent}${directive}`, ...unfolded(`${indent}${code}`), `${indent}// @end`];
}

/** The text with a line `// side …` in each side of each condition, an `@else` added where there is none. */
function marked(name: string, text: string): string {
  const open: { kind: string; side: string; hasElse: boolean }[] = [];
  return text
    .split('\n')
    .flatMap((line, i) => unfolded(line).map((one) => ({ line: one, number: i + 1 })))
    .flatMap(({ line, number }) => {
      const [, indent, kind, condition] = DIRECTIVE.exec(line) ?? [];
      if (kind === undefined) return [line];
      const inner = open[open.length - 1];
      if (kind === 'if' || kind === 'unroll' || kind === 'block') {
        const side = `${name}:${number} ${condition}`;
        open.push({ kind, side, hasElse: false });
        return kind === 'if' ? [line, `${indent}// side ${side}`] : [line];
      }
      if (kind === 'else') {
        inner.hasElse = true;
        return [line, `${indent}// side ${inner.side}, else`];
      }
      open.pop();
      if (inner.kind !== 'if' || inner.hasElse) return [line];
      return [`${indent}// @else`, `${indent}// side ${inner.side}, else`, line];
    })
    .join('\n');
}

/** Names that conditions ask for. */
const ASKED = new Set(
  Object.values(FILES).flatMap((text) =>
    [...text.matchAll(/@if ([^/\n]+)/g)].flatMap(([, condition]) => condition.match(/\w+/g) ?? []),
  ),
);

/** Sides of conditions in `shaders/` that none of the kernels has, as `file:line condition`. */
export function sidesWithout(kernels: readonly Kernel[]): string[] {
  const texts = Object.fromEntries(Object.entries(FILES).map(([name, text]) => [name, marked(name, text)]));
  const sidesIn = (text: string) => text.split('\n').flatMap((line) => SIDE.exec(line)?.[1] ?? []);
  const missing = new Set(Object.values(texts).flatMap(sidesIn));
  const seen = new Set<string>();
  for (const { shader, constants } of kernels) {
    const key = JSON.stringify([shader, Object.entries(constants).filter(([name]) => ASKED.has(name))]);
    if (seen.has(key)) continue;
    seen.add(key);
    for (const side of sidesIn(expand(texts[shader], constants, texts))) missing.delete(side);
  }
  return [...missing].sort();
}
