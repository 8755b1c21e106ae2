// The page on the screen with its boxes: where it lies, how large, how turned; draws, and knows nothing of editing.
// Boxes are in pixels of the unturned page; "view" is the stage's own pixels.

import { html, svg, set } from "./dom.js"
import { clamp } from "./geometry.js"

const MARGIN = 10
const TAG_HEIGHT = 15, TAG_FONT = "11px", TAG_TEXT = 40 // characters
const measure = document.createElement("canvas").getContext("2d")
const widths = new Map()
// A field's name with what is written in the box, cut short.
const titled = (name, text) => (text ? `${name} · ${text.length > TAG_TEXT ? `${text.slice(0, TAG_TEXT)}…` : text}` : name)

export class Canvas {
  // `onmoved` is called when a person zoomed or panned.
  constructor(stage, onmoved) {
    this.stage = stage
    this.onmoved = onmoved
    this.zoom = 1
    this.pan = { x: 0, y: 0 }
    this.turn = 0 // degrees clockwise
    this.size = { width: 1, height: 1 }
    this.nodes = new Map() // what is drawn, by box id
    this.looks = new Map() // of fields: name and colour
    this.paper = html("div", { class: "paper" })
    this.ghosts = svg("g", { class: "ghosts" })
    this.boxes = svg("g", { class: "boxes" })
    this.handles = svg("g", { class: "handles" }, ...Array.from({ length: 8 }, () => svg("rect", { width: 8, height: 8 })))
    this.rubber = svg("rect", { class: "rubber" })
    this.world = svg("g", {}, this.boxes, this.ghosts, this.handles, this.rubber)
    this.cross = [html("div", { class: "cross across" }), html("div", { class: "cross down" })]
    stage.append(this.paper, svg("svg", { class: "over" }, this.world), ...this.cross)
  }

  // ---- where things are ----

  get turned() {
    const { width, height } = this.size
    return this.turn % 180 ? { width: height, height: width } : { width, height }
  }

  // A point of the page, in pixels of the whole turned page at this zoom.
  toWorld(x, y) {
    const { width, height } = this.size
    const [u, v] = { 0: [x, y], 90: [height - y, x], 180: [width - x, height - y], 270: [y, width - x] }[this.turn]
    return [u * this.zoom, v * this.zoom]
  }

  toPage(viewX, viewY) {
    const { width, height } = this.size
    const u = (viewX - this.pan.x) / this.zoom, v = (viewY - this.pan.y) / this.zoom
    const [x, y] = { 0: [u, v], 90: [v, height - u], 180: [width - u, height - v], 270: [width - v, u] }[this.turn]
    return { x, y }
  }

  // A direction on the screen as one on the page.
  along(dx, dy) {
    return { 0: [dx, dy], 90: [dy, -dx], 180: [-dx, -dy], 270: [-dy, dx] }[this.turn]
  }

  worldRect([left, top, right, bottom]) {
    const [a, b] = this.toWorld(left, top), [c, d] = this.toWorld(right, bottom)
    return { x: Math.min(a, c), y: Math.min(b, d), width: Math.abs(c - a), height: Math.abs(d - b) }
  }

  viewRect(xyxy) {
    const { x, y, width, height } = this.worldRect(xyxy)
    return { left: x + this.pan.x, top: y + this.pan.y, right: x + this.pan.x + width, bottom: y + this.pan.y + height }
  }

  at(event) {
    const { left, top } = this.stage.getBoundingClientRect(), { clientLeft, clientTop } = this.stage // its border
    return { x: event.clientX - left - clientLeft, y: event.clientY - top - clientTop }
  }

  // ---- the page ----

  show(page, turn) {
    this.size = { width: page.width, height: page.height }
    this.turn = turn
    this.paper.replaceChildren()
  }

  hang(picture) {
    // Drawn in the record's size: what a browser gets may be a smaller copy.
    set(picture, { width: this.size.width, height: this.size.height, draggable: "false" })
    this.paper.replaceChildren(picture)
    this.move()
  }

