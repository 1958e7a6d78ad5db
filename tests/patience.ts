/**
 * How long a test waits for one thing, in ms. It ends waits in vain and nothing else: no result of a test may depend on
 * how fast the machine is or on what else it does, so this is far longer than anything takes.
 */
export const PATIENCE = 180_000;
