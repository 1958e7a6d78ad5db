// Threads that share a memory: one begins programs, the others wait for them, and all meet after each operation.

// Control, in words. JOB is what is being done: the number of the job · 256 + how many threads take part.
const JOB: usize = 0;
const FROM: usize = 4;
const TO: usize = 8;
const SCRATCH: usize = 12;
const STRIDE: usize = 16;
const ARRIVED: usize = 20;
const TURN: usize = 24;
const SLEEPERS: usize = 28;
const FAILED: usize = 32;
const TAKEN: usize = 36;

/** Looks before a thread sleeps: about what waking one takes, some tens of microseconds. */
const LOOKS = 20_000;
/** Nanoseconds after which a sleeper looks whether another has failed. */
const NAP: i64 = 1_000_000_000;

export function jobThreads(job: i32): i32 {
  return job & 255;
}

/** The program that a job is about. */
@inline export function jobFrom(control: usize): usize { return load<usize>(control + FROM); }
@inline export function jobTo(control: usize): usize { return load<usize>(control + TO); }
/** Scratch of a thread. */
@inline export function jobScratch(control: usize, thread: i32): usize {
  return load<usize>(control + SCRATCH) + <usize>thread * load<usize>(control + STRIDE);
}

/** Lets `threads`, of which the caller is one, begin with [from, to). */
export function publish(control: usize, from: usize, to: usize, threads: i32, scratch: usize, stride: usize): void {
  store<usize>(control + FROM, from);
  store<usize>(control + TO, to);
  store<usize>(control + SCRATCH, scratch);
  store<usize>(control + STRIDE, stride);
  change(control, JOB, (((atomic.load<i32>(control + JOB) >>> 8) + 1) << 8) | threads);
}

/** Waits for a job that is not `last`. */
export function nextJob(control: usize, last: i32): i32 {
  return waitWhile(control, JOB, last);
}

export function currentJob(control: usize): i32 {
  return atomic.load<i32>(control + JOB);
}

/** Waits until all threads of a job have come here: what one wrote before, all read afterwards. */
export function meet(control: usize, threads: i32): void {
  const turn = atomic.load<i32>(control + TURN);
  if (atomic.add<i32>(control + ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(control + ARRIVED, 0);
    atomic.store<i32>(control + TAKEN, 0);
    change(control, TURN, turn + 1);
  } else waitWhile(control, TURN, turn);
}

function change(control: usize, word: usize, value: i32): void {
  atomic.store<i32>(control + word, value);
  if (atomic.load<i32>(control + SLEEPERS)) atomic.notify(control + word, -1);
}

function waitWhile(control: usize, word: usize, value: i32): i32 {
  for (let i = 0; i < LOOKS; i++) {
    const now = atomic.load<i32>(control + word);
    if (now != value) return now;
  }
  while (true) {
    // Whoever changes the word after this sees that someone sleeps; before, and the wait ends at once.
    atomic.add<i32>(control + SLEEPERS, 1);
    atomic.wait<i32>(control + word, value, NAP);
    atomic.sub<i32>(control + SLEEPERS, 1);
    const now = atomic.load<i32>(control + word);
    if (now != value) return now;
    if (atomic.load<i32>(control + FAILED)) unreachable();
  }
}

// An operation's work lies in pieces, which threads take as they come to them: one that another program holds up takes
// fewer. Nothing that is summed reaches beyond a piece, so that it does not matter who took which.

/** Pieces for each thread, of which the last ends late by one at most. */
const PIECES = 6;

/** Where those taken are counted. */
let shared: usize = 0;
/** Without that: the next, and how many further the one after it is. */
let next: i32 = 0;
let step: i32 = 1;

/** Before each operation. Without `control`, where nobody waits for anybody, each thread takes one piece in `threads`. */
export function beginPieces(control: usize, thread: i32, threads: i32): void {
  shared = threads > 1 ? control : 0;
  next = thread;
  step = threads;
}

/** The next piece that nobody has taken. */
export function takePiece(): i32 {
  if (shared) return atomic.add<i32>(shared + TAKEN, 1);
  const piece = next;
  next += step;
  return piece;
}

/** How much of `n` is a piece: a multiple of `unit`, at most `most`, or all of it for a thread alone. */
export function pieceOf(n: i32, unit: i32, most: i32, threads: i32): i32 {
  if (threads == 1) return max(1, n);
  const units = n / (unit * PIECES * threads);
  return max(unit, min(most, units * unit));
}

/** The row after `i` that this thread computes, of pieces of so many rows; after −1 its first. */
export function rowAfter(i: i32, piece: i32): i32 {
  return (i + 1) % piece ? i + 1 : takePiece() * piece;
}
