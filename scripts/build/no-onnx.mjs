import { fileURLToPath } from 'node:url';

/** What must never be in a build: the ONNX runtime and the addresses that its loader would fetch it from. */
const FORBIDDEN = [/cdn\.jsdelivr/, /unpkg\.com/, /ort-wasm/, /onnxruntime-web@/, /ort\.(webgpu|wasm|all)/];

const STUB = fileURLToPath(new URL('../empty-package/onnxruntime-web.js', import.meta.url));

/** Aliases that put an empty module in the place of transformers.js's ONNX runtime. */
export const withoutOnnx = [{ find: /^onnxruntime-(web|common)(\/.*)?$/, replacement: STUB }];

/**
 * Names of what a build holds that it must not hold.
 * @param {Iterable<{ name: string, text: string }>} files
 */
export function forbiddenIn(files) {
  const found = [];
  for (const { name, text } of files) {
    for (const pattern of FORBIDDEN) {
      if (pattern.test(name) || pattern.test(text)) found.push(`${name}: ${pattern.source}`);
    }
  }
  return found;
}

/** Cuts the CDN address out of transformers.js and fails the build where anything forbidden is left. */
export function noOnnx() {
  return {
    name: 'lowrank:no-onnx',
    apply: 'build',
    transform: {
      filter: { id: /transformers(\.web)?(\.min)?\.js$/ },
      handler(/** @type {string} */ code) {
        if (!code.includes('cdn.jsdelivr')) return null;
        return {
          code: code
            .replaceAll(/https:\/\/cdn\.jsdelivr\.net\/npm\/onnxruntime-web@/g, 'about:blank#')
            .replaceAll('ort-wasm-simd-threaded', 'absent'),
          map: null,
        };
      },
    },
    generateBundle(/** @type {unknown} */ _options, /** @type {Record<string, any>} */ bundle) {
      const files = Object.values(bundle).map((file) => ({
        name: file.fileName,
        text:
          file.type === 'chunk'
            ? file.code
            : typeof file.source === 'string'
              ? file.source
              : file.fileName.endsWith('.js')
                ? new TextDecoder().decode(file.source)
                : '',
      }));
      const found = forbiddenIn(files);
      if (found.length > 0) {
        throw new Error(
          `The build holds what it must not: ${found.join('; ')}. See scripts/build/no-onnx.mjs.`,
        );
      }
    },
  };
}
