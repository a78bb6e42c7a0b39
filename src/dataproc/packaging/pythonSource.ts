// https://docs.python.org/3/reference/lexical_analysis.html#encoding-declarations
const cookie = /^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)/;
const blankOrComment = /^[ \t\f]*(#.*)?$/;

/** The text of a Python file, by its byte order mark or the encoding that it declares; UTF-8 where it has neither. */
export function decodePython(bytes: Uint8Array): string {
  // A declaration after a mark is not seen, and need not be: that is UTF-8. The decoder takes the mark away.
  return new TextDecoder(knownEncoding(declared(bytes))).decode(bytes);
}

function declared(bytes: Uint8Array): string {
  const [first = '', second = ''] = new TextDecoder('latin1').decode(bytes.subarray(0, 1000)).split(/\r\n?|\n/);
  return cookie.exec(first)?.[1] ?? (blankOrComment.test(first) ? cookie.exec(second)?.[1] : undefined) ?? 'utf-8';
}

/** Python's names of encodings, as browsers call them; for others Latin-1, which has ASCII's letters where ASCII has them. */
function knownEncoding(name: string): string {
  const label = name.toLowerCase().replaceAll('_', '-');
  for (const candidate of [
    label,
    label.replace('-', ''),
    label.replace(/^cp/, 'windows-'),
    label.replace(/-sig$/, ''),
  ]) {
    try {
      return new TextDecoder(candidate).encoding;
    } catch {
      // Not one of these.
    }
  }
  return 'latin1';
}
