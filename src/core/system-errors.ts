/** Failures of the machine as people should read them: a full disk, missing permissions, a file where a folder must be. */
import { AppError, type ErrorCode } from './errors.ts';

interface Meaning {
    readonly code: ErrorCode;
    readonly sentence: (path: string) => string;
    readonly hint: string;
}

const full: Meaning = {
    code: 'LAKE_DISK_FULL',
    sentence: (path) => `no space left on the disk for ${path}`,
    hint: 'Free some space and run the command again; what was landed before is kept.',
};
const forbidden: Meaning = {
    code: 'LAKE_NOT_WRITABLE',
    sentence: (path) => `no permission for ${path}`,
    hint: 'Check the owner and the permissions of the folder.',
};
const readOnly: Meaning = {
    code: 'LAKE_NOT_WRITABLE',
    sentence: (path) => `the disk is read-only: ${path}`,
    hint: 'Name a lake on a disk that can be written.',
};
const noFolder: Meaning = {
    code: 'LAKE_NOT_WRITABLE',
    sentence: (path) => `${path} is not a folder, or runs through something that is not one`,
    hint: 'Name a folder with --lake.',
};

const meanings: Readonly<Record<string, Meaning>> = {
    ENOSPC: full,
    EDQUOT: full,
    EACCES: forbidden,
    EPERM: forbidden,
    EROFS: readOnly,
    ENOTDIR: noFolder,
    EEXIST: noFolder,
};

/** The AppError behind a thrown value, or the one a system error in its chain of causes means; undefined for neither. */
export function toSystemError(error: unknown, path?: string): AppError | undefined {
    for (const cause of causesOf(error)) {
        if (cause instanceof AppError) return cause;
        const meaning = meanings[systemCode(cause) ?? ''];
        if (meaning === undefined) continue;
        const where = path ?? (cause instanceof Error && 'path' in cause ? String(cause.path) : 'a file');
        return new AppError(meaning.code, meaning.sentence(where), { cause: error, hint: meaning.hint });
    }
    return undefined;
}

/** An error and its causes, outermost first. */
export function causesOf(error: unknown): unknown[] {
    const chain: unknown[] = [];
    for (let at: unknown = error; at !== undefined && chain.length < 10; ) {
        chain.push(at);
        at = at instanceof Error ? at.cause : undefined;
    }
    return chain;
}

function systemCode(cause: unknown): string | undefined {
    return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}
