// The headless commands: `node scripts/lowrank.mjs train|generate|evaluate|export|bench -- FLAGS`.
// Flags, files, JSON keys and exit statuses are a contract: add, never rename.
import { ensureDependencies } from './dependencies.mjs';
import { end } from './end.mjs';

ensureDependencies();
const { runCommand } = await import('./headless/command.mjs');
process.exitCode = await runCommand(process.argv[2], process.argv.slice(3));
// A browser that hangs on to a pipe must not keep a finished command alive.
await end();
