/** A module for WebAssembly in base64 (scripts/build/kernels.mjs). */
declare module 'virtual:kernels/plain' {
  const base64: string;
  export default base64;
}
declare module 'virtual:kernels/relaxed' {
  const base64: string;
  export default base64;
}
declare module 'virtual:kernels/shared-plain' {
  const base64: string;
  export default base64;
}
declare module 'virtual:kernels/shared-relaxed' {
  const base64: string;
  export default base64;
}
