import { describe, expect, it } from 'vitest';
import { channelSettings } from '../../src/analysis/channel-settings.ts';
import { openCatalog } from '../../src/warehouse/catalog.ts';
import { readTable } from '../support/quality-page.ts';
import { tempFolder } from '../support/temp-folder.ts';

describe('docs/quality.md', () => {
    it('names every rule with its bit, and says which values are null', async () => {
        const options = { root: tempFolder(), fields: ['E'], granularity: 'month' as const };
        const rules = await openCatalog(options, (db) =>
            db.rows('select flag, rule, is_nulled from quality_rules order by flag'),
        );
        const documented = readTable('The rules').map(([flag, rule, , value]) => ({
            flag: Number(flag),
            rule,
            is_nulled: value === 'null',
        }));
        expect(documented).toEqual(rules);
    });

    it('names every setting with its default and what may be written', () => {
        const settings = channelSettings.map(({ key, fallback, allowed, meaning, show }) => [
            key,
            show(fallback),
            allowed,
            meaning,
        ]);
        expect(readTable('Settings')).toEqual(settings);
    });

    it('names no setting in a rule that does not exist', () => {
        const keys = new Set(channelSettings.map(({ key }) => key));
        const named = readTable('The rules').flatMap(
            ([, , when = '']) => when.match(/\b[a-z]+(_[a-z]+)+\b/g) ?? [],
        );
        expect(named.length).toBeGreaterThan(10);
        expect(named.filter((key) => !keys.has(key))).toEqual([]);
    });
});
