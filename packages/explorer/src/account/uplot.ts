/**
 * uPlot as this page uses it: one line of steps, as wide as its place.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { showTime } from '../format.ts';

export interface Steps {
  /** s since the epoch. */
  readonly x: readonly number[];
  /** Per cent. */
  readonly y: readonly number[];
  readonly height: number;
  readonly line: string;
  readonly fill: string;
  readonly ink: string;
  readonly grid: string;
}

/** CSS px between two times on the axis. */
const TICK_PX = 96;

/** Draws, and follows the width, until the returned function is called. */
export function plotSteps(element: HTMLElement, steps: Steps): () => void {
  const { height, line, fill, ink, grid } = steps;
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  const plot = new uPlot(
    {
      width: element.clientWidth,
      height,
      legend: { show: false },
      cursor: { show: false },
      scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.08, 1)] } },
      axes: [
        { ...axis, space: TICK_PX, values: (_, values) => values.map(clockOf) },
        { ...axis, size: 60, values: (_, values) => values.map((value) => `${value} %`) },
      ],
      series: [
        {},
        { stroke: line, width: 2, fill, paths: uPlot.paths.stepped!({ align: 1 }), points: { show: false } },
      ],
    },
    [[...steps.x], [...steps.y]],
    element,
  );
  const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
  resize.observe(element);
  return () => {
    resize.disconnect();
    plot.destroy();
  };
}

/** Hours, minutes and seconds in the reader's zone; days are told by the caption. */
function clockOf(seconds: number): string {
  return showTime(1000 * seconds).slice(11);
}
