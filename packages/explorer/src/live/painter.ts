/**
 * Paints the strip: rows of nonces on a canvas, each by a picture that is drawn once a theme and size.
 *
 * Invariant: a frame paints the cells that have changed, and at most those that are visible.
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
/** Of a cell's side, that keeps neighbours apart. */
const MARGIN = 0.16;
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
  /** The row at the top, on its way to where it should be; and where the picture has it, device px from row 0. */
  #top = 0;
  #topPx = 0;
  /** What is painted: by row modulo their number, the row, and by place the picture's key; 0: to be painted again. */
  #rowAt = new Float64Array(0);
  #keys = new Int16Array(0);
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
    // One row may be partly visible at either end.
    this.#rowAt = new Float64Array(layout.rows + 3);
    this.#keys = new Int16Array(this.#rowAt.length * layout.perRow);
    this.repaint();
  }

  /** The theme or the size is another one: everything is painted anew. */
  repaint(): void {
    this.#colours = coloursOf();
    this.#sprites.clear();
    this.#rowAt.fill(-1);
    this.#canvas.getContext('2d')!.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
  }

  /** Paints what has changed; true if the next frame will look different by itself. */
  draw(strip: StripModel, clock: number, windowMs: number, now: number, marked: number | undefined): boolean {
    const { perRow } = this.layout;
    const context = this.#canvas.getContext('2d')!;
    const isMoving = this.#scroll(strip.end);
    this.#shift(context, Math.round(this.#top * this.#pitch));
    const first = Math.floor(this.#topPx / this.#pitch);
    const last = Math.ceil((this.#topPx + this.#canvas.height) / this.#pitch) - 1;
    let flashing = 0;
    for (let row = first; row <= last; row++) {
      const place = row % this.#rowAt.length;
      if (this.#rowAt[place] !== row) this.#beginRow(context, row, place);
      for (let column = 0; column < perRow; column++) {
        const nonce = row * perRow + column;
        const state = strip.state(nonce);
        const age = state === STATE.open ? Math.floor(strip.age(nonce, clock, windowMs) * (AGES - 0.01)) : 0;
        const key = (state * KINDS.length + strip.kind(nonce)) * AGES + age + 1;
        const since = now - strip.changedAt(nonce);
        const isFlash =
          since < FLASH_MS && state >= STATE.fulfilled && !this.#isStill && flashing < FLASHES_MOST;
        if (isFlash) flashing++;
        const at = place * perRow + column;
        if (this.#keys[at] === key && !isFlash && nonce !== marked) continue;
        this.#cell(context, row, column, key - 1, isFlash ? since / FLASH_MS : 1);
        if (nonce === marked) this.#mark(context, row, column);
        this.#keys[at] = isFlash || nonce === marked ? 0 : key;
      }
    }
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

  /** Whether its whole cell is visible, as the rows stand now. */
  shows(nonce: number): boolean {
    const { y } = this.place(nonce);
    return y > -0.5 && y + this.layout.pitch <= this.layout.height + 0.5;
  }

  /** The first nonce that is visible. */
  get first(): number {
    return Math.max(0, Math.ceil(this.#top - 0.01)) * this.layout.perRow;
  }

  /** Device px from one row, or column, to the next. */
  get #pitch(): number {
    return this.layout.pitch * this.#ratio;
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

  /** Moves what is painted. PERF: one copy, instead of painting every cell at another place. */
  #shift(context: CanvasRenderingContext2D, topPx: number): void {
    const shift = topPx - this.#topPx;
    if (shift === 0) return;
    const { height } = this.#canvas;
    for (const [place, row] of this.#rowAt.entries()) {
      const isWhole = this.#y(row) >= 0 && this.#y(row + 1) <= height;
      if (!isWhole || Math.abs(shift) >= height) this.#rowAt[place] = -1;
    }
    context.globalCompositeOperation = 'copy';
    context.drawImage(this.#canvas, 0, -shift);
    context.globalCompositeOperation = 'source-over';
    this.#topPx = topPx;
  }

  /** Where a row begins, device px: whole ones, so that what is moved stays sharp. */
  #y(row: number): number {
    return Math.round(row * this.#pitch) - this.#topPx;
  }

  #x(column: number): number {
    return Math.round(this.layout.gutter * this.#ratio + column * this.#pitch);
  }

  /** An empty row with its label. */
  #beginRow(context: CanvasRenderingContext2D, row: number, place: number): void {
    const { gutter, pitch, perRow } = this.layout;
    this.#rowAt[place] = row;
    this.#keys.fill(0, place * perRow, (place + 1) * perRow);
    const y = this.#y(row);
    context.clearRect(0, y, this.#canvas.width, this.#y(row + 1) - y);
    if (gutter === 0 || (pitch < 13 && row % 2 === 1)) return;
    context.fillStyle = this.#colours.soft;
    context.font = `${this.#ratio * Math.max(10, Math.min(15, pitch * 0.62))}px ui-monospace, monospace`;
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    context.fillText(String(row * perRow), (gutter - 8) * this.#ratio, y + this.#pitch / 2);
  }

  /** A cell; `share` 0 to 1: it fills its place when it has just changed, and draws back. */
  #cell(context: CanvasRenderingContext2D, row: number, column: number, key: number, share: number): void {
    const [x, y] = [this.#x(column), this.#y(row)];
    context.clearRect(x, y, this.#x(column + 1) - x, this.#y(row + 1) - y);
    const picture = this.#sprite(key);
    if (share === 1) context.drawImage(picture, x, y);
    else {
      const cut = (picture.width * MARGIN * (1 - share)) / 2;
      const size = picture.width;
      context.drawImage(picture, cut, cut, size - 2 * cut, size - 2 * cut, x, y, size, size);
    }
  }

  #mark(context: CanvasRenderingContext2D, row: number, column: number): void {
    const size = Math.floor(this.#pitch);
    context.strokeStyle = this.#colours.focus;
    context.lineWidth = 2 * this.#ratio;
    context.strokeRect(
      this.#x(column) + this.#ratio,
      this.#y(row) + this.#ratio,
      size - 2 * this.#ratio,
      size - 2 * this.#ratio,
    );
  }

  #sprite(key: number): HTMLCanvasElement {
    let sprite = this.#sprites.get(key);
    if (sprite === undefined) {
      sprite = document.createElement('canvas');
      sprite.width = sprite.height = Math.max(1, Math.floor(this.#pitch));
      const kind = Math.floor(key / AGES) % KINDS.length;
      const state = Math.floor(key / AGES / KINDS.length) as State;
      paintCell(sprite, state, kind, key % AGES, this.#colours);
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
  const scale = (sprite.width / 16) * (1 - MARGIN);
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
