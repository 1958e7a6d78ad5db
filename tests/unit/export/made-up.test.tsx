import { unzipSync } from 'fflate';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { formatsSection } from '../../../scripts/headless/commands-page.mjs';
import { formatAsked } from '../../../scripts/headless/export.mjs';
import { exportFlags } from '../../../scripts/headless/flag-tables.mjs';
import { helpOf, parseFlags } from '../../../scripts/headless/flags.mjs';
import { sizeOf } from '../../../src/app/take/size.ts';
import { Formats } from '../../../src/app/take/take-panel.tsx';
import { exportAdapter, refusedExports } from '../../../src/export/export.ts';
import {
  type AdapterFormat,
  asBlob,
  downloadName,
  type ExportFormat,
  wordsOf,
} from '../../../src/export/format.ts';
import { FORMATS, type FormatId } from '../../../src/export/formats/list.ts';
import type { ModelInfo } from '../../../src/worker/api/api.ts';
import { downloadAs, linesOf } from '../../../src/worker/compute/downloads.ts';
import { heldCard } from '../../../src/worker/compute/exports.ts';
import { modelInfo } from '../../../src/worker/compute/model-info.ts';
import type { Workspace } from '../../../src/worker/compute/workspace.ts';
import { randomAdapter, randomModel } from './random-model.ts';

/** A format that does not exist, as one object. All else must learn of it from the list alone. */
const papyrus: AdapterFormat = {
  id: 'papyrus',
  from: 'adapter',
  label: 'Papyrus',
  button: 'Unroll it',
  about: 'For scribes.',
  dtypes: [
    { value: 'q8', label: 'reed', bytes: 1 },
    { value: 'f32', label: 'feather', bytes: 4 },
  ],
  file: (dtype) => `-${dtype}.scroll`,
  zip: 'scroll',
  merged: false,
  library: 'scriptorium',
  runRecord: false,
  base: async () => asBlob({ path: 'base.scroll', bytes: text('base') }),
  check({ config }, weights) {
    if (config.layers > 2) return `A papyrus has two layers, and this model has ${config.layers}. Cut it.`;
    return weights && weights.modules.length > 2 ? 'A papyrus holds two modules. Train fewer.' : null;
  },
  write: ({ weights, dtype, file }) => ({
    files: [asBlob({ path: 'scroll', bytes: text(`${dtype} ${weights.modules.length}`) })],
    beside: [asBlob({ path: 'seal.txt', bytes: text(file) })],
  }),
  command: ({ baseId }, target) => `unroll ${target} --on ${baseId}`,
  use: (_base, file) => [`Unroll \`${file}\` with care.`],
  lines: (_base, target) => ({ language: 'shell', lines: [`unroll ${target}`] }),
};

const text = (value: string) => new TextEncoder().encode(value);
const model = randomModel();
const weights = randomAdapter(model.config, ['q_proj']);
const input = { ...model, weights, dtype: null, target: 'out/sea.scroll', chat: false, record: null };
const id = papyrus.id as FormatId;
const info = { kind: 'bundled', id: './base', name: 'Tiny', parameters: 1000, bytes: 2000 } as ModelInfo;
const open = { ...model, source: { ...model.source, kind: 'bundled' }, info };

const formats = FORMATS as readonly ExportFormat[] as ExportFormat[];
beforeAll(() => void formats.push(papyrus));
afterAll(() => void formats.pop());

test('it is exported in its own precision, with its card beside it and the command that loads it', async () => {
  const { files, beside, note } = await exportAdapter(papyrus, input);
  expect(await files[0].blob.text()).toBe('q8 2');
  expect(beside.map(({ path }) => path)).toEqual(['seal.txt', 'README.md']);
  expect(await beside[0].blob.text()).toBe('sea.scroll');
  expect(note).toBe(`unroll out/sea.scroll --on ${model.source.id}`);
  await expect(exportAdapter(papyrus, { ...input, dtype: 'f16' })).rejects.toMatchObject({
    code: 'bad-dtype',
    message: expect.stringContaining('q8, or f32'),
  });
});

test('what it refuses is known of a model, and of an adapter', async () => {
  expect(refusedExports(model)).not.toHaveProperty('papyrus');
  expect(refusedExports(randomModel({ num_hidden_layers: 3 }))).toEqual({
    papyrus: 'A papyrus has two layers, and this model has 3. Cut it.',
  });
  const wide = randomAdapter(model.config, ['q_proj', 'k_proj']);
  await expect(exportAdapter(papyrus, { ...input, weights: wide })).rejects.toMatchObject({
    code: 'unsupported-export',
    message: 'A papyrus holds two modules. Train fewer.',
  });
});

