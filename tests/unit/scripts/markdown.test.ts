import { describe, expect, test } from 'vitest';
import { guideFiles, guideLink } from '../../../scripts/build/guide.mjs';
import { renderMarkdown, slugOf } from '../../../scripts/build/markdown.mjs';

const html = (text: string) =>
  renderMarkdown(text, { link: (href) => (href.startsWith('https:') ? null : href), image: (src) => src });

describe('Markdown as docs/ has it', () => {
  test.each([
    ['# One & two', '<h1 id="one--two">One &#38; two</h1>'],
    [
      'a **bold** and *thin* `a*b*` word',
      '<p>a <strong>bold</strong> and <em>thin</em> <code>a*b*</code> word</p>',
    ],
    ['2 * 3 * 4', '<p>2 * 3 * 4</p>'],
    ['[words](data.md) and [other](https://x.org)', '<p><a href="data.md">words</a> and other</p>'],
    ['![a run](images/run.png)', '<p><img src="images/run.png" alt="a run"></p>'],
    ['```js\n# <no> **heading**\n```', '<pre tabindex="0"><code># &#60;no&#62; **heading**</code></pre>'],
    [
      'Text\n\n    L = a < b\n\nmore',
      '<p>Text</p>\n<pre tabindex="0"><code>L = a &#60; b</code></pre>\n<p>more</p>',
    ],
    ['- one\n- two\n  more', '<ul>\n<li>one</li>\n<li>two\nmore</li>\n</ul>'],
    ['1. one\n2. two', '<ol>\n<li>one</li>\n<li>two</li>\n</ol>'],
    ['`a` and [`b`](c.md)', '<p><code>a</code> and <a href="c.md"><code>b</code></a></p>'],
  ])('%j', (text, wanted) => expect(html(text)).toBe(wanted));

  test('tables have a head where it has words, and bars that are escaped are cells’ own', () => {
    expect(html('| a | b |\n|---|---|\n| `x \\| y` | 2 |')).toBe(
      '<div class="table" tabindex="0"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody><tr><td><code>x | y</code></td><td>2</td></tr></tbody></table></div>',
    );
    expect(html('| | |\n|---|---|\n| a | b |')).not.toContain('<thead>');
  });

  test('headings have the ids that links go by', () => {
    expect(slugOf('The ladder')).toBe('the-ladder');
    expect(slugOf('3. Is training what you need?')).toBe('3-is-training-what-you-need');
  });
});

describe('the guide of the page', () => {
  const files = guideFiles();
  const pages = [...files]
    .filter(([path]) => path.endsWith('.html'))
    .map(([path, text]) => ({ path, text: `${text}` }));

  test('links to its own pages alone', () => {
    expect(guideLink('data.md')).toBe('data.html');
    expect(guideLink('lab.md#the-ladder')).toBe('lab.html#the-ladder');
    expect(guideLink('#here')).toBe('#here');
    for (const other of ['benchmarks.md', '../SECURITY.md', 'https://arxiv.org', 'decisions/0001-x.md'])
      expect(guideLink(other)).toBeNull();
  });

  test.each(pages)(
    '$path leaves nothing as it was typed, and what it leads to is there',
    ({ path, text }) => {
      const body = text.slice(text.indexOf('<main>'));
      const words = body.replace(/<(pre|code)\b[^>]*>[\s\S]*?<\/\1>/g, '').replace(/<[^>]*>/g, '\n');
      expect(words).not.toMatch(/\*\*|\]\(|^#|^\||```/m);
      expect(words).not.toContain('\u0001');
      expect(body.length).toBeGreaterThan(4000);
      const folder = path.slice(0, path.lastIndexOf('/') + 1);
      for (const [, to] of body.matchAll(/(?:href|src)="([^"]+)"/g)) {
        const [name, part] = to.split('#');
        const target = name === '' ? path : folder + name;
        expect(files.has(target), `${path}: ${to}`).toBe(true);
        if (part) expect(`${files.get(target)}`, `${path}: ${to}`).toContain(`id="${part}"`);
      }
    },
  );
});
