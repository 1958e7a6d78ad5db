/** A file of the page that did not come. */
export class MissingPart extends Error {
  override name = 'MissingPart';
  /** Whether the server has another version of the page by now, so that the file will never come. */
  readonly outdated: boolean;
  constructor(outdated: boolean, cause: unknown) {
    super('A part of the page could not be fetched.', { cause });
    this.outdated = outdated;
  }
}

/**
 * What a chunk of the page has. Every dynamic import of the page goes through here.
 * @throws MissingPart where the chunk does not come
 */
export async function importPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw await missingPart(error);
  }
}

/** For a file of the page that was asked for and did not come. */
export async function missingPart(cause: unknown): Promise<MissingPart> {
  return new MissingPart(await isOutdated(), cause);
}

/** Whether the server's page no longer names the script that runs here: files of this version are gone then. */
async function isOutdated(): Promise<boolean> {
  const script = document.querySelector<HTMLScriptElement>('script[type="module"][src]');
  const name = script?.src.split('/').at(-1)?.split('?')[0];
  if (!name) return false;
  try {
    const response = await fetch(location.pathname, { cache: 'no-store' });
    return response.ok && !(await response.text()).includes(name);
  } catch {
    return false;
  }
}
