// The Markdown that docs/ is written in, as HTML: headings, paragraphs, lists, tables, code, pictures, links, bold and
// italic. Not a general renderer: `tests/unit/scripts/markdown.test.ts` holds that nothing of docs/ is left as it was typed.

/**
 * @typedef {object} Links
 * @property {(href: string) => string | null} link where a link leads; null: its words alone are shown
 * @property {(src: string) => string} image
 */

/** @returns {string} HTML */
export function renderMarkdown(/** @type {string} */ text, /** @type {Links} */ links) {
  return blocks(text.split('\n'), links).join('\n');
}

/** As in texts and between double quotes. */
export function escapeHtml(/** @type {string} */ text) {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** The id of a heading, as GitHub gives it: links in docs/ go by that. */
export function slugOf(/** @type {string} */ heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

const FENCE = /^```/;
const HEADING = /^(#{1,6}) +(.*)$/;
const ITEM = /^(?:[-*]|(\d+)\.) +/;
const TABLE = /^\|/;
const INDENTED = /^ {4}/;

/** @returns {string[]} */
function blocks(/** @type {string[]} */ lines, /** @type {Links} */ links) {
  /** @type {string[]} */
  const out = [];
  let at = 0;
  /** The lines from here on that hold. */
  const taken = (/** @type {(line: string) => boolean} */ holds) => {
    const begin = at;
    while (at < lines.length && holds(lines[at])) at++;
    return lines.slice(begin, at);
  };
  while (at < lines.length) {
    const line = lines[at];
    const heading = HEADING.exec(line);
    if (line.trim() === '') at++;
    else if (FENCE.test(line)) {
      at++;
      const code = taken((one) => !FENCE.test(one));
      at++;
      out.push(pre(code));
    } else if (heading) {
      at++;
      const [, { length: level }, words] = heading;
      out.push(`<h${level} id="${slugOf(words)}">${inline(words, links)}</h${level}>`);
    } else if (TABLE.test(line))
      out.push(
        table(
          taken((one) => TABLE.test(one)),
          links,
        ),
      );
    else if (ITEM.test(line))
      out.push(
        list(
          taken((one) => ITEM.test(one) || /^ |^$/.test(one)),
          links,
        ),
      );
    else if (INDENTED.test(line)) {
      out.push(pre(taken((one) => INDENTED.test(one)).map((one) => one.slice(4))));
    } else {
      const words = taken(
        (one) => one.trim() !== '' && ![FENCE, HEADING, TABLE, ITEM].some((start) => start.test(one)),
      );
      out.push(`<p>${inline(words.join('\n'), links)}</p>`);
    }
  }
  return out;
}

function pre(/** @type {string[]} */ code) {
  return `<pre tabindex="0"><code>${escapeHtml(code.join('\n'))}</code></pre>`;
}

/** Items with what is indented under them. */
function list(/** @type {string[]} */ lines, /** @type {Links} */ links) {
  /** @type {string[][]} */
  const items = [];
  for (const line of lines) {
    const start = ITEM.exec(line);
    if (start) items.push([line.slice(start[0].length)]);
    else items.at(-1)?.push(line.replace(/^ {2,3}/, ''));
  }
  const tag = /^\d/.test(lines[0]) ? 'ol' : 'ul';
  const inner = items.map((item) => {
    const made = blocks(item, links);
    // An item of one paragraph is that paragraph's words.
    return `<li>${made.length === 1 ? made[0].replace(/^<p>|<\/p>$/g, '') : made.join('\n')}</li>`;
  });
  return `<${tag}>\n${inner.join('\n')}\n</${tag}>`;
}

function table(/** @type {string[]} */ lines, /** @type {Links} */ links) {
  const rows = lines.map((line) =>
    line
      .trim()
      .replace(/^\||(?<!\\)\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => inline(cell.trim().replaceAll('\\|', '|'), links)),
  );
  const [head, , ...body] = rows;
  const cells = (/** @type {string[]} */ row, /** @type {string} */ tag) =>
    `<tr>${row.map((cell) => (cell === '' ? '<td></td>' : `<${tag}>${cell}</${tag}>`)).join('')}</tr>`;
  const named = head.some((cell) => cell !== '');
  return `<div class="table" tabindex="0"><table>${named ? `<thead>${cells(head, 'th')}</thead>` : ''}<tbody>${body.map((row) => cells(row, 'td')).join('\n')}</tbody></table></div>`;
}

function inline(/** @type {string} */ text, /** @type {Links} */ links) {
  // Code first, since nothing in it means anything; a control character keeps its place.
  /** @type {string[]} */
  const kept = [];
  const keep = (/** @type {string} */ html) => `\u0001${kept.push(html) - 1}\u0001`;
  const html = escapeHtml(
    text.replace(/(`+)(.+?)\1/g, (_, /** @type {string} */ _ticks, /** @type {string} */ code) =>
      keep(`<code>${escapeHtml(code.trim())}</code>`),
    ),
  )
    .replace(/!\[([^\]]*)\]\(([^)\s]+)\)/g, (_, alt, src) =>
      keep(`<img src="${links.image(src)}" alt="${alt}">`),
    )
    .replace(/\[([^\]]+)\]\(([^)\s]+)\)/g, (_, words, href) => {
      const to = links.link(href);
      return to === null ? words : `<a href="${to}">${words}</a>`;
    })
    .replace(/\*\*(.+?)\*\*/gs, '<strong>$1</strong>')
    .replace(/(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])/g, '<em>$1</em>');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  const put = (/** @type {string} */ one) => one.replace(/\u0001(\d+)\u0001/g, (_, i) => kept[Number(i)]);
  // What is kept may hold what was kept before it.
  return put(put(html));
}
