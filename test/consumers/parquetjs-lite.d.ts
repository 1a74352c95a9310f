declare module 'parquetjs-lite' {
    export interface ParquetCursor {
        /** The next row; null after the last. */
        next(): Promise<Record<string, unknown> | null>;
    }

    export class ParquetReader {
        static openFile(path: string): Promise<ParquetReader>;
        getCursor(): ParquetCursor;
        close(): Promise<void>;
    }
}
