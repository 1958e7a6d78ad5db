/** A line of `--trace`, one for each step: everything that another implementation needs to replay it. */
export function traceLine(/** @type {import('../../src/worker/api/api.ts').StepEvent} */ event) {
  return {
    step: event.step,
    epoch: event.epoch,
    loss: event.loss,
    grad_norm: event.gradNorm,
    lr: event.learningRate,
    tokens: event.tokens,
    supervised_tokens: event.supervisedTokens,
    seconds: event.seconds,
    input_ids: event.inputIds,
    labels: event.labels,
    ...(event.positionIds ? { position_ids: event.positionIds } : {}),
    ...(event.good ? { good: event.good } : {}),
    ...(event.taught
      ? {
          teacher_input_ids: event.taught.map(({ inputIds }) => inputIds),
          teacher_labels: event.taught.map(({ labels }) => labels),
        }
      : {}),
    ...(Object.keys(event.figures).length > 0 ? { metrics: event.figures } : {}),
  };
}
