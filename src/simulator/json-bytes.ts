/**
 * Writes JSON straight into a buffer. Numbers get at most 14 significant digits, as the live API prints them; the usual
 * ones are written digit by digit, which is several times faster than going through strings.
 */

const zero = 48;

export class JsonBytes {
    #bytes: Buffer<ArrayBuffer>;
    #length = 0;

    constructor(capacity: number) {
        this.#bytes = Buffer.allocUnsafe(Math.max(256, capacity));
    }

    /** Room for so many more bytes; call before each batch of writes. */
    reserve(more: number): void {
        if (this.#length + more <= this.#bytes.length) return;
        const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
        this.#bytes.copy(larger, 0, 0, this.#length);
        this.#bytes = larger;
    }

    /** Copies prepared bytes. */
    write(bytes: Uint8Array): void {
        for (let i = 0; i < bytes.length; i += 1) this.#bytes[this.#length + i] = bytes[i] ?? 0;
        this.#length += bytes.length;
    }

    /** A number, or null for NaN. Needs up to 25 bytes. */
    number(value: number): void {
        if (Number.isNaN(value)) {
            this.#length += this.#bytes.write('null', this.#length, 'latin1');
            return;
        }
        const size = Math.abs(value);
        const places = size < 1e4 ? 10 : size < 1e6 ? 8 : 6;
        const scale = size < 1e4 ? 1e10 : size < 1e6 ? 1e8 : 1e6;
        const scaled = Math.round(size * scale);
        // Only where the decimal form with so many places is the number itself, and not a rounding of it.
        if (size >= 1e8 || scaled / scale !== size) {
            this.#length += this.#bytes.write(formatNumber(value), this.#length, 'latin1');
            return;
        }
        if (value < 0) this.#put(45);
        const whole = Math.floor(size);
        this.#integer(whole);
        const fraction = scaled - whole * scale;
        if (fraction !== 0) this.#decimals(fraction, places);
    }

    /** Epoch seconds. */
    instant(value: number): void {
        this.#integer(value);
    }

    /** What has been written; a view, valid until the next write. */
    written(): Buffer<ArrayBuffer> {
        return this.#bytes.subarray(0, this.#length);
    }

    #put(code: number): void {
        this.#bytes[this.#length] = code;
        this.#length += 1;
    }

    #integer(value: number): void {
        let digits = 1;
        for (let limit = 10; value >= limit; limit *= 10) digits += 1;
        let rest = value;
        for (let at = this.#length + digits - 1; at >= this.#length; at -= 1) {
            const next = Math.floor(rest / 10);
            this.#bytes[at] = zero + (rest - next * 10);
            rest = next;
        }
        this.#length += digits;
    }

    #decimals(fraction: number, places: number): void {
        this.#put(46);
        let rest = fraction;
        for (let at = this.#length + places - 1; at >= this.#length; at -= 1) {
            const next = Math.floor(rest / 10);
            this.#bytes[at] = zero + (rest - next * 10);
            rest = next;
        }
        let end = this.#length + places;
        while (this.#bytes[end - 1] === zero) end -= 1;
        this.#length = end;
    }
}

/** A finite number with at most 14 significant digits, as JSON. */
function formatNumber(value: number): string {
    return String(Number(value.toPrecision(14)));
}
