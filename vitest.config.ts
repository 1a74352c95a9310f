import { defineConfig } from 'vitest/config';

export default defineConfig({
    test: {
        // A machine whose zone is far from UTC and has DST: nothing may depend on it.
        env: { TZ: 'Pacific/Auckland' },
        testTimeout: 60_000,
        hookTimeout: 120_000,
        maxWorkers: 3,
        projects: [
            { extends: true, test: { name: 'tests', include: ['test/**/*.test.ts'] } },
            {
                // The views once more, from another zone: half an hour off, on the other side of UTC. The other tests
                // of views ask in both zones, or do so with ENISCOPE_TEST_SESSION_ZONE=America/St_Johns.
                extends: true,
                test: {
                    name: 'st-johns',
                    include: [
                        'test/unit/cost/bills.test.ts',
                        'test/unit/warehouse/{laws,macros,normalized,periods}.test.ts',
                    ],
                    env: { TZ: 'America/St_Johns', ENISCOPE_TEST_SESSION_ZONE: 'America/St_Johns' },
                },
            },
        ],
    },
});
