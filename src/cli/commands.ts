/** Every command, in the order help shows them. Each loads what is heavy only when it runs. */
import type { Command } from './command.ts';
import { check } from './commands/check.ts';
import { compact } from './commands/compact.ts';
import { config } from './commands/config.ts';
import { demo } from './commands/demo.ts';
import { exportViews } from './commands/export.ts';
import { fields } from './commands/fields.ts';
import { ingest } from './commands/ingest.ts';
import { init } from './commands/init.ts';
import { pack } from './commands/pack.ts';
import { query } from './commands/query.ts';
import { rebuild } from './commands/rebuild.ts';
import { repair } from './commands/repair.ts';
import { repartition } from './commands/repartition.ts';
import { retention } from './commands/retention.ts';
import { schedule } from './commands/schedule.ts';
import { settings } from './commands/settings.ts';
import { simulate } from './commands/simulate.ts';
import { status } from './commands/status.ts';
import { sync } from './commands/sync.ts';
import { tariffs } from './commands/tariffs.ts';
import { verify } from './commands/verify.ts';
import { views } from './commands/views.ts';
import { why } from './commands/why.ts';

export const commands: readonly Command[] = [
    init,
    sync,
    ingest,
    compact,
    query,
    views,
    status,
    check,
    why,
    verify,
    rebuild,
    repair,
    pack,
    retention,
    repartition,
    fields,
    settings,
    tariffs,
    exportViews,
    schedule,
    config,
    simulate,
    demo,
];
