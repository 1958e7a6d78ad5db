import { proxy } from 'comlink';
import type { RunEvent } from '../../worker/api/api.ts';
import { type Connected, worker } from './connection.ts';

/** The page's requests to the run worker that say how far they are. */

/** Longest time between an event and its showing, in milliseconds. */
const BURST = 100;

/**
 * Hands events on in bursts of at most ten a second, so that fast steps cost the page no more than slow ones. A timer
 * and not an animation frame: a hidden tab keeps counting.
 */
function inBursts(take: (events: RunEvent[]) => void) {
  let waiting: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | null = null;
  const handOn = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    take(events);
  };
  const hear = (event: RunEvent) => {
    waiting.push(event);
    // What changes the state is shown at once: buttons must not lag behind a press.
    if (event.type === 'state') handOn();
    else timer ??= setTimeout(handOn, BURST);
  };
  return { hear, handOn };
}

/** Milliseconds without news after which a request takes long. */
const LONG = 10_000;

/** Asks the worker something, with a listener made for this one call. */
type Call<News, T> = (api: Connected, listener: (news: News) => void) => Promise<T>;

/**
 * One of a kind of requests of which the latest counts: opening a model, say. `latest` is false once another has begun.
 */
export interface Request {
  readonly latest: boolean;
  /**
   * Asks the worker; `take` gets events in bursts, the last of them before this resolves or rejects, and none after.
   * @param long called where nothing was heard for ten seconds
   */
  events<T>(take: (events: RunEvent[]) => void, call: Call<RunEvent, T>, long?: () => void): Promise<T>;
  /** As `events`, for an answer that grows: `take` gets it as it is so far. */
  text<T>(take: (text: string) => void, call: Call<string, T>): Promise<T>;
  /** As `text`, for news of any kind, each as it comes. */
  news<News, T>(take: (news: News) => void, call: Call<News, T>): Promise<T>;
}

/**
 * A kind of requests: `begin` supersedes the one before. Every listener of the page is made here, and is closed by its
 * own request: what the worker says of a request that has been answered or superseded reaches nobody, however late the
 * message comes, so that no caller can forget to shut it out.
 */
export function requests(connect = worker): { begin(): Request; end(): void } {
  let turn = 0;
  const begin = (): Request => {
    const mine = ++turn;
    const isLatest = () => mine === turn;
    const listening = async <News, T>(hear: (news: News) => void, call: Call<News, T>, last = () => {}) => {
      let answered = false;
      const api = await connect();
      const listener = proxy((news: News) => {
        if (!answered && isLatest()) hear(news);
      });
      try {
        return await call(api, listener);
      } finally {
        if (isLatest()) last();
        answered = true;
      }
    };
    return {
      get latest() {
        return isLatest();
      },
      async events(take, call, long = () => {}) {
        const { hear, handOn } = inBursts((events) => {
          if (isLatest()) take(events);
        });
        const wait = () => setTimeout(() => isLatest() && long(), LONG);
        let silence = wait();
        const news = (event: RunEvent) => {
          clearTimeout(silence);
          silence = wait();
          hear(event);
        };
        try {
          return await listening(news, call, handOn);
        } finally {
          clearTimeout(silence);
        }
      },
      text: listening,
      news: listening,
    };
  };
  return { begin, end: () => void turn++ };
}