test('a download has it under its name, with what belongs beside it', async () => {
  const workspace = {
    model: open,
    bundledUrl: '',
  } as unknown as Workspace;
  const held = { weights, record: null };
  const request = {
    adapter: null,
    format: id,
    dtype: 'f32',
    name: 'sea',
    includeBase: true,
    card: null,
  } as const;
  const { name, blob } = await downloadAs(
    workspace,
    () => held,
    request,
    () => {},
  );
  expect(name).toBe('sea-scroll.zip');
  const files = unzipSync(new Uint8Array(await blob.arrayBuffer()));
  expect(Object.keys(files)).toEqual(['sea-f32.scroll', 'seal.txt', 'README.md', 'base.scroll']);
  const card = new TextDecoder().decode(files['README.md']);
  expect(card).toContain('library_name: scriptorium');
  expect(card).toContain('Unroll `sea-f32.scroll` with care.');
  expect(heldCard(workspace, held, papyrus, 'sea-f32.scroll')).toBe(card);
  expect(downloadName({ ...papyrus, zip: null }, null, 'sea')).toBe('sea-q8.scroll');
});

test('the page offers it by the words that come with the model, and says why it cannot be had', () => {
  const infoOf = ({ source, config }: typeof model) =>
    structuredClone(
      modelInfo('bundled', source, config, {
        hasTemplate: false,
        template: { own: false, chosen: null, proposed: 'plain' },
      }),
    );
  const papyri = (of: typeof model) => infoOf(of).exports.filter((words) => words.id === id);
  const panel = (of: typeof model) => renderToStaticMarkup(<Formats model={infoOf(of)} />);
  expect(panel(model)).toContain('Papyrus</label>');
  expect(panel(model).match(/data-no/g)).toBeNull();
  const deep = randomModel({ num_hidden_layers: 3 });
  expect(panel(deep).match(/<label data-no="".*?<\/label>/gs)).toEqual([expect.stringContaining('Papyrus')]);
  expect(papyri(deep)).toMatchObject([{ refused: expect.stringMatching(/^A papyrus has two layers/) }]);
  expect(papyri(model)).toEqual([
    {
      ...{ id: 'papyrus', from: 'adapter', label: 'Papyrus', button: 'Unroll it', about: 'For scribes.' },
      dtypes: [
        { value: 'q8', label: 'reed', bytes: 1, ending: '-scroll.zip' },
        { value: 'f32', label: 'feather', bytes: 4, ending: '-scroll.zip' },
      ],
      ...{ zipped: true, merged: false, takesBase: true, refused: null },
      refusedFor: expect.objectContaining({
        prefix: expect.stringContaining('Papyrus'),
        prompt: expect.stringContaining('Papyrus'),
      }),
    },
  ]);
  const [bare] = wordsOf({ ...papyrus, zip: null }, null).dtypes;
  expect(bare.ending).toBe('-q8.scroll');
  const request = { format: id, dtype: null, name: 'sea', raw: false };
  expect(linesOf({ model: open } as unknown as Workspace, request)).toEqual({
    ...{ language: 'shell', lines: ['unroll sea-q8.scroll'] },
  });
  const [words] = papyri(model);
  expect(sizeOf(words, null, info, 300)).toBe(300);
  expect(sizeOf(words, 'f32', info, 300)).toBe(1200);
});

test('the command takes it, in its precisions alone, and its help and page list it', () => {
  const asked = (...args: string[]) => {
    const needed = ['--model', 'm', '--adapter', 'a', '--out', 'o', '--format', 'papyrus'];
    return formatAsked(FORMATS, parseFlags([...needed, ...args], exportFlags(FORMATS)));
  };
  expect(asked()).toEqual({ format: papyrus, dtype: null });
  expect(asked('--dtype', 'q8')).toEqual({ format: papyrus, dtype: 'q8' });
  expect(() => asked('--dtype', 'f16')).toThrow('--dtype: papyrus is written as q8 or f32, not as f16.');
  const help = helpOf('export', '', exportFlags(FORMATS));
  expect(help).toContain('|continue|papyrus');
  expect(help).toContain('A file for gguf, merged-gguf and papyrus, else a folder.');
  expect(formatsSection(FORMATS)).toContain('| `papyrus` | Papyrus | `q8`, `f32` | a file | For scribes. |');
});

test('each name is of one format, and each format in one file of that name', async () => {
  const files = import.meta.glob('../../../src/export/formats/*.ts');
  const names = Object.keys(files).map((path) => path.replace(/^.*\/|\.ts$/g, ''));
  const ids = formats.filter((format) => format !== papyrus).map((format) => format.id);
  expect(new Set(formats.map((format) => format.id)).size).toBe(formats.length);
  expect(names.filter((name) => name !== 'list').sort()).toEqual(ids.sort());
});
