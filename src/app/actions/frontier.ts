import { type FrontierResult, type MeasuredPoint, samePoint } from '../../lab/progression/points.ts';
import { walk } from '../../lab/progression/walk.ts';
import type { FrontierCandidate, KeptFrontier } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useFrontier } from '../state/frontier.ts';
import { nowAt } from '../state/lab.ts';
import { getApp } from '../state/store.ts';
import { canExperiment, forgetRecord, underWay } from './experiment.ts';
import { inSession } from './experiment-session.ts';
import { frontierProblem } from './frontier-inputs.ts';
import {
  change,
  dropOthers,
  keep,
  keptNow,
  keptPoint,
  needCandidates,
  newRecord,
} from './frontier-record.ts';
import { measurePoint, pointsOf, weigh } from './frontier-session.ts';
import { keptRecord } from './kept-record.ts';

/** Several models on the same rows, from the cheapest up: point after point, each kept as soon as it is measured. */

/** Reads what an earlier visit kept. */
export async function loadFrontier(): Promise<void> {
  if (useFrontier.getState().loaded) return;
  useFrontier.setState({ loaded: true });
  const kept = await keptRecord('frontier');
  if (kept && !useFrontier.getState().kept) useFrontier.setState({ kept, restored: true });
}

/** Measures what is given; points of the one before that the same decides are taken over. */
export async function measureFrontier(): Promise<void> {
  if (!canExperiment() || frontierProblem(useFrontier.getState()) !== null) return;
  await carryOut(async () => {
    await keep(await newRecord());
    useFrontier.setState({ changing: false, again: {} });
    await measureAll();
  });
}

/** Goes on with the one that is shown, to its end. */
export async function continueFrontier(): Promise<void> {
  if (!canExperiment() || !useFrontier.getState().kept) return;
  await carryOut(measureAll);
}

async function carryOut(work: () => Promise<void>): Promise<void> {
  useFrontier.setState({ error: null, warnings: [], restored: false, now: null });
  const error = await underWay('frontier', 'Reading the rows', work);
  useFrontier.setState({ error, now: null });
}

async function measureAll(): Promise<void> {
  await survey();
  needCandidates();
  await change({ skipped: [], left: 0, done: false });
  const { candidates, given } = keptNow();
  await reckon();
  const { measured, skipped, left } = await walk({
    candidates,
    kept: (one) => keptPoint(one)?.point ?? null,
    async measure(one, place) {
      useFrontier.setState({ now: { point: one, place, of: candidates.length } });
      nowAt('Starting');
      const { point } = await inSession((session) => measurePoint(session, one));
      await reckon();
      return point!;
    },
    async refusal(error) {
      const { code, text } = pageError(error);
      return code === 'stopped' ? null : text;
    },
    onPoint: () => {},
    onRefused: (refused) => change({ skipped: [...keptNow().skipped, refused] }),
    enough: async (points) =>
      given.stopAtFirst && given.enough !== '' && (await figuresOf(points)).choice !== null,
  });
  await change({ result: await figuresOf(measured), skipped, left, done: true });
}

/** Opens each model that was not looked at yet. One that cannot be opened is none, and the others go on. */
async function survey(): Promise<void> {
  const { models } = keptNow().given;
  const places = models.map((_, place) => place).filter((place) => !keptNow().surveyed.includes(place));
  if (places.length === 0) return;
  await inSession(async (session) => {
    await change({ device: session.hardware.name });
    for (const place of places) {
      try {
        const candidates = await weigh(session, place);
        await change({ candidates: [...keptNow().candidates, ...candidates] });
      } catch (error) {
        const { code, text: reason } = pageError(error);
        if (code === 'stopped') throw error;
        const refused = pointsOf(models[place]).map((point) => ({ ...point, reason }));
        await change({ refused: [...keptNow().refused, ...refused] });
      }
      await change({ surveyed: [...keptNow().surveyed, place] });
    }
  });
  await dropOthers();
}

/** Points that are measured, in the order in which they are: the cheapest first. */
export function measuredPoints({ candidates, points }: KeptFrontier): MeasuredPoint[] {
  return points
    .flatMap(({ point }) => point ?? [])
    .filter((point) => candidates.some((one) => samePoint(one, point)))
    .sort((a, b) => a.planned_bytes - b.planned_bytes || a.bytes - b.bytes);
}

async function figuresOf(points: readonly MeasuredPoint[]): Promise<FrontierResult> {
  const { given, refused, skipped } = keptNow();
  return (await worker()).frontierFigures({
    ...{ points: [...points], skipped: [...refused, ...skipped] },
    ...{ enough: given.enough, seed: given.settings.seed },
  });
}

/** Figures of what is measured so far. */
async function reckon(): Promise<void> {
  const points = measuredPoints(keptNow());
  await change({ result: points.length === 0 ? null : await figuresOf(points) });
}

/** Models that this browser does not keep, and that points are missing of, by their places. */
export function missingModels(kept: KeptFrontier): number[] {
  if (kept.done) return [];
  const { again } = useFrontier.getState();
  const measured = measuredPoints(kept);
  const open = (one: FrontierCandidate) => !measured.some((point) => samePoint(one, point));
  return kept.given.models.flatMap(({ model }, place) => {
    const needed =
      !kept.surveyed.includes(place) || kept.candidates.some((one) => one.of === place && open(one));
    return needed && model.choice === null && !again[place] ? [place] : [];
  });
}

/** Forgets the one that is shown; what was given stays for the next. */
export async function discardFrontier(): Promise<void> {
  if (getApp().underWay) return;
  useFrontier.setState({
    kept: null,
    restored: false,
    changing: false,
    again: {},
    error: null,
    warnings: [],
  });
  await forgetRecord('frontier');
}
