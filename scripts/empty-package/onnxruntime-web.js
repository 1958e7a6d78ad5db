// Stands in for onnxruntime-web: of transformers.js we use tokenizers and chat templates, never its ONNX runtime.
export const env = undefined;
export const InferenceSession = undefined;
export class Tensor {}
export default { env, InferenceSession, Tensor };
