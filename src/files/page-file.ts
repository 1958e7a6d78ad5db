/**
 * A file that lies beside the page, whole. Null where it did not come: without a network, where the server has none, and
 * where it was cut on its way, which browsers report once the body is read and not when the answer begins.
 */
export async function pageFile(address: string | URL): Promise<Blob | null> {
  try {
    const response = await fetch(address);
    return response.ok ? await response.blob() : null;
  } catch {
    return null;
  }
}
