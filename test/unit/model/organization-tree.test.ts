import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildOrganizationTree, type OrganizationPlace } from '../../../src/model/organization-tree.ts';

const place = (id: string, parent: string | null = null, code: string | null = null): OrganizationPlace => ({
    organizationId: id,
    parentId: parent,
    sortCode: code,
});

/** `5<2<1`: an organization and what is above it, nearest first. */
const lines = (places: readonly OrganizationPlace[]): string[] => {
    const above = new Map<string, string[]>();
    for (const row of buildOrganizationTree(places)) {
        const known = above.get(row.organization_id) ?? [];
        above.set(row.organization_id, known);
        expect(row.depth).toBe(known.length);
        known.push(row.ancestor_id);
    }
    return [...above.values()].map((ids) => ids.join('<'));
};

describe('the tree of organizations', () => {
    it('climbs from parent to parent', () => {
        expect(lines([place('3', '2'), place('1'), place('2', '1'), place('10', '1')])).toEqual([
            '1',
            '2<1',
            '3<2<1',
            '10<1',
        ]);
    });

    it('takes the nearest known id of the sort code where the parent is unknown or not named', () => {
        const places = [
            place('2', null, '1-2-'),
            place('519', '77', '1-2-3-519-'),
            place('15438', null, '1-2-3-519-15438-'),
            // The closing hyphen, or the own id, may be missing.
            place('15439', null, '1-2-3-519-15439'),
            place('15440', null, '1-2-3-519-'),
        ];
        expect(lines(places)).toEqual(['2', '519<2', '15438<519<2', '15439<519<2', '15440<519<2']);
    });

    it('believes the parent before the sort code', () => {
        expect(lines([place('1'), place('2'), place('3', '2', '1-3-')])).toEqual(['1', '2', '3<2']);
    });

    it('leaves an organization alone whose parent nobody knows', () => {
        expect(lines([place('4', '99'), place('5', null, ''), place('6', '6', '6-')])).toEqual([
            '4',
            '5',
            '6',
        ]);
    });

    it('opens a circle at its smallest id and keeps what hangs on it', () => {
        const places = [
            place('7', '9'),
            place('8', '7'),
            place('9', '8'),
            place('20', '9'),
            place('3', '20'),
        ];
        expect(lines(places)).toEqual(['3<20<9<8<7', '7', '8<7', '9<8<7', '20<9<8<7']);
    });

    it('is a forest for any parents and sort codes: no one above himself, everyone above my parent above me', () => {
        const id = fc.integer({ min: 1, max: 12 }).map(String);
        const some = fc.uniqueArray(
            fc.record({
                organizationId: id,
                parentId: fc.option(id),
                sortCode: fc.option(fc.array(id, { maxLength: 4 }).map((ids) => `${ids.join('-')}-`)),
            }),
            { selector: ({ organizationId }) => organizationId, maxLength: 12 },
        );
        fc.assert(
            fc.property(some, (places) => {
                const rows = buildOrganizationTree(places);
                const above = new Map<string, string[]>();
                for (const row of rows) {
                    const list = above.get(row.organization_id) ?? [];
                    above.set(row.organization_id, [...list, row.ancestor_id]);
                }
                expect([...above.keys()].sort()).toEqual(places.map((one) => one.organizationId).sort());
                for (const [own, ids] of above) {
                    expect(ids[0]).toBe(own);
                    expect(new Set(ids).size).toBe(ids.length);
                    const parent = ids[1];
                    if (parent !== undefined) expect(ids.slice(1)).toEqual(above.get(parent));
                }
                expect(buildOrganizationTree([...places].reverse())).toEqual(rows);
            }),
            { seed: 1 },
        );
    });
});
