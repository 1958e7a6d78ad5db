/** jax-js calls `map`, `filter` … on iterators, which Node's have from version 22. */
const iterator = Object.getPrototypeOf(Object.getPrototypeOf([].values()));

iterator.map ??= function* (this: Iterable<unknown>, f: (value: unknown) => unknown) {
  for (const value of this) yield f(value);
};
iterator.filter ??= function* (this: Iterable<unknown>, f: (value: unknown) => boolean) {
  for (const value of this) if (f(value)) yield value;
};
iterator.toArray ??= function (this: Iterable<unknown>) {
  return [...this];
};
iterator.some ??= function (this: Iterable<unknown>, f: (value: unknown) => boolean) {
  return [...this].some(f);
};
iterator.every ??= function (this: Iterable<unknown>, f: (value: unknown) => boolean) {
  return [...this].every(f);
};
iterator.reduce ??= function (this: Iterable<unknown>, ...given: [never, never]) {
  return [...this].reduce(...given);
};
