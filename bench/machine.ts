/** The machine a result was measured on, in words. */
import { cpus, totalmem, type } from 'node:os';
import process from 'node:process';
import { version as duckdbVersion } from '@duckdb/node-api';

/** `2 × AMD EPYC 7B13, 25 GB memory, Linux x64, Node 20.20.2, DuckDB v1.5.6` */
export function describeMachine(): string {
    const processors = cpus();
    return [
        `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}`,
        `${Math.round(totalmem() / 1e9)} GB memory`,
        `${type()} ${process.arch}`,
        `Node ${process.versions.node}`,
        `DuckDB ${duckdbVersion()}`,
    ].join(', ');
}
