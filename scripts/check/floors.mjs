/**
 * The order in which the folders of `src` stand, from top to bottom. A file imports from its own room and from the
 * floors below it, never from a floor above it and never from another room on the same floor.
 *
 * `within` is a folder; a room is a file or a folder in it. Every file in `within` belongs to exactly one room.
 * @type {{ within: string, floors: string[][] }[]}
 */
export const ORDERS = [
  {
    within: 'src',
    floors: [
      ['app', 'bench'],
      ['worker'],
      ['lab'],
      ['export'],
      ['run'],
      ['objectives'],
      ['engine', 'merging'],
      ['methods'],
      ['loading'],
      ['data'],
      ['weights'],
      ['ops/webgpu', 'ops/processor'],
      // A model is a program over operations: it knows no device, and a device knows no model.
      ['model', 'gpu', 'processor'],
      ['ops'],
      ['files', 'drawing'],
      ['service-worker', 'errors.ts', 'no-eval.ts'],
      ['error-codes.ts'],
    ],
  },
  {
    within: 'src/app',
    floors: [
      ['main.tsx'],
      ['shell'],
      ['header'],
      ['run', 'present'],
      ['merging', 'expectations'],
      ['answers'],
      ['lab'],
      [
        'setup',
        'take',
        'history',
        'ladder',
        'distil',
        'tasks',
        'frontier',
        'report',
        'check',
        'privacy',
        'tour',
        'help',
        'live',
        'sweep',
      ],
      ['experiment'],
      ['actions'],
      ['glossary'],
      ['outcome', 'drawing', 'region', 'scrub'],
      ['state'],
      ['shared'],
      ['theme'],
    ],
  },
];

/** Folders that `src` never imports from. */
export const OUTSIDE = ['scripts', 'tests'];
