/** A simulated account for a test: the API over HTTP and the environment that reaches it. */
import { onTestFinished } from 'vitest';
import { generatedSite } from '../../src/simulator/generated.ts';
import { type Quirks, quietQuirks } from '../../src/simulator/quirks.ts';
import { demoCredentials, type Simulator, startSimulator } from '../../src/simulator/server.ts';
import type { SiteSource } from '../../src/simulator/site.ts';

export interface DemoApi {
    readonly simulator: Simulator;
    /** Everything the program needs to log in, without a rate limit. */
    readonly env: Readonly<Record<string, string>>;
}

/** Starts the simulator for one test; `now` is epoch milliseconds. */
export async function startDemoApi(
    now: () => number,
    options: {
        readonly source?: SiteSource;
        readonly quirks?: Partial<Quirks>;
        /** The hook that ends its life; the end of the test when left out. */
        readonly atEnd?: (close: () => Promise<void>) => void;
    } = {},
): Promise<DemoApi> {
    const { source = generatedSite(), quirks = {}, atEnd = onTestFinished } = options;
    const simulator = await startSimulator({ source, quirks: { ...quietQuirks, ...quirks }, now });
    atEnd(() => simulator.close());
    return {
        simulator,
        env: {
            ENISCOPE_API_URL: simulator.url,
            ENISCOPE_API_KEY: demoCredentials.apiKey,
            ENISCOPE_EMAIL: demoCredentials.email,
            ENISCOPE_PASSWORD: demoCredentials.password,
            ENISCOPE_REQUESTS_PER_SECOND: '0',
        },
    };
}
