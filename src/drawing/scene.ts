/** A picture as lines and words, so that one description becomes an SVG and a PNG alike. */
export interface Scene {
  width: number;
  height: number;
  background: string;
  lines: Line[];
  words: Words[];
}

export interface Line {
  /** SVG path data. */
  path: string;
  color: string;
  width: number;
  dash?: readonly number[];
  /** Filled and not drawn round. */
  fill?: boolean;
}

export interface Words {
  x: number;
  y: number;
  text: string;
  color: string;
  size: number;
  anchor: 'start' | 'middle' | 'end';
}

const FONT = 'Inter, "Inter Variable", system-ui, sans-serif';

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

export function sceneSvg({ width, height, background, lines, words }: Scene, about: string): string {
  const drawn = lines.map(({ path, color, width: stroke, dash, fill }) =>
    fill
      ? `<path d="${path}" fill="${color}"/>`
      : `<path d="${path}" fill="none" stroke="${color}" stroke-width="${stroke}" stroke-linejoin="round"${dash && dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : ''}/>`,
  );
  const written = words.map(
    ({ x, y, text, color, size, anchor }) =>
      `<text x="${x}" y="${y}" font-size="${size}" fill="${color}" text-anchor="${anchor}">${escaped(text)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(about)}" font-family='${FONT}'>`,
    `<rect width="${width}" height="${height}" fill="${background}"/>`,
    ...drawn,
    ...written,
    '</svg>',
  ].join('\n');
}

/** The same as a PNG, by itself at twice its size for sharp print. The page's policy lets no SVG be loaded as a picture. */
export async function scenePng(scene: Scene, scale = 2): Promise<Blob> {
  const { canvas, draw } = sceneCanvas(scene.width, scene.height, scale);
  drawScene(draw, scene);
  return canvasPng(canvas);
}

/** A canvas of this size, drawn at `scale` times of it. */
export function sceneCanvas(width: number, height: number, scale: number) {
  const canvas = document.createElement('canvas');
  canvas.width = scale * width;
  canvas.height = scale * height;
  const draw = canvas.getContext('2d');
  if (!draw) throw new Error('no 2D canvas');
  draw.scale(scale, scale);
  return { canvas, draw };
}

/** Draws a scene with its upper left corner at the context's origin. */
export function drawScene(
  draw: CanvasRenderingContext2D,
  { width, height, background, lines, words }: Scene,
): void {
  draw.fillStyle = background;
  draw.fillRect(0, 0, width, height);
  draw.lineJoin = 'round';
  for (const { path, color, width: stroke, dash, fill } of lines) {
    draw.setLineDash([...(dash ?? [])]);
    draw.lineWidth = stroke;
    if (fill) {
      draw.fillStyle = color;
      draw.fill(new Path2D(path));
    } else {
      draw.strokeStyle = color;
      draw.stroke(new Path2D(path));
    }
  }
  const align = { start: 'left', middle: 'center', end: 'right' } as const;
  for (const { x, y, text, color, size, anchor } of words) {
    draw.fillStyle = color;
    draw.font = sceneFont(size);
    draw.textAlign = align[anchor];
    draw.fillText(text, x, y);
  }
}

/** The font of a scene's words, as a canvas takes it. */
export function sceneFont(size: number): string {
  return `${size}px ${FONT}`;
}

export function canvasPng(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no PNG'))), 'image/png'),
  );
}
