// `npm run bench:bundle -- [FOLDER] [PLATFORM …]`: the benchmark as one folder for a machine that has a GPU, Node and
// nothing else. Platforms are folders of the npm package webgpu, e.g. linux-x64; the default is this machine's own.
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './dependencies.mjs';
import { ROOT } from './paths.mjs';

const USAGE =
  'npm run bench:bundle -- [FOLDER] [PLATFORM …]: the benchmark as one folder (dist-bench) for these platforms (this one).';
const flag = process.argv.slice(2).find((argument) => argument.startsWith('-'));
if (flag === '--help') {
  console.log(USAGE);
  process.exit(0);
}
if (flag !== undefined) {
  console.error(`${flag}: this command has no flags. ${USAGE}`);
  process.exit(2);
}

ensureDependencies();
const { benchBuild } = await import('./bench/build.mjs');
const { addonOf } = await import('./bench/dawn.mjs');

const [target = join(ROOT, 'dist-bench'), ...platforms] = process.argv.slice(2);
const out = resolve(target);
const own = basename(dirname(addonOf()));
const wanted = platforms.length > 0 ? platforms : [own];
for (const platform of wanted) {
  if (existsSync(join(ROOT, 'node_modules/webgpu/dist', platform, 'dawn.node'))) continue;
  console.error(`${platform}: the webgpu package does not support this platform.`);
  process.exit(2);
}
if (existsSync(out) && !existsSync(join(out, 'bench.mjs'))) {
  console.error(`${out} exists and holds something else: give a folder that does not exist yet.`);
  process.exit(2);
}

const built = await benchBuild('node', console.error);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
cpSync(join(built, 'bench.mjs'), join(out, 'bench.mjs'));
for (const file of ['main.mjs', 'table.mjs'])
  cpSync(fileURLToPath(new URL(`./bench/${file}`, import.meta.url)), join(out, file));
for (const platform of wanted) {
  // A Mac's file serves both of its processors, under the name that Node gives each.
  const names = platform === 'darwin-universal' ? ['darwin-arm64', 'darwin-x64'] : [platform];
  for (const name of names)
    cpSync(join(ROOT, 'node_modules/webgpu/dist', platform), join(out, name), { recursive: true });
}
console.log(`${out}: copy it anywhere and run \`node main.mjs\` in it (--only, --quick, --json).`);
