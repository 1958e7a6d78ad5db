import { beforeEach, expect, test, vi } from 'vitest';
import { canonical, fault, fingerprint, signed } from '../../../../src/app/outcome/signed.ts';

const kept = new Map<string, string>();
beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
});

const CARD = { name: 'Größe "x"', figures: { after: 0.1, before: 1e-7 }, none: null, list: [3, 'a', true] };

test('the same value has the same text, whatever the order of its keys', () => {
  expect(canonical(CARD)).toBe(
    '{"figures":{"after":0.1,"before":1e-7},"list":[3,"a",true],"name":"Größe \\"x\\"","none":null}',
  );
  expect(canonical({ b: 1, a: undefined })).toBe('{"b":1}');
  expect(() => canonical({ a: Number.NaN })).toThrow(TypeError);
});

test('what was signed is found unchanged after it was written and read, and any change is found', async () => {
  const file = await signed(CARD);
  const read = () => JSON.parse(JSON.stringify(file, null, 2));
  expect(await fault(read())).toBeNull();
  const other = read();
  other.card.figures.after = 0.2;
  expect(await fault(other)).toMatch(/SHA-256 is another/);
  // One who mends the sum too does not have the key.
  const forged = { ...other, sha256: (await signed(other.card)).sha256 };
  expect(await fault(forged)).toMatch(/does not fit/);
  const unsigned = read();
  unsigned.signature.value = 'AAAA';
  expect(await fault(unsigned)).toMatch(/does not fit/);
  unsigned.signature.algorithm = 'none';
  expect(await fault(unsigned)).toMatch(/another kind/);
  expect(JSON.stringify(file)).not.toContain('"d"');
});

test('a browser keeps its key, where the person lets anything be kept', async () => {
  const keyOf = async () => fingerprint((await signed(CARD)).signature.public_key);
  const first = await keyOf();
  expect(first).toMatch(/^[0-9a-f]{16}$/);
  expect(await keyOf()).toBe(first);
  expect([...kept.keys()]).toEqual(['lowrank-signing-key']);
  kept.clear();
  expect(await keyOf()).not.toBe(first);
  kept.clear();
  kept.set('lowrank-keep', 'nothing');
  await keyOf();
  expect([...kept.keys()]).toEqual(['lowrank-keep']);
});
