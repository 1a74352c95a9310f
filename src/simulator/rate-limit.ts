/** The read limit: about one call a second sustained, a handful in a burst. */

const perSecond = 1.05;
const burst = 5;

export class RateLimit {
    #tokens = burst;
    #filledAt = Number.NaN;

    /** Seconds until the next call is welcome; 0 lets this one pass. */
    take(nowMs: number): number {
        if (!Number.isNaN(this.#filledAt)) {
            const earned = (Math.max(0, nowMs - this.#filledAt) / 1000) * perSecond;
            this.#tokens = Math.min(burst, this.#tokens + earned);
        }
        this.#filledAt = nowMs;
        if (this.#tokens < 1) return Math.ceil((1 - this.#tokens) / perSecond);
        this.#tokens -= 1;
        return 0;
    }
}
