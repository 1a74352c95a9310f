/**
 * The long form of some tests, as `npm run test:crash` and `npm run test:soak` run it: `node test/full.js test/crash`.
 * Arguments go to vitest, as with `npm test`.
 */
process.env.ENISCOPE_TEST_EXTENT = 'full';
await import('./run.js');
