/**
 * Paints the strip: rows of nonces on a canvas, each by a picture that is drawn once a theme and size.
 *
 * Invariant: a frame costs the cells that are visible, whatever happened since the last one.
 */
import { token } from '../components/theme.tsx';
import { KINDS, STATE, type State, type StripModel } from './model.ts';
import { CROSS, SHAPES } from './shapes.ts';

export interface Layout {
  /** CSS px. */
  readonly width: number;
  readonly height: number;
  readonly gutter: number;
  readonly pitch: number;
  readonly perRow: number;
  readonly rows: number;
}

/** Pictures of an open nonce's age. */
const AGES = 8;
/** ms that a change is seen. */
const FLASH_MS = 420;
/** Changes that are seen so at once; of more than these nobody sees one. */
const FLASHES_MOST = 96;
/** Of the way to the row that it should show, a frame. */
const SCROLL_SHARE = 0.22;
/** CSS px: on screens wider than each, as many cells a row. */
const ROWS_BY_WIDTH = [
  [2200, 128],
  [1000, 64],
  [520, 32],
  [0, 16],
] as const;
const GUTTER_FROM_PX = 520;

export function layoutOf(width: number, viewHeight: number): Layout {
  const perRow = ROWS_BY_WIDTH.find(([least]) => width >= least)![1];
  const gutter = width >= GUTTER_FROM_PX ? Math.round(Math.min(96, 52 + width / 80)) : 0;
  const pitch = (width - gutter) / perRow;
  const rows = Math.max(6, Math.min(24, Math.floor((viewHeight * 0.4) / pitch)));
  return { width, height: Math.ceil(rows * pitch), gutter, pitch, perRow, rows };
}

export class Painter {
  layout: Layout;
  /** The row at the top, on its way to where it should be. */
  #top = 0;
  #sprites = new Map<number, HTMLCanvasElement>();
  #colours = coloursOf();
  #ratio = 1;
  readonly #canvas: HTMLCanvasElement;
  readonly #isStill: boolean;

  constructor(canvas: HTMLCanvasElement, layout: Layout, isStill: boolean) {
    this.#canvas = canvas;
    this.#isStill = isStill;
    this.layout = layout;
    this.resize(layout);
  }

  resize(layout: Layout): void {
    this.layout = layout;
    this.#ratio = Math.min(3, devicePixelRatio || 1);
    this.#canvas.width = Math.round(layout.width * this.#ratio);
    this.#canvas.height = Math.round(layout.height * this.#ratio);
    this.repaint();
  }

  /** The theme or the size is another one: pictures are made anew. */
  repaint(): void {
    this.#colours = coloursOf();
    this.#sprites.clear();
  }

