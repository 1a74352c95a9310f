/** Waiting for work that runs side by side. */

/** Waits until every piece of work has ended, then throws the first failure: nothing goes on unseen behind it. */
export async function settleAll<T>(works: readonly Promise<T>[]): Promise<T[]> {
    const ends = await Promise.allSettled(works);
    return ends.map((end) => {
        if (end.status === 'rejected') throw end.reason;
        return end.value;
    });
}
