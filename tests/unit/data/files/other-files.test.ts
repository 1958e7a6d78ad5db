import { gzipSync, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { asJsonLines } from '../../../../src/data/files/as-json-lines.ts';

const ZIP = [0x50, 0x4b, 3, 4];
type Content = readonly number[] | string | Uint8Array<ArrayBuffer>;
const file = (name: string, bytes: Content) =>
  new File([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)], name);
const bytes = (text: string) => new TextEncoder().encode(text);
const office = [...ZIP, ...new Uint8Array(26), ...bytes('[Content_Types].xml')];
const zip = (...names: string[]) =>
  new Uint8Array(zipSync(Object.fromEntries(names.map((name) => [name, bytes('{"text":"a"}\n')]))));
/** Encrypted, as both places of an entry say. */
const locked = zip('rows.jsonl');
locked[6] |= 1;
locked[
  locked.findLastIndex((byte, i) => byte === 0x50 && locked[i + 1] === 0x4b && locked[i + 2] === 1) + 8
] |= 1;
/** Two files of rows, the second by a method (Deflate64) that browsers do not unpack. */
const deflate64 = zip('rows.jsonl', 'more.jsonl');
deflate64[
  deflate64.findLastIndex((byte, i) => byte === 0x50 && deflate64[i + 1] === 0x4b && deflate64[i + 2] === 1) +
    10
] = 9;
const safetensors = (key: string) => [60, 0, 0, 0, 0, 0, 0, 0, ...bytes(`{"${key}":{"dtype":"F32"`)];
const tar = [...bytes('rows.jsonl'.padEnd(257, '\0')), ...bytes('ustar\0')];
const packed = (content: readonly number[]) => new Uint8Array(gzipSync(new Uint8Array(content)));
const png = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13];

