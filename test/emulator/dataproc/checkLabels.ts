/** What is wrong with labels. */
export function labelProblems(labels: Readonly<Record<string, string>> | undefined): string[] {
  const entries = Object.entries(labels ?? {});
  const count = entries.length > 32 ? [`Too many labels: ${entries.length}. At most 32 are allowed.`] : [];
  const wrong = entries.flatMap(([key, value]) => [
    ...(/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key) ? [] : [`Invalid label key: '${key}'`]),
    ...(/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value) ? [] : [`Invalid label value: '${value}' of label '${key}'`]),
  ]);
  return [...count, ...wrong];
}
