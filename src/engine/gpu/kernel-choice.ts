import type { Gpu } from '../../gpu/device.ts';
import type { DimsSlots, Pipelines, Scratch } from '../../gpu/launcher.ts';
import type { Site } from '../../gpu/program.ts';
import { tune } from '../../gpu/tuner.ts';
import { wrongAttention } from '../../ops/webgpu/attention-check.ts';
import { wrongReductions } from '../../ops/webgpu/reduction-check.ts';
import { wrongVariants } from '../../ops/webgpu/self-check.ts';

const PRODUCTS = ['linear-forward', 'linear-backward', 'lora-gradient'] as const;
const ATTENTION = ['attention-forward', 'attention-backward'] as const;
const OPS = [...PRODUCTS, ...ATTENTION, 'row-reduction'] as const;
type Op = (typeof OPS)[number];

/**
 * Which variant each operation takes on one adapter: what was chosen before (a run resumed or repeated must take the
 * same, since another variant sums in another order), and for the rest what is fastest. A variant computes nothing of
 * a run before it has given the right numbers here once.
 */
export class KernelChoice {
  readonly #checked = new Map<string, boolean>();
  readonly warnings: string[] = [];
  /** Operation and shape → variant; grows as programs with new shapes are met. */
  readonly choices: Record<string, string>;

  constructor(
    readonly gpu: Gpu,
    readonly pipelines: Pipelines,
    known: Readonly<Record<string, string>> = {},
  ) {
    this.choices = { ...known };
  }

  /**
   * Chooses for every site that has no choice yet.
   *
   * @param programs.rows largest number of rows of a dims slot, as the builders of the programs have it
   */
  async choose(
    sites: readonly Site[],
    programs: { scratch: Scratch; rows: DimsSlots['mostRows']; slots: number },
  ): Promise<void> {
    await this.#check(sites);
    let dropped = false;
    for (const { op, key, variants } of sites) {
      const chosen = this.choices[key];
      if (chosen === undefined) continue;
      // An older version's variant, or one that this adapter computes wrongly.
      if (variants.includes(chosen) && this.#trusted(op, chosen)) continue;
      delete this.choices[key];
      dropped = true;
    }
    // Those that may take its place have not been checked yet.
    if (dropped) await this.#check(sites);
    const found = await tune(sites, {
      ...programs,
      gpu: this.gpu,
      pipelines: this.pipelines,
      choices: this.choices,
      trusted: (op, variant) => this.#trusted(op, variant),
    });
    Object.assign(this.choices, found);
  }

  #trusted(op: string, variant: string): boolean {
    return this.#checked.get(`${op} ${variant}`) !== false;
  }

  /** Checks the variants that may be taken and were not checked on this device. */
  async #check(sites: readonly Site[]): Promise<void> {
    const wanted = (op: Op) => {
      const names = new Set<string>();
      for (const site of sites) {
        if (site.op !== op) continue;
        const chosen = this.choices[site.key];
        for (const name of chosen && site.variants.includes(chosen) ? [chosen] : site.variants)
          if (!this.#checked.has(`${op} ${name}`)) names.add(name);
      }
      return [...names];
    };
    const variants = Object.fromEntries(OPS.map((op) => [op, wanted(op)])) as unknown as Record<Op, string[]>;
    const some = (ops: readonly Op[]) => ops.some((op) => variants[op].length > 0);
    const wrong: Partial<Record<Op, Set<string>>> = {
      ...(some(PRODUCTS) ? await wrongVariants(this.gpu, this.pipelines, variants) : {}),
      ...(some(ATTENTION) ? await wrongAttention(this.gpu, this.pipelines, variants) : {}),
      'row-reduction': await wrongReductions(this.gpu, this.pipelines, variants['row-reduction']),
    };
    for (const op of OPS)
      for (const name of variants[op]) {
        const right = !wrong[op]?.has(name);
        this.#checked.set(`${op} ${name}`, right);
        if (!right)
          this.warnings.push(
            `The kernel ${name} for ${op} gives wrong numbers on this graphics card, so it is not used; another one is. Your results are safe.`,
          );
      }
  }
}
