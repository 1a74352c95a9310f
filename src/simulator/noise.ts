/** Reproducible randomness: the same numbers give the same hash on every machine, in any order. */

/** Mixes two integers into one of 32 bits, 0 … 2³²−1. */
export function mix(a: number, b: number): number {
    let h = (a ^ Math.imul(b, 0x9e3779b1)) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit key of a text. */
export function keyOf(text: string, seed: number): number {
    let key = mix(seed, text.length);
    for (let i = 0; i < text.length; i += 1) key = mix(key, text.charCodeAt(i));
    return key;
}

/** 0 ≤ x < 1 from a hash. */
export function unit(hash: number): number {
    return hash / 0x1_0000_0000;
}