  fit(mode) {
    const { width, height } = this.turned, { clientWidth, clientHeight } = this.stage
    const across = (clientWidth - 2 * MARGIN) / width, down = (clientHeight - 2 * MARGIN) / height
    this.zoom = Math.max(0.01, mode === "width" ? across : Math.min(across, down))
    this.pan = { x: (clientWidth - width * this.zoom) / 2, y: Math.max(MARGIN, (clientHeight - height * this.zoom) / 2) }
    this.move()
  }

  // Zoom so that what lies at a point of the view stays there.
  zoomBy(factor, x = this.stage.clientWidth / 2, y = this.stage.clientHeight / 2) {
    const before = this.zoom
    this.zoom = clamp(before * factor, 0.02, 16)
    const grown = this.zoom / before
    this.pan = { x: x - (x - this.pan.x) * grown, y: y - (y - this.pan.y) * grown }
    this.move()
    this.onmoved()
  }

  zoomInto({ left, top, right, bottom }) {
    const { clientWidth, clientHeight } = this.stage
    const factor = Math.min(clientWidth / (right - left), clientHeight / (bottom - top))
    const x = (left + right) / 2, y = (top + bottom) / 2
    this.pan = { x: this.pan.x + clientWidth / 2 - x, y: this.pan.y + clientHeight / 2 - y }
    this.zoomBy(factor)
  }

  panBy(dx, dy) {
    this.pan = { x: this.pan.x + dx, y: this.pan.y + dy }
    this.move()
    this.onmoved()
  }

  // A page smaller than the stage stays inside it, a larger one covers it.
  move() {
    const { width, height } = this.turned, { clientWidth, clientHeight } = this.stage
    const held = (pan, page, stage) => {
      const ends = [MARGIN, stage - page - MARGIN]
      return clamp(pan, Math.min(...ends), Math.max(...ends))
    }
    this.pan = { x: held(this.pan.x, width * this.zoom, clientWidth), y: held(this.pan.y, height * this.zoom, clientHeight) }
    this.world.setAttribute("transform", `translate(${this.pan.x} ${this.pan.y})`)
    const picture = this.paper.firstChild
    if (picture) picture.style.transform = this.matrix()
    if (this.drawn !== this.scale()) this.placeAll()
    Object.assign(this.stage.dataset, { zoom: Math.round(this.zoom * 100), turn: this.turn })
  }

  scale = () => `${this.zoom} ${this.turn}`

  matrix() {
    const { width, height } = this.size
    const [a, b, c, d, e, f] = {
      0: [1, 0, 0, 1, 0, 0], 90: [0, 1, -1, 0, height, 0], 180: [-1, 0, 0, -1, width, height], 270: [0, -1, 1, 0, 0, width],
    }[this.turn].map((value) => value * this.zoom)
    return `matrix(${a},${b},${c},${d},${e + this.pan.x},${f + this.pan.y})`
  }

  // ---- the boxes ----

  // Bring what is drawn up to these boxes; `look` tells of each whether it is selected, hidden, locked, a model's.
  // `gripped` is the box with handles.
  paint(boxes, look, gripped) {
    this.look = look
    this.gripped = gripped
    const wanted = new Set(boxes.map((box) => box.id))
    for (const [id, node] of this.nodes)
      if (!wanted.has(id)) {
        node.group.remove()
        this.nodes.delete(id)
      }
    for (const box of boxes) {
      const node = this.nodes.get(box.id) ?? this.made(box)
      node.box = box
      this.dress(node)
      this.place(node)
    }
    this.drawn = this.scale()
    this.grip()
  }

  made(box) {
    const area = svg("rect", { class: "area" }), back = svg("rect", { height: TAG_HEIGHT }), text = svg("text", { x: 4, y: 11 })
    const tag = svg("g", { class: "tag" }, back, text)
    const group = svg("g", { class: "box" }, area, tag)
    this.boxes.append(group)
    const node = { group, area, tag, back, text, box }
    this.nodes.set(box.id, node)
    return node
  }

