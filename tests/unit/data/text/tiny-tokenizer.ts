import { readFileSync } from 'node:fs';
import { openTokenizer } from '../../../../src/data/text/tokenizer.ts';

const folder = new URL('../../../../public/models/tiny/', import.meta.url);
const json = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(name, folder), 'utf8'));

/** The bundled model's tokenizer, with some of its settings changed where that is asked for. */
export function tinyTokenizer(changed: Record<string, unknown> = {}, template?: string) {
  const tokenizerConfig = json('tokenizer_config.json');
  return openTokenizer({
    tokenizerJson: json('tokenizer.json'),
    tokenizerConfig: { ...tokenizerConfig, ...changed },
    chatTemplate: template ?? (tokenizerConfig.chat_template as string),
  });
}
