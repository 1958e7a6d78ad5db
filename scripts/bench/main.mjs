// node --expose-gc main.mjs BUNDLE ADDON FLAGS: the built benchmark in this process, on Dawn.
import { pathToFileURL } from 'node:url';

const [bundle, addon, ...flags] = process.argv.slice(2);
const { benchInDawn } = await import(pathToFileURL(bundle).href);
const only = flags.includes('--only') ? flags[flags.indexOf('--only') + 1] : 'all';
try {
  const result = await benchInDawn(addon, { only, quick: flags.includes('--quick') }, (line) =>
    console.error(line),
  );
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
} catch (error) {
  if (process.env.LOWRANK_DEBUG) console.error(error.stack);
  const message = error instanceof Error ? error.message : String(error);
  console.error(message.replace(/^no-adapter: /, ''));
  process.exit(message.startsWith('no-adapter: ') ? 3 : 1);
}
