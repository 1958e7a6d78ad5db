import { addressOf, type View } from '../../processor/memory.ts';
import type { Recorder, Word } from '../../processor/program.ts';
import type { Activation, AttentionInputs, MaskRows, RopeArgs, Rows } from '../arguments.ts';
import { dropoutThreshold } from '../dropout-hash.ts';
import type { View as AnyView } from '../memory.ts';
import type { Operations } from '../operations.ts';
import type { LoraBlock, Matrix, Weight, WeightType } from '../types.ts';

/** Numbers of the operations, in the order of assembly/program.ts. */
const NUMBERS = {
  ...{ embed: 0, linearForward: 1, linearBackward: 2, loraDown: 3, loraUpBackward: 4, loraDownBackward: 5 },
  ...{ rmsNormForward: 6, rmsNormBackward: 7, layerNormForward: 8, layerNormBackward: 9, rope: 10 },
  ...{ attentionForward: 11, attentionBackward: 12, gatedForward: 13, gatedBackward: 14 },
  ...{ gatherRows: 15, scatterRows: 16, addRows: 17, appendRows: 18 },
  ...{ crossEntropy: 19, sumLosses: 20, gradNorm: 21, adamw: 22, clear: 23 },
  ...{
    scaleColumns: 24,
    scaleColumnsBackward: 25,
    loraUp: 26,
    embedBackward: 27,
    maskRows: 28,
    rowNorms: 29,
    softCrossEntropy: 30,
    mergeRounded: 31,
  },
};

const TYPES: readonly WeightType[] = ['f32', 'f16', 'q8', 'q4', 'nf4'];
const KINDS: readonly Activation[] = ['silu', 'gelu', 'gelu_tanh'];

const MASKED: readonly MaskRows['mode'][] = ['kept', 'added', 'left'];

/** Views that programs are given here are of the processor's memory. */
const address = (view: AnyView | undefined): number => (view ? addressOf(view as View) : 0);
const float = (value: number): Word => ({ float: value });
const flag = (value: boolean | undefined): number => (value ? 1 : 0);
/** Where a matrix begins, and bytes between its rows. */
const matrix = ({ view, stride, column }: Matrix): [number, number] => [
  address(view) + 4 * column,
  4 * stride,
];
const rowsIn = ({ view, stride }: Matrix): number => Math.ceil(view.size / (4 * stride));
const optional = (m: Matrix | undefined): [number, number] => (m ? matrix(m) : [0, 0]);

/**
 * Operations that are taken down for WebAssembly: each one writes its arguments in the order that its kernel names.
 * @param origins the row that dropout is drawn for, of each row; without them its own
 */
