import { type Constants, expand } from './wgsl.ts';

/** Texts of `shaders/*.wgsl` by name. */
const FILES: Record<string, string> = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>('../../shaders/*.wgsl', { query: '?raw', import: 'default', eager: true }),
  ).map(([path, text]) => [path.slice(path.lastIndexOf('/') + 1, -'.wgsl'.length), text]),
);

/** The WGSL that reaches the driver. */
export function shaderText(name: string, constants: Constants): string {
  const source = FILES[name];
  if (source === undefined) throw new Error(`no shader called ${name}`);
  return expand(source, constants, FILES);
}
