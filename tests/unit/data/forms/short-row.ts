import type { Row } from '../../../../src/data/forms/row.ts';

/** A row in short: `[user] Hi`, an assistant turn that is trained as `[assistant*] Hello`. */
export function shortRow(result: Row): string[] {
  if (result.kind === 'text') return [`[text] ${result.text}`];
  if (result.kind === 'pair') return [`[user] ${result.prompt}`, `[assistant*] ${result.completion}`];
  return result.messages.map(({ role, train, content, tool_calls }) => {
    const calls = tool_calls?.map(({ function: f }) => ` ${f.name}(${JSON.stringify(f.arguments)})`) ?? [];
    return `[${role}${train ? '*' : ''}] ${content}${calls.join('')}`;
  });
}
