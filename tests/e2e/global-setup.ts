import { ensureBuild } from '../../scripts/build.mjs';

/** Every test drives the build as deployed, made from the sources as they are. */
export default async function setup(): Promise<void> {
  await ensureBuild();
}
