/** A certificate for 127.0.0.1 that nobody vouches for, made on the spot: no key lies in the repository. */
import { generateKeyPairSync, sign } from 'node:crypto';

export interface Certificate {
    /** PEM. */
    readonly key: string;
    /** PEM. */
    readonly cert: string;
}

type Bytes = Uint8Array;

/** One DER value: tag, length, content. */
function der(tag: number, ...parts: readonly Bytes[]): Bytes {
    const content = Buffer.concat(parts);
    const { length } = content;
    const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
    return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Bytes[]): Bytes => der(0x30, ...parts);
const oid = (...bytes: readonly number[]): Bytes => der(0x06, Buffer.from(bytes));
const utcTime = (text: string): Bytes => der(0x17, Buffer.from(text));

/** Valid from 2020 to 2049, for the address 127.0.0.1, its own authority. */
export function makeCertificate(): Certificate {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
    const commonName = sequence(
        der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from('eniscope-lake test')))),
    );
    const address = sequence(der(0x87, Buffer.from([127, 0, 0, 1])));
    const isAuthority = sequence(der(0x01, Buffer.from([0xff])));
    const extensions = sequence(
        sequence(oid(0x55, 0x1d, 0x11), der(0x04, address)),
        sequence(oid(0x55, 0x1d, 0x13), der(0x01, Buffer.from([0xff])), der(0x04, isAuthority)),
    );
    const body = sequence(
        der(0xa0, der(0x02, Buffer.from([2]))),
        der(0x02, Buffer.from([1])),
        ecdsaWithSha256,
        commonName,
        sequence(utcTime('200101000000Z'), utcTime('491231000000Z')),
        commonName,
        publicKey.export({ type: 'spki', format: 'der' }),
        der(0xa3, extensions),
    );
    const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
    const whole = sequence(body, ecdsaWithSha256, signature);
    // A blank line before the end, which some lengths of the signature would give, is no PEM.
    const lines = Buffer.from(whole)
        .toString('base64')
        .replaceAll(/.{64}(?=.)/g, '$&\n');
    return {
        key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
        cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    };
}
