import { ensureDependencies } from './dependencies.mjs';
import { DIST, PORT } from './paths.mjs';

ensureDependencies();
const { ensureBuild } = await import('./build.mjs');
const { readBuild, serve } = await import('./server.mjs');

try {
  await ensureBuild((line) => console.log(line));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error('The page could not be built: the message above says where.');
  process.exit(1);
}

try {
  const { url } = await serve({ files: readBuild(DIST), port: PORT });
  console.log(`Lowrank is at ${url}`);
  console.log('Open that address in Chrome, Edge or another browser with WebGPU. Ctrl-C ends the server.');
} catch (error) {
  if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EADDRINUSE') throw error;
  console.error(
    `Port ${PORT} is in use, perhaps by another \`npm start\`: end that one, or open http://localhost:${PORT}/ if it is Lowrank. ` +
      'Lowrank always uses this port because the browser stores saved runs by address.',
  );
  process.exit(1);
}
