/** The lines of a failed level that tell what failed. @param output as it was printed */
export function failuresIn(output: string): string[];