  /**
   * Paints; true if the next frame will look different by itself. PERF: pictures are put on whole device pixels, unscaled, so
   * that a cell is a copy; what has just changed is drawn larger for a moment, unless too much has.
   */
  draw(strip: StripModel, clock: number, windowMs: number, now: number, marked: number | undefined): boolean {
    const { layout } = this;
    const ratio = this.#ratio;
    const context = this.#canvas.getContext('2d')!;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const isMoving = this.#scroll(strip.end);
    const first = Math.max(0, Math.floor(this.#top));
    let flashing = 0;
    for (let row = first; row <= first + layout.rows; row++) {
      const y = Math.round((row - this.#top) * layout.pitch * ratio);
      for (let column = 0; column < layout.perRow; column++) {
        const nonce = row * layout.perRow + column;
        const state = strip.state(nonce);
        const x = Math.round((layout.gutter + column * layout.pitch) * ratio);
        const age = state === STATE.open ? Math.floor(strip.age(nonce, clock, windowMs) * (AGES - 0.01)) : 0;
        const picture = this.#sprite(state, strip.kind(nonce), age);
        const since = now - strip.changedAt(nonce);
        const isFlashing = since < FLASH_MS && state >= STATE.fulfilled && !this.#isStill;
        if (isFlashing && flashing++ < FLASHES_MOST) flash(context, picture, x, y, since / FLASH_MS);
        else context.drawImage(picture, x, y);
      }
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#labels(context, first);
    if (marked !== undefined) this.#mark(context, marked);
    return isMoving || flashing > 0;
  }

  /** The nonce at a point of the canvas, CSS px. */
  nonceAt(x: number, y: number): number | undefined {
    const { gutter, pitch, perRow } = this.layout;
    const column = Math.floor((x - gutter) / pitch);
    if (column < 0 || column >= perRow) return undefined;
    return Math.floor(this.#top + y / pitch) * perRow + column;
  }

  /** The top left corner of a nonce's cell, CSS px. */
  place(nonce: number): { x: number; y: number } {
    const { gutter, pitch, perRow } = this.layout;
    return {
      x: gutter + (nonce % perRow) * pitch,
      y: (Math.floor(nonce / perRow) - this.#top) * pitch,
    };
  }

  /** The first nonce that is visible. */
  get first(): number {
    return Math.max(0, Math.ceil(this.#top - 0.01)) * this.layout.perRow;
  }

  #scroll(end: number): boolean {
    const { perRow, rows } = this.layout;
    const target = Math.max(0, Math.floor((end - 1) / perRow) - rows + 1);
    const distance = target - this.#top;
    if (this.#isStill || Math.abs(distance) > rows || Math.abs(distance) < 0.01) {
      this.#top = target;
      return false;
    }
    this.#top += distance * SCROLL_SHARE;
    return true;
  }

  #labels(context: CanvasRenderingContext2D, first: number): void {
    const { gutter, pitch, perRow, rows } = this.layout;
    if (gutter === 0) return;
    context.fillStyle = this.#colours.soft;
    context.font = `${Math.max(10, Math.min(15, pitch * 0.62))}px ui-monospace, monospace`;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    for (let row = first; row <= first + rows; row++) {
      if (pitch < 13 && row % 2 === 1) continue;
      context.fillText(String(row * perRow), gutter - 8, (row - this.#top) * pitch + pitch / 2);
    }
  }

  #mark(context: CanvasRenderingContext2D, nonce: number): void {
    const { x, y } = this.place(nonce);
    context.strokeStyle = this.#colours.focus;
    context.lineWidth = 2;
    context.strokeRect(x, y, this.layout.pitch, this.layout.pitch);
  }

  #sprite(state: State, kind: number, age: number): HTMLCanvasElement {
    const key = (state * KINDS.length + kind) * AGES + age;
    let sprite = this.#sprites.get(key);
    if (sprite === undefined) {
      sprite = document.createElement('canvas');
      sprite.width = sprite.height = Math.max(1, Math.floor(this.layout.pitch * this.#ratio));
      paintCell(sprite, state, kind, age, this.#colours);
      this.#sprites.set(key, sprite);
    }
    return sprite;
  }
}

type Colours = ReturnType<typeof coloursOf>;

function coloursOf() {
  const names = ['open', 'fulfilled', 'annulled', 'settled', 'idle', 'soft', 'focus'] as const;
  return Object.fromEntries(names.map((name) => [name, token(`--${name}`)])) as Record<
    (typeof names)[number],
    string
  >;
}

/** One cell, with a margin that keeps neighbours apart. */
function paintCell(
  sprite: HTMLCanvasElement,
  state: State,
  kind: number,
  age: number,
  colours: Colours,
): void {
  const context = sprite.getContext('2d')!;
  const name = KINDS[kind]!;
  const scale = (sprite.width / 16) * 0.84;
  const margin = (sprite.width - 16 * scale) / 2;
  context.setTransform(scale, 0, 0, scale, margin, margin);
  const shape = new Path2D(SHAPES[name]);
  if (state === STATE.none) {
    context.fillStyle = colours.idle;
    context.fillRect(6.5, 6.5, 3, 3);
  } else if (state === STATE.fulfilled) {
    context.fillStyle = name === 'item' ? colours.settled : colours.fulfilled;
    context.fill(shape, 'evenodd');
  } else if (state === STATE.open) {
    const isLate = age >= AGES - 2;
    context.strokeStyle = context.fillStyle = isLate ? colours.annulled : colours.open;
    context.save();
    context.clip(shape, 'evenodd');
    context.globalAlpha = 0.5;
    const level = (16 * (age + 0.5)) / AGES;
    context.fillRect(0, 16 - level, 16, level);
    context.restore();
    context.lineWidth = 1.8;
    context.stroke(shape);
  } else {
    context.globalAlpha = 0.45;
    context.strokeStyle = colours.annulled;
    context.lineWidth = 1;
    context.stroke(shape);
    context.globalAlpha = 1;
    context.lineWidth = 2.2;
    context.stroke(new Path2D(CROSS));
  }
}

/** It comes out of its place and goes back. */
function flash(
  context: CanvasRenderingContext2D,
  picture: HTMLCanvasElement,
  x: number,
  y: number,
  share: number,
): void {
  const size = picture.width;
  const grown = size * (1 + 0.45 * (1 - share) ** 2);
  const shift = (grown - size) / 2;
  context.drawImage(picture, x - shift, y - shift, grown, grown);
}
