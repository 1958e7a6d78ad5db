import { expect, test } from 'vitest';
import { placeBeside } from '../../../../src/app/tour/place.ts';

const CARD = { width: 320, height: 160 };
const WINDOW = { width: 1440, height: 900 };

test.each([
  ['right of a column on the left', { left: 0, top: 48, width: 340, height: 852 }, { left: 352, top: 48 }],
  ['left of a column on the right', { left: 1060, top: 48, width: 380, height: 852 }, { left: 728, top: 48 }],
  ['above a button at the foot', { left: 16, top: 840, width: 1420, height: 44 }, { left: 16, top: 668 }],
  [
    'below a header over the whole width',
    { left: 0, top: 0, width: 1440, height: 48 },
    { left: 12, top: 60 },
  ],
  [
    'inside the window where nothing has room',
    { left: 0, top: 0, width: 1440, height: 900 },
    { left: 12, top: 12 },
  ],
])('the card stands %s', (_, target, expected) => {
  expect(placeBeside(target, CARD, WINDOW)).toEqual(expected);
});

test('on a phone it stays inside the window, whatever it points at', () => {
  const phone = { width: 390, height: 844 };
  for (const left of [0, 200, 380])
    for (const top of [0, 400, 830]) {
      const at = placeBeside({ left, top, width: 60, height: 44 }, CARD, phone);
      expect(at.left).toBeGreaterThanOrEqual(12);
      expect(at.left + CARD.width).toBeLessThanOrEqual(phone.width - 12);
      expect(at.top).toBeGreaterThanOrEqual(12);
      expect(at.top + CARD.height).toBeLessThanOrEqual(phone.height - 12);
    }
});
