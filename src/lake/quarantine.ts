/** Answers that broke the contract, kept with the reason beside them. Never read by a table. */
import { join } from 'node:path';
import type { LakeFiles } from './files.ts';
import type { LakePaths } from './layout.ts';

export interface QuarantinedAnswer {
    readonly reason: string;
    readonly message: string;
    /** Epoch milliseconds. */
    readonly at: number;
    /** `readings-162119`, `organizations`: becomes part of the file's name. */
    readonly subject: string;
    readonly details: Readonly<Record<string, unknown>>;
}

/** Writes the answer under `quarantine/YYYY-MM/` and returns the path relative to the lake. */
export async function quarantineAnswer(
    files: LakeFiles,
    paths: LakePaths,
    answer: QuarantinedAnswer,
): Promise<string> {
    const time = new Date(answer.at).toISOString();
    const subject = answer.subject.replaceAll(/[^\w-]/g, '-').slice(0, 60);
    const name = `${time.replaceAll(/[-:]/g, '')}_${subject}_${answer.reason.replaceAll(/[^\w-]/g, '-')}`;
    const file = join('quarantine', time.slice(0, 7), freeName(name));
    const { reason, message, details } = answer;
    await files.write(
        join(paths.root, file),
        `${JSON.stringify({ reason, message, time, ...details }, null, 4)}\n`,
    );
    return file;
}

let serial = 0;

/** Two answers of one millisecond must not share a name. */
function freeName(name: string): string {
    serial += 1;
    return `${name}_${serial}.json`;
}
