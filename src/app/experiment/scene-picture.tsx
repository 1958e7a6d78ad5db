import type { Scene } from '../../drawing/scene.ts';
import css from './experiment.module.css';

/** A scene on the page, in the colours that it was drawn with: those of a theme are variables. */
export function ScenePicture({ scene, about }: { scene: Scene; about: string }) {
  const { width, height, lines, words } = scene;
  return (
    <svg className={css.scene} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={about}>
      {lines.map(({ path, color, width: stroke, fill }) => (
        <path
          key={`${path} ${color}`}
          d={path}
          fill={fill ? color : 'none'}
          stroke={fill ? 'none' : color}
          strokeWidth={stroke}
          strokeLinejoin="round"
        />
      ))}
      {words.map(({ x, y, text, color, size, anchor }) => (
        <text key={`${x} ${y} ${text}`} x={x} y={y} fontSize={size} fill={color} textAnchor={anchor}>
          {text}
        </text>
      ))}
    </svg>
  );
}
