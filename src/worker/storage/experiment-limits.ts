/** What of one experiment is kept at most: larger files are dropped again, larger adapters are made again. In bytes. */
export const LARGEST_FILES = 256 * 1024 * 1024;
export const LARGEST_ADAPTERS = 64e6;
