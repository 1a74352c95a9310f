/**
 * Who is above whom: from the parents and sort codes of the organizations to one row per organization and ancestor.
 * Always a forest, whatever the source says: unknown parents are passed over, circles are opened. Pure.
 */

export interface OrganizationPlace {
    readonly organizationId: string;
    readonly parentId: string | null;
    /** Ids from the root down to the organization itself: `1-2-519-`. */
    readonly sortCode: string | null;
}

export interface TreeRow {
    readonly organization_id: string;
    readonly ancestor_id: string;
    /** 0 = the organization itself, 1 = its parent. */
    readonly depth: number;
}

/**
 * Every organization with itself and each organization above it, sorted by id and depth. The parent is `parentId`
 * when that is known, else the nearest known id before its own in the sort code. Of a circle the smallest id is
 * the top.
 */
export function buildOrganizationTree(organizations: readonly OrganizationPlace[]): TreeRow[] {
    const known = new Set(organizations.map(({ organizationId }) => organizationId));
    const parents = new Map<string, string>();
    for (const place of organizations) {
        const parent = parentOf(place, known);
        if (parent !== undefined) parents.set(place.organizationId, parent);
    }
    const ids = [...known].sort(compareIds);
    for (const id of ids) {
        // In the order of the ids, so the first of a circle to be looked at is its smallest.
        if (reaches(parents, id)) parents.delete(id);
    }
    return ids.flatMap((id) => climb(parents, id));
}

/** Shorter ids first, so that numbers stand in their order. */
function compareIds(a: string, b: string): number {
    return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function parentOf(place: OrganizationPlace, known: ReadonlySet<string>): string | undefined {
    const { organizationId, parentId, sortCode } = place;
    const codes = (sortCode ?? '').split('-').filter((id) => id !== '');
    const own = codes.lastIndexOf(organizationId);
    const above = (own < 0 ? codes : codes.slice(0, own)).reverse();
    return [...(parentId === null ? [] : [parentId]), ...above].find(
        (id) => id !== organizationId && known.has(id),
    );
}

/** True when climbing from `id` leads back to it. */
function reaches(parents: ReadonlyMap<string, string>, id: string): boolean {
    const seen = new Set<string>();
    let above = parents.get(id);
    while (above !== undefined && !seen.has(above)) {
        if (above === id) return true;
        seen.add(above);
        above = parents.get(above);
    }
    return false;
}

function climb(parents: ReadonlyMap<string, string>, id: string): TreeRow[] {
    const rows: TreeRow[] = [];
    let above: string | undefined = id;
    while (above !== undefined) {
        rows.push({ organization_id: id, ancestor_id: above, depth: rows.length });
        above = parents.get(above);
    }
    return rows;
}
