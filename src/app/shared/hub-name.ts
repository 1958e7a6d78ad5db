/** A model on the hub as people name it: its id, or an address of its pages. */
export interface HubName {
  id: string;
  /** From an address that names one (`/tree/…`). */
  revision: string | null;
}

const ID = /^[\w.-]+\/[\w.-]+$/;
/** First parts of addresses on the hub that are no model's owner. */
const NOT_OWNERS = new Set(['datasets', 'spaces', 'docs', 'models', 'blog', 'papers', 'collections']);

/** Null where the text is neither an id nor an address on the hub. */
export function parseHubName(text: string): HubName | null {
  const plain = text.trim();
  const address = /^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\/(.+)$/i.exec(plain)?.[1];
  const path = address?.split(/[?#]/)[0] ?? plain;
  const parts = path.split('/').filter((part) => part !== '');
  const id = parts.slice(0, 2).join('/');
  if (!ID.test(id) || id.includes('..') || NOT_OWNERS.has(parts[0])) return null;
  if (address === undefined)
    return parts.length === 2 && parts.join('/') === plain ? { id, revision: null } : null;
  const named = parts.length > 3 && ['tree', 'blob', 'resolve', 'commit'].includes(parts[2]);
  return { id, revision: named && parts[3] !== 'main' ? decoded(parts[3]) : null };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Where people read about a model, its licence and its terms. */
export function hubPage(id: string): string {
  return `https://huggingface.co/${id}`;
}
