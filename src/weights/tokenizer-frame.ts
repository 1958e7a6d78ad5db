/** Control tokens that a post-processor of `tokenizer.json` puts around a text, by their names. */
export function postProcessorFrame(config: unknown): { before: string[]; after: string[] } {
  const frame: { before: string[]; after: string[] } = { before: [], after: [] };
  if (typeof config !== 'object' || config === null) return frame;
  const node = config as Record<string, unknown>;
  if (node.type === 'Sequence' && Array.isArray(node.processors)) {
    for (const part of node.processors) {
      const { before, after } = postProcessorFrame(part);
      frame.before.unshift(...before);
      frame.after.push(...after);
    }
  } else if (node.type === 'TemplateProcessing' && Array.isArray(node.single)) {
    let side = frame.before;
    for (const item of node.single as Record<string, { id: string }>[]) {
      if (item.Sequence) side = frame.after;
      else if (item.SpecialToken) side.push(item.SpecialToken.id);
    }
  } else if (node.type === 'RobertaProcessing' || node.type === 'BertProcessing') {
    if (Array.isArray(node.cls)) frame.before.push(String(node.cls[0]));
    if (Array.isArray(node.sep)) frame.after.push(String(node.sep[0]));
  }
  return frame;
}
