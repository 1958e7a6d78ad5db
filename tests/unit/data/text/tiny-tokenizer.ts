import { openTokenizer } from '../../../../src/data/text/tokenizer.ts';
import { readJson } from '../../read-fixture.ts';

const tokenizerJson = await readJson(
  new URL('../../../../public/models/tiny/tokenizer.json', import.meta.url),
);
const tokenizerConfig = await readJson(
  new URL('../../../../public/models/tiny/tokenizer_config.json', import.meta.url),
);

/** The files of the bundled model's tokenizer. */
export const TINY_FILES = {
  tokenizerJson,
  tokenizerConfig,
  chatTemplate: tokenizerConfig.chat_template as string,
};

/** The bundled model's tokenizer, with some of its settings changed where that is asked for. */
export function tinyTokenizer(changed: Record<string, unknown> = {}, template?: string) {
  return openTokenizer({
    ...TINY_FILES,
    tokenizerConfig: { ...tokenizerConfig, ...changed },
    ...(template !== undefined && { chatTemplate: template }),
  });
}
