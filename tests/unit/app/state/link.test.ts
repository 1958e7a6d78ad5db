import { describe, expect, it } from 'vitest';
import { formatHash, parseHash } from '../../../../src/app/state/hash.ts';
import { linkHash, readLink } from '../../../../src/app/state/link.ts';
import { PAGE_DEFAULTS, PRESETS, presetSettings } from '../../../../src/app/state/presets.ts';

const hashOf = (settings: object) =>
  formatHash({ device: 'auto', sample: null, settings: { ...PAGE_DEFAULTS, ...settings } }, PAGE_DEFAULTS);

describe('a link', () => {
  it('says its recipe and how many steps that was, and sets the same settings', () => {
    const hash = linkHash(hashOf({ rank: 4, learningRate: 0.003 }), null, 192);
    expect(readLink(hash)).toEqual({
      ...{ recipe: 'rank 4, learning rate 0.003', steps: 192, sample: null, refused: [] },
    });
    expect(parseHash(hash).settings).toEqual({ rank: 4, learningRate: 0.003 });
  });

  it('names its preset', () => {
    const style = PRESETS[1];
    const hash = linkHash(hashOf(presetSettings(style)), style.id, null);
    expect(readLink(hash)).toMatchObject({ steps: null });
    expect(readLink(hash)?.recipe).toMatch(/^Style, rank 16, alpha 32, /);
    expect(readLink(linkHash(hashOf({}), 'quick', 135))?.recipe).toBe('Quick look');
    expect(readLink(linkHash(hashOf({}), null, null))?.recipe).toBe('the page’s own settings');
  });

  it('tells a reloaded page from one that was sent', () => {
    expect(readLink('')).toBeNull();
    expect(readLink(hashOf({ rank: 4 }))).toBeNull();
  });

  it('says what of it is not used', () => {
    const said = readLink('#rank=-3&lr=0.003&colour=green&chat-template=mine&preset=own&prompt-text=Hi');
    expect(said?.recipe).toBe('learning rate 0.003');
    expect(said?.refused.join(' ')).toMatch(
      /^Not valid here, so at the default: .*Rank.*Chat template\. No settings of this version, so left out: colour\.$/,
    );
    const many = readLink('#rank=4&alpha=5&lr=0.003&epochs=9&batch=2&seed=7&dropout=0.1&clip=2&preset=x');
    expect(many?.recipe.split(', ')).toHaveLength(7);
    expect(many?.recipe).toMatch(/, 2 more$/);
  });
});
