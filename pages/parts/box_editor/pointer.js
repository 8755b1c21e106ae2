// What the mouse does on the stage: draw, move, resize, pan, zoom. Edits go to the editor when the button is released.

import { between, clamp, distance, extent, isInside, stretched } from "./geometry.js"

const REACH = 6 // view pixels within which an edge is caught
const SMALLEST = 3 // view pixels; a smaller rectangle was a click
const CURSORS = { "-1,-1": "nwse", "1,1": "nwse", "1,-1": "nesw", "-1,1": "nesw", "0,-1": "ns", "0,1": "ns", "-1,0": "ew", "1,0": "ew" }

export class Pointer {
  constructor(editor, canvas) {
    Object.assign(this, { editor, canvas, drag: null, holdsSpace: false, last: null })
    const { stage } = canvas
    stage.onpointerdown = (event) => this.down(event)
    stage.onpointermove = (event) => this.move(event)
    stage.onpointerup = (event) => this.up(event)
    stage.onpointercancel = () => this.cancel()
    stage.onpointerleave = () => { this.last = null; this.hover() }
    // Otherwise the browser drags the picture away or scrolls by the middle button, and the pointer is lost.
    stage.onmousedown = (event) => event.preventDefault()
    stage.onauxclick = (event) => event.preventDefault()
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false })
  }

  down(event) {
    if (this.drag || event.button > 1 || event.target.closest("button")) return
    this.editor.focus()
    const start = this.canvas.at(event)
    this.drag = event.button === 1 || this.holdsSpace ? this.panning(start) : this.chosen(start)
    if (!this.drag) return
    this.canvas.stage.setPointerCapture(event.pointerId)
    this.hover()
  }

  move(event) {
    this.last = this.canvas.at(event)
    this.drag?.to(this.last, event)
    this.hover()
  }

  up(event) {
    const drag = this.drag
    this.drag = null
    drag?.end(this.canvas.at(event))
    this.hover()
  }

  cancel() {
    const drag = this.drag
    this.drag = null
    drag?.cancel?.()
    this.hover()
    return Boolean(drag)
  }

  wheel(event) {
    event.preventDefault()
    const { x, y } = this.canvas.at(event)
    const lines = event.deltaMode === 1 ? 16 : 1 // a browser may count lines in place of pixels
    if (event.ctrlKey || event.metaKey) this.canvas.zoomBy(Math.exp(-clamp(event.deltaY * lines, -120, 120) * 0.0025), x, y)
    else if (event.shiftKey) this.canvas.panBy(-(event.deltaX || event.deltaY) * lines, 0)
    else this.canvas.panBy(-event.deltaX * lines, -event.deltaY * lines)
  }

  // ---- what is under the pointer ----

  // The side or corner of a box that may be resized here: -1, 0 or 1 across and down.
  edge({ x, y }) {
    const { label, selected, lastDrawn } = this.editor
    const box = label?.box(selected) ?? label?.box(lastDrawn)
    if (!box || !this.editor.mayMove(box)) return null
    const { left, top, right, bottom } = this.canvas.viewRect(box.xyxy)
    if (x < left - REACH || x > right + REACH || y < top - REACH || y > bottom + REACH) return null
    const side = (value, low, high) => {
      const within = Math.min(REACH, (high - low) / 3) // the middle of a small box still moves it
      return value < low + within ? -1 : value > high - within ? 1 : 0
    }
    const across = side(x, left, right), down = side(y, top, bottom)
    return across || down ? { box, across, down } : null
  }

  // The smallest box here, as it may lie within larger ones; the selected one comes first.
  box({ x, y }) {
    const { label, selected } = this.editor
    const page = this.canvas.toPage(x, y)
    const hit = (label?.boxes ?? []).filter((box) => label.isShown(box) && isInside(page, box.xyxy))
    return hit.find((box) => box.id === selected) ?? hit.sort((one, other) => extent(one) - extent(other))[0]
  }

  hover() {
    const { stage } = this.canvas, { tool } = this.editor
    const draws = tool === "draw" && this.editor.mayEdit && !this.holdsSpace
    this.canvas.guide(draws && this.last && (!this.drag || this.drag.draws) ? this.last : null)
    if (!this.drag) stage.style.cursor = this.last ? this.cursor(this.last, draws) : ""
  }

  cursor(point, draws) {
    if (this.holdsSpace) return "grab"
    if (this.editor.tool === "zoom") return "zoom-in"
    const edge = this.edge(point)
    if (edge) return `${CURSORS[`${edge.across},${edge.down}`]}-resize`
    const box = this.box(point)
    if (box && (!draws || box.id === this.editor.selected)) return this.editor.mayMove(box) ? "move" : "pointer"
    return draws ? "crosshair" : "grab"
  }

  // ---- what is dragged ----

  chosen(start) {
    const { editor } = this
    if (editor.tool === "zoom") return this.zooming(start)
    const edge = this.edge(start)
    if (edge) return this.resizing(edge)
    const box = this.box(start)
    const draws = editor.tool === "draw" && editor.mayEdit
    if (draws && box?.id !== editor.selected) return this.drawing(start, box)
    if (box) {
      editor.select(box.id)
      return editor.mayMove(box) ? this.moving(box, start) : null
    }
    return this.panning(start, () => editor.select(null))
  }

  panning(start, clicked) {
    let from = start
    this.canvas.stage.style.cursor = "grabbing"
    return {
      to: (point) => {
        this.canvas.panBy(point.x - from.x, point.y - from.y)
        from = point
      },
      end: (point) => { if (distance(point, start) < SMALLEST) clicked?.() },
    }
  }

  // A press without a drag selects what is under it.
  drawing(start, under) {
    const { canvas, editor } = this
    let rect = null, snapped = null
    const stop = () => canvas.stretch(null)
    const drawn = () => {
      const a = canvas.toPage(rect.left, rect.top), b = canvas.toPage(rect.right, rect.bottom)
      return this.clipped([a.x, a.y, b.x, b.y])
    }
    return {
      draws: true,
      to: (point, { shiftKey }) => {
        rect = between(start, point)
        snapped = shiftKey && isDrawn(rect) ? editor.words.snapped(drawn()) : null
        canvas.stretch(snapped ? canvas.viewRect(snapped) : rect, editor.colour(editor.field))
      },
      cancel: stop,
      end: () => {
        stop()
        if (!isDrawn(rect)) return editor.select(under?.id ?? null)
        editor.draw(snapped ?? drawn())
      },
    }
  }

  zooming(start) {
    const { canvas, editor } = this
    let rect = null
    const stop = () => { canvas.stretch(null); editor.leaveZoom() }
    return {
      to: (point) => { canvas.stretch((rect = between(start, point)), "var(--st-primary-color)") },
      cancel: stop,
      end: () => {
        stop()
        if (isDrawn(rect)) canvas.zoomInto(rect)
        else canvas.zoomBy(2, start.x, start.y)
      },
    }
  }

  moving(box, start) {
    const from = this.canvas.toPage(start.x, start.y)
    return this.changing(box, (point) => {
      if (distance(point, start) < SMALLEST) return box.xyxy
      const to = this.canvas.toPage(point.x, point.y)
      return this.shifted(box.xyxy, to.x - from.x, to.y - from.y)
    })
  }

  // Whole pixels, so that a box keeps its size; never off the page.
  shifted([left, top, right, bottom], dx, dy) {
    const { width, height } = this.canvas.size
    const x = clamp(Math.round(dx), -left, width - right), y = clamp(Math.round(dy), -top, height - bottom)
    return [left + x, top + y, right + x, bottom + y]
  }

  resizing({ box, across, down }) {
    const [acrossPage, downPage] = this.canvas.along(across, down)
    return this.changing(box, (point) => {
      const to = this.canvas.toPage(point.x, point.y), { width, height } = this.canvas.size
      const [left, right] = stretched(box.xyxy[0], box.xyxy[2], acrossPage, clamp(Math.round(to.x), 0, width), this.least())
      const [top, bottom] = stretched(box.xyxy[1], box.xyxy[3], downPage, clamp(Math.round(to.y), 0, height), this.least())
      return [left, top, right, bottom]
    })
  }

  changing(box, place) {
    const { canvas, editor } = this
    let xyxy = box.xyxy
    return {
      to: (point) => { canvas.drag({ ...box, xyxy: (xyxy = place(point)) }) },
      cancel: () => canvas.drag(box),
      end: () => { if (xyxy.join() !== box.xyxy.join()) editor.reshape(box.id, xyxy) },
    }
  }

  least = () => Math.max(1, Math.ceil(SMALLEST / this.canvas.zoom))

  // In whole pixels and on the page, at least one pixel wide and high.
  clipped([x0, y0, x1, y1]) {
    const { width, height } = this.canvas.size
    const side = (one, other, end) => {
      const low = clamp(Math.round(Math.min(one, other)), 0, end - 1)
      return [low, clamp(Math.round(Math.max(one, other)), low + 1, end)]
    }
    const [left, right] = side(x0, x1, width), [top, bottom] = side(y0, y1, height)
    return [left, top, right, bottom]
  }
}

const isDrawn = (rect) => rect !== null && rect.right - rect.left >= SMALLEST && rect.bottom - rect.top >= SMALLEST
