import { expect, test } from 'vitest';
import type { KeptDistil } from '../../../../src/worker/api/api.ts';
import { keepableDistil } from '../../../../src/worker/storage/distil-kept.ts';

const files = (bytes: number) => [
  { path: 'adapter_model.safetensors', bytes: { byteLength: bytes } as Uint8Array },
];

const distil = (more: { adapter?: number; students?: number[]; text?: string } = {}) =>
  ({
    version: 1,
    given: {
      teacher: {
        model: { choice: { kind: 'hub', id: 'some/model', token: 'secret' }, name: 'some/model' },
        flag: 'some/model',
      },
      student: { model: { choice: { kind: 'folder', files: [] }, name: 'mine' }, flag: 'mine' },
      adapter: more.adapter === undefined ? null : { name: 'form', files: files(more.adapter) },
      own: null,
    },
    stages: { rows: { train: [{ turns: [{ content: more.text ?? 'a' }] }], heldOut: [] } },
    students: Object.fromEntries(
      (more.students ?? []).map((bytes, i) => [
        i === 0 ? 'student-small' : 'student-larger',
        { files: files(bytes), trainedOn: 12 },
      ]),
    ),
  }) as unknown as KeptDistil;

test('a token is not kept, nor a model that was dropped', () => {
  const { given } = keepableDistil(distil());
  expect(given.teacher.model).toEqual({
    choice: { kind: 'hub', id: 'some/model', token: undefined },
    name: 'some/model',
  });
  expect(given.student.model).toEqual({ choice: null, name: 'mine' });
});

test('adapters are kept up to 64 MB together; of others it is known that they were there', () => {
  const whole = keepableDistil(distil({ adapter: 20e6, students: [20e6, 20e6] }));
  expect(whole.given.adapter!.files).toHaveLength(1);
  expect(whole.students['student-larger']!.files).toHaveLength(1);
  const cut = keepableDistil(distil({ adapter: 65e6, students: [40e6, 40e6] }));
  expect(cut.given.adapter).toEqual({ name: 'form', files: [] });
  expect(cut.students['student-small']!.files).toHaveLength(1);
  expect(cut.students['student-larger']).toEqual({ files: null, trainedOn: 12 });
});

test('rows that are too large for the browser are refused in words', () => {
  const text = 'a'.repeat(2 ** 28 + 1);
  expect(() => keepableDistil(distil({ text }))).toThrow('more than 256 MB of text');
});
