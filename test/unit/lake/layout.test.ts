import { isAbsolute, normalize, relative } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
    archiveFolder,
    coverageFile,
    formatSnapshotName,
    isChannelId,
    lakePaths,
    parsePartitionFolder,
    parseRawReferenceName,
    parseSnapshotName,
    partitionFile,
    partitionFolder,
    rawReferenceFile,
} from '../../../src/lake/layout.ts';
import { granularities, partitionOf, resolutions } from '../../../src/model/time.ts';

const paths = lakePaths('/lake');
const ids = fc.bigInt({ min: 0n, max: 99_999_999_999_999_999_999n }).map(String);
const instants = fc.integer({ min: Date.UTC(2000, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 });

describe('paths', () => {
    it('of a partition are read back as they were written', () => {
        fc.assert(
            fc.property(
                ids,
                instants,
                fc.constantFrom(...granularities),
                (channelId, instant, granularity) => {
                    const partition = partitionOf(instant, granularity);
                    const folder = relative(paths.readings, partitionFolder(paths, channelId, partition));
                    expect(parsePartitionFolder(folder, granularity)).toEqual({ channelId, partition });
                },
            ),
        );
    });

    it('look as the design draws them', () => {
        const partition = partitionOf(Date.UTC(2026, 9, 5) / 1000, 'month');
        expect(partitionFile(paths, '162119', partition)).toBe(
            '/lake/readings/channel_id=162119/month=2026-10/readings.parquet',
        );
        expect(coverageFile(paths, '162119')).toBe('/lake/state/coverage/162119.json');
    });

    it('are never made from an id that is not digits', () => {
        const hostile = fc.oneof(
            fc.string().filter((text) => !/^\d{1,20}$/.test(text)),
            fc.constantFrom(
                '..',
                '../../etc',
                '1/../..',
                '1\n',
                '１２',
                '',
                '-1',
                '1e3',
                '0x1',
                '1'.repeat(21),
            ),
        );
        fc.assert(
            fc.property(hostile, (id) => {
                expect(isChannelId(id)).toBe(false);
                const partition = partitionOf(0, 'month');
                expect(() => partitionFolder(paths, id, partition)).toThrow('not digits');
                expect(() => coverageFile(paths, id)).toThrow('not digits');
                expect(() => archiveFolder(paths, id)).toThrow('not digits');
            }),
        );
    });

    it('stay inside the lake for every id that is allowed', () => {
        fc.assert(
            fc.property(ids, (id) => {
                const path = relative('/lake', normalize(archiveFolder(paths, id, '2026-10')));
                expect(path.startsWith('..') || isAbsolute(path)).toBe(false);
            }),
        );
    });
});

describe('a snapshot’s name', () => {
    it('tells channel, span, resolution and fetch time', () => {
        fc.assert(
            fc.property(
                ids,
                instants,
                fc.integer({ min: 1, max: 366 * 86_400 }),
                fc.constantFrom(...resolutions),
                fc.constantFrom(...resolutions),
                fc.integer({ min: 0, max: 999 }),
                (channelId, from, length, resolution, answered, ms) => {
                    const name = {
                        channelId,
                        from,
                        to: from + length,
                        resolution,
                        answered,
                        fetchedAt: (from + length) * 1000 + ms,
                    };
                    expect(parseSnapshotName(formatSnapshotName(name))).toEqual(name);
                },
            ),
        );
    });

    it('is written the same way everywhere', () => {
        const name = {
            channelId: '162119',
            from: Date.UTC(2026, 9, 1) / 1000,
            to: Date.UTC(2026, 10, 1) / 1000,
            resolution: 60,
            answered: 1800,
            fetchedAt: Date.UTC(2026, 10, 23, 9, 19, 47, 123),
        };
        expect(formatSnapshotName(name)).toBe(
            '162119_20261001T000000Z_20261101T000000Z_r60_i1800_20261123T091947.123Z.json.gz',
        );
    });

    it.each(['', 'x.json.gz', '1_2_3_r60_i60_4.json.gz', '162119_20261001T000000Z.json.gz', '.DS_Store'])(
        'is not read from %j',
        (file) => {
            expect(parseSnapshotName(file)).toBeUndefined();
        },
    );

    it('of a reference list is read back', () => {
        const at = Date.UTC(2026, 10, 23, 9, 19, 47, 123);
        const file = relative(paths.rawReference, rawReferenceFile(paths, 'channels', at));
        expect(parseRawReferenceName(file)).toEqual({ table: 'channels', fetchedAt: at });
        expect(parseRawReferenceName('accounts_20261123T091947.123Z.json.gz')).toBeUndefined();
    });
});
