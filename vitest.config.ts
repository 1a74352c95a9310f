import { defineConfig } from 'vitest/config';

export default defineConfig({
    test: {
        include: ['test/**/*.test.ts'],
        // A machine whose zone is far from UTC and has DST: nothing may depend on it.
        env: { TZ: 'Pacific/Auckland' },
        testTimeout: 60_000,
        hookTimeout: 120_000,
        maxWorkers: 3,
    },
});
