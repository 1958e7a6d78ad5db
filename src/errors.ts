/** An error whose message is written for the person: what happened, what is safe, what to do next. */
export class UserError extends Error {
  override name = 'UserError';
  /** A stable word for tests and for the page's choice of the next button, e.g. `bad-config`. */
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
