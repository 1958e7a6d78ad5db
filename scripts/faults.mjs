// `npm run faults` (docs/commands.md): not there yet, and says so.
console.error(
  'npm run faults comes with a later version of Lowrank: the tests of faults that exist run with npm test (tests/faults, tests/unit).',
);
process.exit(2);
