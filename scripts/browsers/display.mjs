import { spawn } from 'node:child_process';

/**
 * Starts an X server without a screen, with a number that no other has.
 * @param {string} program path of Xvfb
 * @returns {Promise<{ name: string, close: () => void }>} `name`: for the environment variable DISPLAY.
 */
export function openDisplay(program) {
  return new Promise((resolve, reject) => {
    const server = spawn(
      program,
      ['-displayfd', '3', '-screen', '0', '1600x1200x24', '-nolisten', 'tcp', '-noreset'],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
    );
    server.once('error', reject);
    server.once('exit', (status) => reject(new Error(`Xvfb ended with status ${status}.`)));
    server.stdio[3]?.once('data', (number) =>
      resolve({ name: `:${String(number).trim()}`, close: () => server.kill() }),
    );
  });
}
