import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json'));
const lock = JSON.parse(read('package-lock.json'));
const decisions = read('docs/decisions.md');

/** The package names in the first column of the table under a heading. */
function listed(heading: string): string[] {
    const section = decisions.split(`## ${heading}`)[1]?.split('\n## ')[0] ?? '';
    const firstColumns = [...section.matchAll(/^\| (`[^|]*) \|/gm)].map((match) => match[1] ?? '');
    return firstColumns.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''));
}

describe('the package', () => {
    it('gives a reason for every dependency, and for nothing else', () => {
        expect(listed('Runtime dependencies').sort()).toEqual(Object.keys(manifest.dependencies).sort());
        expect(listed('Development dependencies').sort()).toEqual(
            Object.keys(manifest.devDependencies).sort(),
        );
    });

    it('pins every version', () => {
        for (const version of Object.values({ ...manifest.dependencies, ...manifest.devDependencies })) {
            expect(version).toMatch(/^\d/);
        }
    });

    it('needs no install script of any dependency, and records no download address', () => {
        const packages = Object.entries<Record<string, unknown>>(lock.packages);
        expect(packages.length).toBeGreaterThan(50);
        for (const [name, entry] of packages) {
            if (name === '') continue;
            expect(entry.hasInstallScript, name).toBeUndefined();
            expect(entry.resolved, name).toBeUndefined();
        }
    });

    it('locks the binaries of every platform, so that npm ci is content on each', () => {
        for (const [path, entry] of Object.entries<Record<string, Record<string, string>>>(lock.packages)) {
            for (const name of Object.keys(entry.optionalDependencies ?? {})) {
                const places = [`node_modules/${name}`, `${path}/node_modules/${name}`];
                expect(
                    places.some((place) => place in lock.packages),
                    name,
                ).toBe(true);
            }
        }
    });

    it('runs on the Node it names', () => {
        expect(manifest.engines.node).toBe('>=20.19');
    });
});