  dress({ group, back, text, box }) {
    const { name, colour } = this.looks.get(box.field) ?? this.unknown
    const { selected, hidden, locked, auto, text: written } = this.look(box)
    const classes = ["box", selected && "selected", hidden && "hidden", locked && "locked", auto && "auto"].filter(Boolean).join(" ")
    if (group.getAttribute("class") !== classes) group.setAttribute("class", classes)
    const title = titled(auto && box.score != null ? `${name} ${Math.round(box.score * 100)} %` : name, written)
    if (text.textContent === title && group.dataset.field === name) return
    group.dataset.field = name
    group.style.setProperty("--colour", colour)
    text.textContent = title
    back.setAttribute("width", this.width(title) + 8)
  }

  // Measured apart from the page: asking an element for its width would lay the page out anew for every box.
  width(title) {
    if (!widths.has(title)) {
      measure.font = `600 ${TAG_FONT} ${getComputedStyle(this.stage).fontFamily}`
      widths.set(title, Math.ceil(measure.measureText(title).width))
    }
    return widths.get(title)
  }

  place({ area, tag, box }) {
    const { x, y, width, height } = this.worldRect(box.xyxy)
    set(area, { x, y, width, height })
    // Above the box, so that it hides nothing in it; below the page's upper edge.
    tag.setAttribute("transform", `translate(${x - 1} ${y > TAG_HEIGHT ? y - TAG_HEIGHT - 1 : y + height + 1})`)
  }

  placeAll() {
    this.drawn = this.scale()
    for (const node of this.nodes.values()) this.place(node)
    for (const node of this.ghosts.children) this.place(node.parts)
    this.grip()
  }

  // While a box is dragged nothing but its own nodes change.
  drag(box) {
    const node = this.nodes.get(box.id)
    node.box = box
    this.place(node)
    this.grip()
  }

  grip() {
    const node = this.nodes.get(this.gripped)
    this.handles.style.display = node ? "" : "none"
    if (!node) return
    const { x, y, width, height } = this.worldRect(node.box.xyxy)
    const places = [[0, 0], [0.5, 0], [1, 0], [0, 0.5], [1, 0.5], [0, 1], [0.5, 1], [1, 1]]
    places.forEach(([across, down], place) => set(this.handles.children[place], { x: x + width * across - 4, y: y + height * down - 4 }))
  }

  // Other versions over the page, each as [boxes, kind]; the style sheet tells kinds apart.
  haunt(versions) {
    this.ghosts.replaceChildren(...versions.flatMap(([boxes, kind]) => (boxes ?? []).map((box) => this.ghost(box, kind))))
  }

  ghost(box, kind) {
    const { name, colour } = this.looks.get(box.field) ?? this.unknown, title = titled(name, box.text)
    const area = svg("rect", { class: "area" })
    const back = svg("rect", { height: TAG_HEIGHT, width: this.width(title) + 8 }), text = svg("text", { x: 4, y: 11 }, title)
    const tag = svg("g", { class: "tag" }, back, text)
    const group = svg("g", { class: `ghost ${kind}`, style: `--colour: ${colour}` }, area, tag)
    group.parts = { area, tag, box }
    this.place(group.parts)
    return group
  }

  // The rectangle that is being drawn, in view pixels; none without.
  stretch(rect, colour) {
    this.rubber.style.display = rect ? "block" : "none"
    if (!rect) return
    this.rubber.style.setProperty("--colour", colour)
    set(this.rubber, { x: rect.left - this.pan.x, y: rect.top - this.pan.y, width: rect.right - rect.left, height: rect.bottom - rect.top })
  }

  // Guide lines through a point of the view; none without.
  guide(point) {
    this.stage.classList.toggle("guided", Boolean(point))
    if (!point) return
    this.cross[0].style.transform = `translateY(${point.y}px)`
    this.cross[1].style.transform = `translateX(${point.x}px)`
  }
}
