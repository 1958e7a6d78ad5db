/**
 * Ends this process once all that it has printed is written: a pipe whose reader is slow holds 64 KB, and
 * `process.exit` drops the rest. A reader that is gone is not waited for.
 *
 * @param {number | string | null | undefined} [status] the exit status; `process.exitCode` where none is given
 * @returns {Promise<never>}
 */
export async function end(status = process.exitCode) {
  const written = [process.stdout, process.stderr].map(
    (stream) =>
      new Promise((resolve) => {
        stream.once('error', resolve);
        stream.write('', () => resolve(null));
      }),
  );
  await Promise.all(written);
  process.exit(status ?? 0);
}
