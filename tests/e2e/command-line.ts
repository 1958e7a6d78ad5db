import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
  /** Last line on standard error. */
  lastLine: string;
}

/** Runs `npm run --silent NAME -- FLAGS`, as a person types it. `onError` sees standard error as it comes. */
export function lowrank(
  args: string[],
  options: {
    env?: Record<string, string>;
    onError?: (text: string, interrupt: (signal?: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Finished> {
  const [name, ...flags] = args;
  return new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', name, '--', ...flags], {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that a signal reaches all of it, as Ctrl-C does in a terminal.
      detached: true,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (part: Buffer) => {
      stdout += part;
    });
    child.stderr.on('data', (part: Buffer) => {
      stderr += part;
      options.onError?.(stderr, (signal = 'SIGINT') => process.kill(-child.pid!, signal));
    });
    child.on('close', (status) => {
      resolve({ status, stdout, stderr, lastLine: stderr.trimEnd().split('\n').at(-1) ?? '' });
    });
  });
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'lowrank-e2e-'));
}

/** Path of a file in the project. */
export function projectFile(path: string): string {
  return join(ROOT, path);
}
