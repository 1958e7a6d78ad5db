/**
 * Lets a worker's messages through, a pause or a stop among them: where a step is computed on this very thread, promises
 * alone never leave the current task.
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
