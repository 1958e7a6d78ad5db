import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { contentSecurityPolicy } from '../security-headers.mjs';
import { escapeHtml, renderMarkdown } from './markdown.mjs';

/** The guide, and what it leads to, as pages of the build: they lie beside the page, so that they are there offline too. */

/** Names in docs/, with what they are called. */
const PAGES = {
  guide: 'Guide',
  data: 'Data',
  methods: 'Methods and objectives',
  lab: 'The lab',
  hosting: 'Hosting',
};

const FOLDER = 'guide';
const IMAGE = /!\[[^\]]*\]\((images\/[^)\s]+\.png)\)/g;

/** What the pages are made from. */
export const GUIDE_SOURCES = [...Object.keys(PAGES).map((name) => `docs/${name}.md`), 'docs/images'];

const read = (/** @type {string} */ name) => readFileSync(join(ROOT, 'docs', name));

/** Where a link of docs/ leads from a page of the guide; what is not among them, or not on this host, is not linked. */
export function guideLink(/** @type {string} */ href) {
  if (href.startsWith('#')) return href;
  const [, name, part = ''] = /^([a-z-]+)\.md(#.*)?$/.exec(href) ?? [];
  return name !== undefined && name in PAGES ? `${name}.html${part}` : null;
}

/** @param {keyof typeof PAGES} name */
function page(name) {
  const path = `${FOLDER}/${name}.html`;
  // Here they are pages with a name, and no files.
  const text = read(`${name}.md`)
    .toString()
    .replace(/\[([a-z-]+)\.md\](?=\(\1\.md)/g, (whole, other) =>
      other in PAGES ? `[${PAGES[/** @type {keyof typeof PAGES} */ (other)]}]` : whole,
    );
  const body = renderMarkdown(text, { link: guideLink, image: (src) => src });
  const nav = Object.entries(PAGES).map(([other, title]) =>
    other === name ? `<b aria-current="page">${title}</b>` : `<a href="${other}.html">${title}</a>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(contentSecurityPolicy(path, { meta: true }))}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="../icons/lowrank.svg">
<title>${PAGES[name]}: Lowrank</title>
<script src="../theme.js"></script>
<link rel="stylesheet" href="guide.css">
</head>
<body>
<nav aria-label="Pages of the guide"><a href="../index.html">Lowrank</a>${nav.join('')}</nav>
<main>
${body}
</main>
</body>
</html>
`;
}

/**
 * Every file of the guide, by its path in the build.
 * @returns {Map<string, string | Buffer>}
 */
export function guideFiles() {
  /** @type {Map<string, string | Buffer>} */
  const files = new Map();
  const colours = readFileSync(join(ROOT, 'src/app/theme/tokens.css'), 'utf8');
  const rules = readFileSync(join(ROOT, 'scripts/build/guide.css'), 'utf8');
  files.set(`${FOLDER}/guide.css`, `${colours}\n${rules}`);
  for (const name of /** @type {(keyof typeof PAGES)[]} */ (Object.keys(PAGES))) {
    files.set(`${FOLDER}/${name}.html`, page(name));
    for (const [, image] of read(`${name}.md`).toString().matchAll(IMAGE))
      files.set(`${FOLDER}/${image}`, read(image));
  }
  return files;
}

const TYPES = { html: 'text/html', css: 'text/css', png: 'image/png' };

/**
 * Puts the guide into the build, and serves it in development.
 * @returns {import('vite').Plugin}
 */
export function guide() {
  return {
    name: 'lowrank:guide',
    generateBundle() {
      for (const [fileName, source] of guideFiles()) this.emitFile({ type: 'asset', fileName, source });
    },
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const path = (request.url ?? '').split(/[?#]/)[0].slice(1);
        const file = path.startsWith(`${FOLDER}/`) ? guideFiles().get(path) : undefined;
        if (file === undefined) return next();
        const ending = /** @type {keyof typeof TYPES} */ (path.split('.').at(-1));
        response.setHeader('Content-Type', `${TYPES[ending]}; charset=utf-8`);
        response.end(file);
      });
    },
  };
}
