declare module 'fs-native-extensions' {
    /** An exclusive lock on the open file; false when another open file holds it. */
    export function tryLock(fd: number): boolean;
}
