/** Whether this worker may write anything to the disk. Chosen by the person; the page says so when it starts. */
export const keeping = { nothing: false };
