/** A value that must not be printed: string, JSON and inspect all show `[secret]`. */
import { inspect } from 'node:util';

export class Secret {
    readonly #value: string;

    constructor(value: string) {
        this.#value = value;
    }

    /** The plain value; called only where a header is built. */
    reveal(): string {
        return this.#value;
    }

    toString(): string {
        return '[secret]';
    }

    toJSON(): string {
        return '[secret]';
    }

    [inspect.custom](): string {
        return '[secret]';
    }
}
