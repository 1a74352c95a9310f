/**
 * The footer of a Parquet file as bytes: found, and written anew for data that stands elsewhere in the file. Pure.
 * A footer is one Thrift struct in the compact protocol; of its numbers only the offsets are looked at.
 */

/** Bytes of the mark a file begins and ends with. */
export const markBytes = 4;

const mark = Buffer.from('PAR1');

/** Bytes at the end of a file that tell how long its footer is. */
export const trailerBytes = 8;

/** Bytes of the footer before the trailer; undefined when these are not the last bytes of a Parquet file. */
export function footerLength(trailer: Buffer): number | undefined {
    const isParquet = trailer.length === trailerBytes && trailer.subarray(4).equals(mark);
    return isParquet ? trailer.readUInt32LE(0) : undefined;
}

/** The footer with what has to follow it, so that it ends a file. */
export function closeWith(footer: Buffer): Buffer {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    return Buffer.concat([footer, length, mark]);
}

/** What to do with the fields of a struct, by field id: an offset to move, or a struct (or list of structs) with some. */
type Shape = { readonly [id: number]: 'offset' | Shape };

/** FileMetaData down to the offsets in it, as parquet.thrift numbers them. */
const fileMetaData: Shape = {
    // row_groups
    4: {
        // columns: file_offset, meta_data, offset_index_offset, column_index_offset
        1: {
            2: 'offset',
            // data_page_offset, index_page_offset, dictionary_page_offset, bloom_filter_offset
            3: { 9: 'offset', 10: 'offset', 11: 'offset', 14: 'offset' },
            4: 'offset',
            6: 'offset',
        },
        // file_offset
        5: 'offset',
    },
};

/** The same footer for data that stands `bytes` further back in the file. */
export function moveOffsets(footer: Buffer, bytes: number): Buffer {
    const walk = new FooterWalk(footer, bytes);
    walk.struct(fileMetaData);
    return Buffer.concat([...walk.parts, footer.subarray(walk.kept)]);
}

/** Types of the compact protocol. */
const type = {
    true: 1,
    false: 2,
    byte: 3,
    i16: 4,
    i32: 5,
    i64: 6,
    double: 7,
    binary: 8,
    list: 9,
    set: 10,
    struct: 12,
};

class FooterWalk {
    readonly parts: Buffer[] = [];
    /** Everything before is in `parts`. */
    kept = 0;
    readonly #footer: Buffer;
    readonly #bytes: bigint;
    #at = 0;

    constructor(footer: Buffer, bytes: number) {
        this.#footer = footer;
        this.#bytes = BigInt(bytes);
    }

    struct(shape: Shape): void {
        let id = 0;
        for (let head = this.#byte(); head !== 0; head = this.#byte()) {
            const step = head >> 4;
            id = step === 0 ? Number(unfold(this.#varint())) : id + step;
            this.#value(head & 15, shape[id]);
        }
    }

    #value(kind: number, shape: 'offset' | Shape | undefined): void {
        const inner = shape === 'offset' || shape === undefined ? {} : shape;
        switch (kind) {
            case type.true:
            case type.false:
                return;
            case type.byte:
                this.#at += 1;
                return;
            case type.i16:
            case type.i32:
                this.#varint();
                return;
            case type.i64:
                this.#number(shape === 'offset');
                return;
            case type.double:
                this.#at += 8;
                return;
            case type.binary: {
                const length = Number(this.#varint());
                this.#at += length;
                return;
            }
            case type.list:
            case type.set:
                this.#list(inner);
                return;
            case type.struct:
                this.struct(inner);
                return;
            default:
                throw new Error(`a Parquet footer has no values of type ${kind}`);
        }
    }

    #number(isOffset: boolean): void {
        const start = this.#at;
        const value = unfold(this.#varint());
        // Writers leave an offset at 0 where there is nothing.
        if (!isOffset || value <= 0n) return;
        this.parts.push(this.#footer.subarray(this.kept, start), formatVarint((value + this.#bytes) << 1n));
        this.kept = this.#at;
    }

    #list(shape: Shape): void {
        const head = this.#byte();
        const short = head >> 4;
        const count = short === 15 ? Number(this.#varint()) : short;
        const kind = head & 15;
        for (let index = 0; index < count; index += 1) {
            // A boolean in a list takes a byte of its own.
            if (kind === type.true || kind === type.false) this.#at += 1;
            else this.#value(kind, shape);
        }
    }

    #byte(): number {
        const byte = this.#footer[this.#at];
        if (byte === undefined) throw new Error('the Parquet footer ends too early');
        this.#at += 1;
        return byte;
    }

    #varint(): bigint {
        let value = 0n;
        for (let shift = 0n; ; shift += 7n) {
            const byte = this.#byte();
            value |= BigInt(byte & 127) << shift;
            if (byte < 128) return value;
        }
    }
}

/** Undoes the zigzag in which signed numbers are stored. */
function unfold(value: bigint): bigint {
    return (value >> 1n) ^ -(value & 1n);
}

function formatVarint(value: bigint): Buffer {
    const bytes: number[] = [];
    let left = value;
    for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
    return Buffer.from([...bytes, Number(left)]);
}
