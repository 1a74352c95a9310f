/** The figures of the demo's page, asked of the views. */
import { localDate } from '../../model/time.ts';
import { type DuckDB, literal, type Row } from '../../warehouse/duckdb.ts';

export interface MeterEnergy {
    readonly channelId: string;
    readonly name: string;
    readonly site: string;
    readonly timeZone: string;
    /** Yesterday and this month so far, on the site's calendar; null when nothing was measured. */
    readonly dayKwh: number | null;
    readonly dayCoverage: number | null;
    readonly monthKwh: number | null;
    readonly monthCoverage: number | null;
}

/** Every channel that measured energy this month or yesterday, by site. `now` in epoch seconds. */
export async function readEnergy(db: DuckDB, now: number): Promise<MeterEnergy[]> {
    const today = new Date(now * 1000).toISOString().slice(0, 10);
    const columns = 'channel_id, channel_name, organization_name, time_zone, energy_kwh, coverage';
    const days = await db.rows(
        `select ${columns}, date::varchar as period from energy_daily where date >= ${literal(today)}::date - 3`,
    );
    const months = await db.rows(
        `select ${columns}, month::varchar as period from energy_monthly where month >= ${literal(today)}::date - 40`,
    );
    const meters = months.filter(isNow((zone) => `${localDate(now, zone).slice(0, 7)}-01`));
    const yesterdays = new Map(
        days
            .filter(isNow((zone) => previousDate(localDate(now, zone))))
            .map((row) => [String(row.channel_id), row]),
    );
    return meters
        .map((month) => toMeter(month, yesterdays.get(String(month.channel_id))))
        .filter(({ dayKwh, monthKwh }) => dayKwh !== null || monthKwh !== null)
        .sort((a, b) => a.site.localeCompare(b.site) || (b.monthKwh ?? 0) - (a.monthKwh ?? 0));
}

export interface ChartDay {
    readonly day: string;
    readonly kwh: number;
    readonly bar: string;
}

/** Two weeks of one site, day by day until yesterday, with DuckDB's own bars. */
export async function readChart(
    db: DuckDB,
    site: string,
    timeZone: string,
    now: number,
): Promise<ChartDay[]> {
    const today = `${literal(localDate(now, timeZone))}::date`;
    const rows = await db.rows(`
        with days as (
            select date, sum(energy_kwh) as kwh
            from energy_daily
            where organization_name = ${literal(site)} and date between ${today} - 14 and ${today} - 1
            group by date
        )
        select strftime(date, '%a %d %b') as day, kwh, bar(kwh, 0, max(kwh) over (), 40) as bar
        from days where kwh is not null order by date`);
    return rows.map(({ day, kwh, bar }) => ({
        day: String(day),
        kwh: Number(kwh),
        bar: String(bar).trimEnd(),
    }));
}

function isNow(periodIn: (timeZone: string) => string): (row: Row) => boolean {
    return ({ time_zone: zone, period }) => period === periodIn(String(zone));
}

function toMeter(month: Row, day: Row | undefined): MeterEnergy {
    return {
        channelId: String(month.channel_id),
        name: String(month.channel_name),
        site: String(month.organization_name),
        timeZone: String(month.time_zone),
        dayKwh: toNumber(day?.energy_kwh),
        dayCoverage: toNumber(day?.coverage),
        monthKwh: toNumber(month.energy_kwh),
        monthCoverage: toNumber(month.coverage),
    };
}

function toNumber(value: unknown): number | null {
    return typeof value === 'number' ? value : null;
}

function previousDate(date: string): string {
    return new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}
