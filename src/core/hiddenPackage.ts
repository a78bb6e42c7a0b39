/** What a script of a run cannot do without. */
const packages = ['dask', 'distributed'];
const ofDask = /'(?:dask|distributed)(?:\.[\w.]+)?'/;

/**
 * A module beside the script that has the name of a package, and is imported in its stead, where that is what an
 * exception comes from.
 *
 * @param type of the exception, without its module
 * @param beside as `modulesIn` gives them: `dask.py`, `dask/__init__.py`
 */
export function hidingModule(
  type: string,
  message: string,
  beside: readonly string[],
): { file: string; name: string } | undefined {
  if (!['ModuleNotFoundError', 'ImportError', 'AttributeError'].includes(type)) {
    return undefined;
  }
  const [, single] = /; '(\w+)' is not a package/.exec(message) ?? [];
  // A whole package that is not there is not hidden.
  const missing = /^No module named '\w+'/.test(message);
  const names = [...(single === undefined ? [] : [single]), ...(!missing && ofDask.test(message) ? packages : [])];
  for (const name of names) {
    const file = beside.find((one) => one === `${name}.py` || one === `${name}/__init__.py`);
    if (file !== undefined) {
      return { file, name };
    }
  }
  return undefined;
}
