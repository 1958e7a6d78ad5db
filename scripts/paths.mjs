import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The build as deployed. */
export const DIST = join(ROOT, 'dist');

/** What the commands may keep between runs and make anew at any time. */
export const CACHE = join(ROOT, 'node_modules', '.cache', 'lowrank');

/** The user's cache folder, shared by all checkouts: kernel choices, Python environments. */
export function userCache() {
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'lowrank');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'lowrank');
  if (process.platform === 'win32' && process.env.LOCALAPPDATA)
    return join(process.env.LOCALAPPDATA, 'lowrank');
  return join(homedir(), '.cache', 'lowrank');
}

/** One port for ever: another would be another origin, without the person's saved runs. */
export const PORT = 5187;
