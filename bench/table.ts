/** The result as a table for the terminal, and as one for the page docs/performance.md. Pure. */
import Table from 'cli-table3';
import type { Line } from './line.ts';

const headings = ['', 'what', 'measured', 'baseline', 'ratio', 'target', ''];

export function renderTable(lines: readonly Line[]): string {
    const table = new Table({ head: headings, style: { head: [], border: [], compact: true } });
    for (const line of lines) table.push([...cellsOf(line)]);
    return table.toString();
}

export function renderMarkdown(lines: readonly Line[]): string {
    const rows = [headings, headings.map(() => '---'), ...lines.map(cellsOf)];
    return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

const begin = '<!-- bench: begin -->';
const end = '<!-- bench: end -->';

/** The page with the text between its markers replaced. Throws when the markers are missing. */
export function replaceBetweenMarkers(page: string, text: string): string {
    const from = page.indexOf(begin);
    const to = page.indexOf(end);
    if (from < 0 || to < from) throw new Error(`the page has no place between ${begin} and ${end}`);
    return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

function cellsOf(line: Line): readonly string[] {
    const { row, what, measured, baseline, ratio, target, isMet } = line;
    return [row, what, measured, baseline, ratio, target, isMet ? 'ok' : 'MISSED'];
}
