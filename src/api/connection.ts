/** Refuses connections on which others could read the credentials or change the answers. */
import { AppError } from '../core/errors.ts';

export interface ConnectionOptions {
    readonly env: Readonly<Record<string, string | undefined>>;
    /** Plain http to another machine was asked for in so many words. */
    readonly allowHttp: boolean;
}

/**
 * Throws SETTINGS_INSECURE for plain http to another machine, and for https when the environment tells Node to take
 * any certificate. An address that is none passes: it is refused where it is used.
 */
export function checkConnection(baseUrl: string, { env, allowHttp }: ConnectionOptions): void {
    const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
    if (url?.protocol === 'http:' && !allowHttp && !isLoopback(url.hostname)) {
        throw new AppError(
            'SETTINGS_INSECURE',
            `http://${url.host} is not encrypted: everybody on the way could read e-mail, password and key`,
            { hint: 'Use https://. Where the way is safe all the same, set ENISCOPE_ALLOW_HTTP=yes.' },
        );
    }
    if (url?.protocol === 'https:' && env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
        throw new AppError(
            'SETTINGS_INSECURE',
            'NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment switches the check of certificates off',
            {
                hint: 'Remove it. A certificate authority of your own goes into NODE_EXTRA_CA_CERTS=/path/to/ca.pem.',
            },
        );
    }
}

/** True for this machine itself. */
function isLoopback(hostname: string): boolean {
    return (
        hostname === 'localhost' ||
        hostname.endsWith('.localhost') ||
        hostname === '[::1]' ||
        /^127\.\d+\.\d+\.\d+$/.test(hostname) ||
        /^\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\]$/.test(hostname)
    );
}
