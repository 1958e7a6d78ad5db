/** Round values between two ends, about so many. */
export function ticks(from: number, to: number, about: number): number[] {
  const rough = (to - from) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((size) => size >= rough) ?? rough;
  const found: number[] = [];
  for (let value = Math.ceil(from / step) * step; value <= to + step * 1e-9; value += step)
    found.push(Number(value.toPrecision(12)));
  return found;
}