test.each<[name: string, Content, what: string]>([
  ['sheet.xlsx', ZIP, 'a spreadsheet; save it as “CSV UTF-8”'],
  ['a', office, 'an Office document'],
  ['old.xls', [0xd0, 0xcf, 0x11, 0xe0], 'an Office document'],
  ['rows.zip', ZIP, 'a zip archive that cannot be read'],
  ['cut.zip', zip('rows.jsonl').subarray(0, 60), 'a zip archive that cannot be read'],
  ['deflate64.zip', deflate64, 'a zip archive with more.jsonl packed in a way that is not read here'],
  ['locked.zip', locked, 'a zip archive with a password'],
  ['twice.zip', zip('inner.zip'), 'a zip archive with another archive in it'],
  ['photos.zip', zip('a.png', 'b.jpg'), 'a zip archive of pictures'],
  ['model.zip', zip('m/config.json', 'm/tokenizer.json', 'm/model.safetensors'), 'a packed model'],
  ['gguf.zip', zip('m.gguf'), 'a packed model'],
  ['adapter.zip', zip('adapter_model.safetensors', 'rows.jsonl'), 'a packed adapter'],
  ['empty.zip', [0x50, 0x4b, 5, 6, ...new Uint8Array(18)], 'a zip archive with nothing in it'],
  [
    'pytorch_model.bin',
    zip('archive/data.pkl', 'archive/data/0'),
    'a pickle of Python or PyTorch, which can run code',
  ],
  ['old.bin', [0x80, 2, 0x7d], 'a pickle of Python or PyTorch, which can run code'],
  ['model.safetensors', safetensors('model.embed'), 'the weights of a model, and no data; drop config.json'],
  ['a.safetensors', safetensors('q_proj.lora_A.weight'), 'the weights of an adapter without its settings'],
  ['model.bin', 'GGUF\x03', 'a model (GGUF)'],
  ['old-model.bin', 'lmgg', 'a model in a format from before GGUF'],
  ['page.pdf', '%PDF-1.7', 'a PDF'],
  ['a.rtf', '{\\rtf1 x}', 'a document (RTF)'],
  ['photo.png', png, 'a picture'],
  ['photo.webp', 'RIFF\0\0\0\0WEBP', 'a picture'],
  ['photo.heic', [0, 0, 0, 24, ...bytes('ftypheic')], 'a picture'],
  ['film.mp4', [0, 0, 0, 24, ...bytes('ftypisom')], 'a sound or a film'],
  ['song.mp3', 'ID3\x04', 'a sound or a film'],
  ['rows.tar', tar, 'an archive of a kind that is not unpacked here'],
  ['rows.jsonl.bz2', 'BZh9', 'an archive of a kind'],
  ['rows.jsonl.xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'an archive of a kind'],
  ['rows.jsonl.zst', [0x28, 0xb5, 0x2f, 0xfd], 'compressed (Zstandard)'],
  ['rows.sqlite', 'SQLite format 3\0', 'a database (SQLite)'],
  ['rows.arrow', 'ARROW1\0\0', 'an Arrow file'],
  ['stream.arrow', [0xff, 0xff, 0xff, 0xff, 0x78], 'an Arrow file'],
  ['a.npy', [0x93, ...bytes('NUMPY')], 'a file of tables or numbers'],
  ['a.exe', [0x4d, 0x5a, 0x90, 0], 'a program'],
  ['rows.jsonl', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'a pointer of Git LFS'],
  ['rows.json', '\uFEFF \n<!DOCTYPE html><html>', 'a web page'],
  ['rows.xml', '<?xml version="1.0"?><a/>', 'XML'],
  ['utf32.csv', [0xff, 0xfe, 0, 0, 0x61, 0, 0, 0], 'a text in UTF-32'],
  ['noise', [1, 2, 0, 3], 'not a text file'],
  ['a.ipynb', '{\n "cells": [{"source": ["a"]}],\n "nbformat": 4\n}', 'a notebook'],
  ['config.json', '{"architectures": ["LlamaForCausalLM"], "model_type": "llama"}', 'a part of a model'],
  ['tokenizer.json', '{"version": "1.0", "added_tokens": [{"id": 0}], "model": {}}', 'a part of a model'],
  ['model.safetensors.index.json', '{"metadata": {}, "weight_map": {"a": "b"}}', 'a part of a model'],
  [
    'adapter_config.json',
    '{"peft_type": "LORA", "base_model_name_or_path": "x"}',
    'the settings of an adapter',
  ],
  ['run.py', 'import torch\n', 'a text that is neither JSON nor a table'],
  ['rows.yaml', '- prompt: a\n', 'a text that is neither JSON nor a table'],
])('%s is refused and says what to do', async (name, content, what) => {
  await expect(asJsonLines([file(name, content)])).rejects.toThrow(`The file is ${what}`);
  const rows = file('rows.jsonl', '{"text":"a"}\n');
  await expect(asJsonLines([rows, file(name, content)])).rejects.toThrow(`${name} is ${what}`);
});

test.each<[name: string, content: readonly number[], what: string]>([
  ['rows.tar.gz', tar, 'an archive of a kind'],
  ['photo.gz', png, 'a picture'],
])('%s is told for what it is unpacked', async (name, content, what) => {
  await expect(asJsonLines([file(name, packed(content))])).rejects.toThrow(`The file, unpacked, is ${what}`);
});

test('UTF-16 without a byte order mark is read', async () => {
  const text = 'question,answer\nHow are you?,Fine.\n';
  for (const first of [0, 1]) {
    const wide = new Uint8Array(text.length * 2);
    for (const [i, byte] of bytes(text).entries()) wide[2 * i + first] = byte;
    const { blob, notes } = await asJsonLines([file('a.csv', wide)]);
    expect(await blob.text()).toBe('{"question":"How are you?","answer":"Fine."}\n');
    expect(notes).toEqual(['The file is read as UTF-16 text.']);
  }
});

test('a list that ends within a row, or before its end, was cut off', async () => {
  const { problems } = await asJsonLines([file('a.json', '[{"text":"a"},\n{"text":"b')]);
  expect([...problems]).toEqual([[2, expect.stringMatching(/cut off/)]]);
  // Between rows nothing is wrong with any of them.
  for (const end of ['', ',', ' ,\n']) {
    for (const begin of ['[', '{"data": [']) {
      const cut = await asJsonLines([file('a.json', `${begin}{"text":"a"},\n{"text":"b"}${end}`)]);
      expect([...cut.problems]).toEqual([]);
      expect(cut.notes.at(-1)).toMatch(/ends within its list: it was cut off after these rows/);
    }
  }
  const whole = await asJsonLines([file('a.json', '[{"text":"a"},\n{"text":"b"}]\n')]);
  expect(whole.notes).toEqual([]);
});

test('rows with a damaged line are not refused', async () => {
  const damaged = file('rows.jsonl', '{"text":"a"}\n\0\0\n{"text":"b"}\n');
  expect((await asJsonLines([damaged])).blob).toBe(damaged);
});
