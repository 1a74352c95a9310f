/** Work side by side that leaves nothing running behind. */
import pLimit from 'p-limit';

/**
 * Does `work` for every item, so many at once, and gives the results in the order of the items. After a failure no
 * further item is begun and those begun are waited for: whoever catches the error can rely on quiet, and may give a
 * lock away. `onFailure` hears of the first one at once, to call off what is still at work.
 */
export async function together<T, R>(
    items: Iterable<T>,
    atOnce: number,
    work: (item: T) => Promise<R>,
    onFailure: (error: unknown) => void = () => {},
): Promise<R[]> {
    const limit = pLimit(atOnce);
    const results: R[] = [];
    let failure: { readonly error: unknown } | undefined;
    const begin = async (item: T, index: number): Promise<void> => {
        if (failure !== undefined) return;
        try {
            results[index] = await work(item);
        } catch (error) {
            if (failure === undefined) {
                failure = { error };
                onFailure(error);
            }
        }
    };
    await Promise.all([...items].map((item, index) => limit(() => begin(item, index))));
    if (failure !== undefined) throw failure.error;
    return results;
}
