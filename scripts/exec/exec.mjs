#!/usr/bin/env node
// npm's scripts say `exec node …`, so that on POSIX no shell stands between npm and the command: a shell would die of
// Ctrl-C before the command has saved its run and given its own status. `cmd.exe` has no `exec`; there this is it.
import { spawnSync } from 'node:child_process';

const [program, ...args] = process.argv.slice(2);
process.on('SIGINT', () => {});
process.exit(spawnSync(program, args, { stdio: 'inherit' }).status ?? 1);
