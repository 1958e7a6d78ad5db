import { create } from 'zustand';

/** What the person calls an adapter that the worker has at hand. */
export interface Shelved {
  name: string;
  /** Id of the past run that it is of; null of a file or a merge. */
  past: string | null;
}

/** Adapters on the worker's shelf by their ids there. Others that lie there, of experiments, are not the person's. */
export const useShelf = create<{ named: Readonly<Record<string, Shelved>> }>(() => ({ named: {} }));

/** Of several that are called the same, later ones have a number behind their name. */
export function shelve(id: string, name: string, past: string | null = null): void {
  useShelf.setState(({ named }) => {
    const others = Object.entries(named).flatMap(([other, { name: taken }]) => (other === id ? [] : [taken]));
    let own = name;
    for (let i = 2; others.includes(own); i++) own = `${name} ${i}`;
    return { named: { ...named, [id]: { name: own, past } } };
  });
}

export function unshelve(id: string): void {
  useShelf.setState(({ named }) => ({
    named: Object.fromEntries(Object.entries(named).filter(([other]) => other !== id)),
  }));
}
