import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { FAULTS, filesOf } from '../../scripts/faults/table.mjs';
import { ROOT } from '../../scripts/paths.mjs';
import { namedIn, needsNode } from '../../scripts/test/needs-node.mjs';
import { NODES } from '../../scripts/test/other-nodes.mjs';

const CODE = /\.(ts|tsx|mjs|js)$/;
const filesUnder = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file.replaceAll('\\', '/')}`)
    .filter((file) => CODE.test(file));
const textOf = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const inProject = (path: string) => relative(ROOT, path).replaceAll('\\', '/');

/** The projects that run each file, as Vitest finds them; `all`: with what `npm run test:all` adds. */
const projectsOfFiles = (all: boolean) => (all ? EVERY : QUICK);
const EVERY = list(true);
const QUICK = list(false);

function list(all: boolean): Map<string, string[]> {
  const listed: { file: string; projectName: string }[] = JSON.parse(
    execFileSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'list', '--filesOnly', '--json'], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, LOWRANK_TEST_ALL: all ? '1' : '', LOWRANK_CI: '' },
    }),
  );
  const projects = new Map<string, string[]>();
  for (const { file, projectName } of listed) {
    const path = inProject(file);
    projects.set(path, [...(projects.get(path) ?? []), projectName]);
  }
  return projects;
}

/** As Vitest names them: a project and its browser. */
const IN_BROWSERS = ['browser-unit (chromium)', 'firefox-unit (firefox)', 'webkit-unit (webkit)'];

/** Kernels run by another compiler and another Vulkan too. */
const KERNELS_IN = ['gpu (chromium)', 'firefox-gpu (firefox)'];

test('the unit tests run in browsers too unless they need Node or are of scripts', () => {
  const unit = [...projectsOfFiles(true)].filter(([file]) => /^tests\/unit\/[^/]+\//.test(file));
  const [inBrowsers, inNodeAlone] = [4, 1].map((count) =>
    unit.filter(([, names]) => names.length === count).map(([file]) => file),
  );
  expect([...inBrowsers, ...inNodeAlone].sort()).toEqual(unit.map(([file]) => file).sort());
  for (const file of inNodeAlone.filter((file) => !file.startsWith('tests/unit/scripts/')))
    expect(needsNode(file), file).toBe(true);
  expect(inBrowsers.filter((file) => /from 'node:|\bvi\.mock\(/.test(textOf(file)))).toEqual([]);
  expect(inBrowsers.length).toBeGreaterThan(100);
});

test('a file of tests that a script hands to Vitest is in a project that the script names', () => {
  const handed = filesUnder('scripts').flatMap((script) => {
    const text = textOf(script);
    const named = [...text.matchAll(/--project=([\w-]+)/g)].map(([, name]) => name);
    return [...text.matchAll(/'(tests\/[\w/.-]+\.test\.tsx?)'/g)].map(([, file]) => ({
      script,
      named,
      file,
    }));
  });
  expect(handed.map(({ script }) => script)).toContain('scripts/naga.mjs');
  for (const { script, named, file } of handed.filter(({ named }) => named.length > 0)) {
    const projects = (projectsOfFiles(true).get(file) ?? []).map((name) => name.split(' ')[0]);
    expect(
      named.some((name) => projects.includes(name)),
      `${script}: ${file}`,
    ).toBe(true);
  }
});

test('every project of Vitest is a part of npm test or npm run test:all', () => {
  const script = textOf('scripts/test.mjs');
  const projects = new Set([...projectsOfFiles(true).values()].flat().map((name) => name.split(' ')[0]));
  expect([...projects].filter((name) => !script.includes(`'${name}'`))).toEqual([]);
});

test('the versions of Node that are said to do are those that the unit tests run under', () => {
  const { engines } = JSON.parse(textOf('package.json'));
  expect([...engines.node.matchAll(/\^(\d+)\./g)].map(([, major]) => Number(major))).toEqual(NODES);
  const readme = /with Node (.*?), which are the versions/.exec(textOf('README.md'))?.[1];
  expect(
    readme
      ?.replaceAll(/\(.*?\)/g, '')
      .match(/\d+/g)
      ?.map(Number),
  ).toEqual(NODES);
});

/** The packages that a file imports, other than for their types alone. */
const packagesIn = (file: string) =>
  [
    ...textOf(file).matchAll(
      /(?:^(?:import|export) (?!type )[^;']* from |^import |\bimport\()'([^.'][^'?]*)'/gm,
    ),
  ].map(([, name]) => name);

test('whatever package a browser test may import is named in optimizeDeps: one found late reloads the page in mid-run', () => {
  const files = [
    ...filesUnder('src').filter((file) => !file.startsWith('src/bench/')),
    ...[...projectsOfFiles(true)].filter(([, [name]]) => name !== 'e2e').map(([file]) => file),
  ];
  const config = textOf('vite.config.ts');
  const missing = files.flatMap((file) =>
    packagesIn(file)
      .filter(
        (name) => !/^(node:|virtual:|vitest|@fontsource)|\.css$/.test(name) && !config.includes(`'${name}',`),
      )
      .map((name) => `${file}: ${name}`),
  );
  expect(missing).toEqual([]);
});

test('every file of tests belongs to one project, unit tests also to those of browsers, and every other file under tests is used by one that runs', () => {
  const projects = projectsOfFiles(true);
  for (const [file, names] of projects) {
    const several = file.startsWith('tests/gpu/') ? KERNELS_IN : [...IN_BROWSERS, 'unit'];
    if (names.length > 1) expect(names.toSorted(), file).toEqual(several.toSorted());
  }

  const files = filesUnder('tests');
  const scripts = [...filesUnder('scripts'), 'vite.config.ts'];
  const named = scripts.map(textOf).join('\n');
  const used = new Set([
    ...projects.keys(),
    ...scripts.flatMap(namedIn),
    ...files.filter((file) => named.includes(`'${file}'`)),
  ]);
  // A set visits what is added to it on the way.
  for (const file of used)
    if (CODE.test(file) && existsSync(join(ROOT, file))) for (const path of namedIn(file)) used.add(path);
  expect(files.filter((file) => !used.has(file))).toEqual([]);
});

test('tests that share a page and set a store of it leave it as it was', () => {
  const shared = [...projectsOfFiles(true)].filter(([, names]) => names.length > 1).map(([file]) => file);
  const sets = shared
    .filter((file) => file.startsWith('tests/unit/'))
    .flatMap((file) => {
      const text = textOf(file);
      const set = [...text.matchAll(/\b(use[A-Z]\w*)\.(?:setState|getInitialState)\(/g)].map(
        ([, name]) => name,
      );
      return [...set, ...(text.includes('setApp(') ? ['useApp'] : [])].map((store) => ({
        file,
        text,
        store,
      }));
    });
  expect(sets.length).toBeGreaterThan(10);
  const restored = (text: string) => /^restoreState\((.*)\);$/m.exec(text)?.[1].split(', ') ?? [];
  const left = sets.filter(({ text, store }) => !restored(text).includes(store));
  expect(left.map(({ file, store }) => `${file}: ${store}`)).toEqual([]);
});

test('npm test runs every file that the table of faults has in its quick part', () => {
  const quick = projectsOfFiles(false);
  expect(FAULTS.flatMap((row) => filesOf(row, false)).filter((file) => !quick.has(file))).toEqual([]);
});

/** True where a pattern of the configuration (`**` folders, `*` part of a name) fits a path. */
function fits(pattern: string, path: string): boolean {
  const parts = pattern.split(/(\*\*\/|\*\*|\*)/).map((part) => {
    if (part === '**/') return '(.+/)?';
    if (part === '**') return '.+';
    return part === '*' ? '[^/]*' : part.replace(/[.\\+?^$()[\]|]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`).test(path);
}

test('whatever npm test leaves out is named, and every name still fits a file', () => {
  const quick = projectsOfFiles(false);
  const left = [...projectsOfFiles(true).keys()].filter((file) => !quick.has(file));
  const names = [...textOf('vite.config.ts').matchAll(/'(tests\/[^'{]+)'/g)].map(([, name]) => name);
  const wide = [
    'tests/gpu/**/*.test.ts',
    'tests/e2e/**/*.test.ts',
    'tests/faults/**/*.test.ts',
    'tests/engines/**/*.test.ts',
  ];
  const patterns = names.filter((name) => !wide.includes(name));
  expect(left.filter((file) => !patterns.some((pattern) => fits(pattern, file)))).toEqual([]);
  const paths = filesUnder('tests');
  expect(patterns.filter((pattern) => !paths.some((path) => fits(pattern, path)))).toEqual([]);
});