export function processorOperations(recorder: Recorder, origins: AnyView | null = null): Operations {
  const dims = (slot = 0) => recorder.dims.address(slot);
  const add = (name: keyof typeof NUMBERS, ...args: Word[]) => recorder.add(NUMBERS[name], args);

  /** See assembly/weight.ts. */
  const weight = (w: Weight): number => {
    const parts = w.parts ?? [{ begin: 0, end: w.rows, weight: w }];
    const words = parts.flatMap(({ end, weight: { type, data, scales, quant } }) => [
      ...[end, TYPES.indexOf(type), address(data), address(scales)],
      ...[quant?.block ?? 0, flag(quant?.scaleType === 'f32')],
    ]);
    return recorder.table([parts.length, w.cols, ...words]);
  };
  /** A float matrix as a weight of as many rows as are asked for. */
  const floats = (m: Matrix): number =>
    recorder.table([1, m.stride, 0x7fffffff, 0, address(m.view) + 4 * m.column, 0, 0, 0]);

  /** See assembly/linear.ts. */
  const lora = (block: LoraBlock, k: number, masked: boolean): number => {
    const { rank, scale, parts, maskDims, a, b } = block;
    const dropout = masked ? block.dropout : 0;
    return recorder.table([
      ...[floats({ view: a, stride: k, column: 0 }), floats({ view: b, stride: rank, column: 0 })],
      ...[rank, float(scale), parts.length],
      ...[
        dropout > 0 ? dropoutThreshold(dropout) : 0,
        float(1 / (1 - dropout)),
        dropout > 0 ? dims(maskDims) : 0,
        origins ? address(origins) : 0,
      ],
      ...parts.flatMap(({ begin, end, module }) => [begin, end, module]),
    ]);
  };

  const rope = (args: RopeArgs, back: number) =>
    add(
      ...(['rope', dims(), ...matrix(args.x), args.heads, args.headDim, args.rotaryDims] as const),
      ...[address(args.table), address(args.positions), back],
    );

  const attention = (args: AttentionInputs & { kvCapacity?: number }): Word[] => [
    ...[
      dims(),
      ...matrix(args.q),
      ...matrix(args.k),
      ...matrix(args.v),
      ...matrix(args.o),
      address(args.lse),
    ],
    ...[address(args.documents), args.kvCapacity ?? 0, args.heads, args.kvHeads, args.headDim],
    ...[float(args.scale), args.window ?? 0],
  ];

  const rows = (args: Rows): Word[] => [dims(args.dims), ...matrix(args.x), ...matrix(args.out), args.width];

  return {
    embed: ({ ids, table, first = 0, width, out, scale, positions, positionTable }) =>
      add(
        ...(['embed', dims(), address(ids), weight(table), width, ...matrix(out), float(scale)] as const),
        ...[address(positions), positionTable ? weight(positionTable) : 0, positionTable?.rows ?? 0],
        ...[first, table.rows],
      ),
    embedBackward: ({ ids, first, dout, width, gradient, count }) =>
      add('embedBackward', dims(), address(ids), first, ...matrix(dout), width, address(gradient), count),
    linearForward: ({ x, w, row0 = 0, n, k, y, bias, residual, lora: adapter, dims: slot }) =>
      add(
        ...(['linearForward', dims(slot), ...matrix(x), weight(w), row0, n, k, ...matrix(y)] as const),
        ...[address(bias), ...optional(residual)],
        ...[adapter ? lora(adapter.block, k, false) : 0, ...optional(adapter?.s)],
      ),
    linearBackward: ({ dy, w, row0 = 0, n, k, dx, accumulate, lora: adapter, dims: slot }) =>
      add(
        ...(['linearBackward', dims(slot), ...matrix(dy), weight(w), row0, n, k, ...matrix(dx)] as const),
        ...[flag(accumulate), adapter ? lora(adapter.block, k, true) : 0, ...optional(adapter?.ds)],
      ),
    loraDown: ({ x, k, lora: block, s, training, dims: slot }) =>
      add('loraDown', dims(slot), ...matrix(x), k, lora(block, k, training), ...matrix(s)),
    loraUp: ({ s, lora: block, y, dims: slot }) =>
      add('loraUp', dims(slot), ...matrix(s), lora(block, 0, false), ...matrix(y)),
    loraUpBackward: ({ dy, s, lora: block, gradients, ds, n, dims: slot }) =>
      add(
        ...([
          'loraUpBackward',
          dims(slot),
          ...matrix(dy),
          floats(s),
          4 * s.stride,
          lora(block, 0, false),
        ] as const),
        ...[address(gradients?.b), ...matrix(ds), n],
      ),
    loraDownBackward: ({ ds, x, k, lora: block, gradients, dims: slot }) =>
      add(
        ...(['loraDownBackward', dims(slot), ...matrix(ds), floats(x), k, lora(block, k, true)] as const),
        address(gradients.a),
      ),
    maskRows: ({ x, out, width, mode, lora: block }) =>
      add(
        ...(['maskRows', dims(), ...matrix(x), ...matrix(out), width, lora(block, width, true)] as const),
        MASKED.indexOf(mode),
      ),
    rowNorms: ({ w, row0 = 0, n, k, out, lora: block }) =>
      add('rowNorms', weight(w), row0, n, k, address(out), block ? lora(block, k, false) : 0),
    mergeRounded: ({ w, row0 = 0, n, k, lora: block, out }) =>
      add('mergeRounded', dims(), weight(w), row0, n, k, weight(out), block ? lora(block, k, false) : 0),
    rmsNormForward: ({ x, y, weight: w, width, eps, rstd, addOne, heads = 1, residual, dims: slot }) =>
      add(
        ...(['rmsNormForward', dims(slot), ...matrix(x), ...matrix(y), address(w), width] as const),
        ...[float(eps), address(rstd), flag(addOne), heads, ...(residual ? matrix(residual) : [0, 0])],
      ),
    rmsNormBackward: ({ dy, x, weight: w, rstd, dx, width, addOne, accumulate, heads = 1, dims: slot }) =>
      add(
        ...(['rmsNormBackward', dims(slot), ...matrix(dy), ...matrix(x), address(w), address(rstd)] as const),
        ...[...matrix(dx), width, flag(addOne), flag(accumulate), heads],
      ),
    layerNormForward: ({ x, y, weight: w, bias, width, eps, stat, dims: slot }) =>
      add(
        ...(['layerNormForward', dims(slot), ...matrix(x), ...matrix(y), address(w), address(bias)] as const),
        ...[width, float(eps), address(stat)],
      ),
    layerNormBackward: ({ dy, x, weight: w, stat, dx, width, accumulate, dims: slot }) =>
      add(
        ...([
          'layerNormBackward',
          dims(slot),
          ...matrix(dy),
          ...matrix(x),
          address(w),
          address(stat),
        ] as const),
        ...[...matrix(dx), width, flag(accumulate)],
      ),
    ropeForward: (args) => rope(args, 0),
    ropeBackward: (args) => rope(args, 1),
    attentionForward: (args) => add('attentionForward', ...attention(args), address(args.positions)),
    attentionBackward: (args) =>
      add(
        ...(['attentionBackward', ...attention(args), ...matrix(args.do), ...matrix(args.dq)] as const),
        ...[...matrix(args.dk), ...matrix(args.dv)],
      ),
    gatedForward: ({ gu, width, kind, gated, act }) =>
      add('gatedForward', dims(), ...matrix(gu), width, KINDS.indexOf(kind), flag(gated), ...matrix(act)),
    gatedBackward: ({ gu, width, kind, gated, dact }) =>
      add('gatedBackward', dims(), ...matrix(gu), width, KINDS.indexOf(kind), flag(gated), ...matrix(dact)),
    gatherRows: (args) => add('gatherRows', ...rows(args), address(args.index)),
    scatterRows: (args) => add('scatterRows', ...rows(args), address(args.index)),
    addRows: (args) => add('addRows', ...rows(args), float(args.factor ?? 1)),
    appendRows: (args) => add('appendRows', ...rows(args), args.capacity, address(args.positions)),
    crossEntropy: ({ logits, targets, weights, losses, vocab, gradient, dims: slot }) =>
      add(
        ...(['crossEntropy', dims(slot), ...matrix(logits), address(targets), address(weights)] as const),
        ...[address(losses), vocab, flag(gradient)],
      ),
    softCrossEntropy: ({ logits, targets, weights, losses, vocab, gradient, dims: slot, ...soft }) =>
      add(
        ...(['softCrossEntropy', dims(slot), ...matrix(logits), address(targets), address(weights)] as const),
        ...[address(losses), vocab, flag(gradient), 4 * soft.stride, soft.top, address(soft.ids)],
        ...[address(soft.probabilities), float(soft.weight)],
        address(recorder.scratch('logits of soft targets', 4 * soft.top * rowsIn(logits))),
      ),
    sumLosses: ({ losses, result, into = 0, dims: slot }) =>
      add('sumLosses', dims(slot), address(losses), address(result) + 4 * into),
    gradNorm: ({ gradients, count, result }) => add('gradNorm', address(gradients), count, address(result)),
    adamw: ({ weights, gradients, m, v, count, hyper, result }) =>
      add(
        ...(['adamw', address(weights), address(gradients), address(m), address(v), count] as const),
        ...[address(hyper), address(result)],
      ),
    scaleColumns: ({ x, out, width, scale, over, bias, residual, dims: slot }) =>
      add(
        ...(['scaleColumns', dims(slot), ...matrix(x), ...matrix(out), width, address(scale)] as const),
        ...[address(over), address(bias), ...optional(residual)],
      ),
    scaleColumnsBackward: ({ dy, x, dx, width, scale, over, gradient, dims: slot }) =>
      add(
        ...(['scaleColumnsBackward', dims(slot), ...matrix(dy), ...matrix(x), ...matrix(dx)] as const),
        ...[width, address(scale), address(over), address(gradient)],
      ),
    clear: (view) => add('clear', address(view), view.size),
    scratch: (name, bytes) => recorder.scratch(name, bytes),
  };
}
