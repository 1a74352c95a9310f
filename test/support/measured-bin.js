// Runs the program like bin/eniscope-lake.js and leaves the most memory it ever held, in KiB, in the file named by MAXRSS_FILE.
import { writeFileSync } from 'node:fs';

process.on('exit', () => writeFileSync(process.env.MAXRSS_FILE, String(process.resourceUsage().maxRSS)));
await import('../../bin/eniscope-lake.js');
