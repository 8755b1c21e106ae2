// What keys and buttons do, by the names that the table of keys and the toolbar have for them.

import { fill } from "./dom.js"
import { asBox } from "./label.js"

const FIT = "fieldmark.fit" // how a page is first shown; each browser remembers its own

export class Commands {
  constructor(editor) {
    this.editor = editor
  }

  // ---- tools and view ----

  draw = () => this.editor.useTool("draw")
  select = () => this.editor.useTool("select")
  zoom = () => this.editor.useTool("zoom")
  zoomIn = () => this.editor.canvas.zoomBy(1.25)
  zoomOut = () => this.editor.canvas.zoomBy(0.8)
  zoomFull = () => this.editor.canvas.zoomBy(1 / this.editor.canvas.zoom)
  fitPage = () => this.fitTo("page")
  fitWidth = () => this.fitTo("width")
  fit = () => this.fitTo(this.editor.isFitted && fitMode() === "page" ? "width" : "page")

  fitTo(mode) {
    localStorage.setItem(FIT, mode)
    this.editor.fit()
  }

  rotate = () => this.editor.walker.rotate()

  toggleBoxes() {
    this.editor.hidesBoxes = !this.editor.hidesBoxes
    this.editor.render()
  }

  help = () => this.editor.sheet.showModal()

  escape() {
    const { editor } = this
    if (editor.pointer.cancel()) return
    if (editor.versions.panel === "history") return this.history()
    if (editor.versions.merge) return editor.versions.leaveMerge()
    if (editor.tool === "zoom") return editor.leaveZoom()
    editor.lastDrawn = null
    editor.select(null)
  }

  // ---- boxes ----

  nextBox = () => this.stepBox(1)
  previousBox = () => this.stepBox(-1)

  stepBox(step) {
    const { editor } = this, boxes = editor.shownBoxes.filter(editor.label?.isShown ?? Boolean)
    if (!boxes.length) return
    const at = boxes.findIndex((box) => box.id === editor.selected)
    editor.select(boxes.at(at < 0 && step < 0 ? -1 : (at + step) % boxes.length).id)
  }

  remove() {
    const { editor } = this, { target, label } = editor
    if (!target || !editor.mayMove(target)) return
    label.remove(target.id)
    editor.edited()
    if (!label.boxes) editor.say(editor.texts.lastRemoved)
  }

  editText() {
    const { target, side } = this.editor
    if (target) side.list.edit(target)
  }

  // Around the words in it, no more and no less.
  snap() {
    const { editor } = this, { target, words, texts } = editor
    if (!target || !editor.mayMove(target)) return
    const xyxy = words.snapped(target.xyxy)
    if (!xyxy) return editor.say(words.found ? texts.noWords : texts.notRead)
    if (xyxy.join() !== target.xyxy.join()) editor.reshape(target.id, xyxy)
  }

  lock = () => this.mark("locked")
  hide = () => this.mark("hidden")

  mark(kind) {
    const { target, label } = this.editor
    if (!target) return
    if (!label[kind].delete(target.id)) label[kind].add(target.id)
    this.editor.render()
  }

  undo = () => this.step("undo")
  redo = () => this.step("redo")

  step(way) {
    const { editor } = this
    if (editor.mayEdit && editor.label[way]()) editor.edited()
  }

  // Whether there is something to undo ("past") or to do again ("future").
  mayStep = (way) => this.editor.mayEdit && this.editor.label[way].length > 0

  // Called before a change is saved.
  note() {}

  // "No field is on this page" is a label too; where a model said so already, it is accepted.
  none() {
    const { editor } = this
    if (!editor.mayEdit) return
    if (editor.label.boxes?.length === 0) return editor.isUntouched && editor.saver.accept(editor.label)
    editor.label.change([])
    editor.edited()
  }

  clear() {
    const { editor } = this
    if (!editor.mayEdit || editor.label.boxes === null) return
    editor.label.change(null)
    editor.edited()
    editor.say(editor.texts.cleared)
  }

  // Pages of one form differ little: copied boxes are moved where they do not fit.
  async copy() {
    const { editor } = this, { texts, image } = editor
    const previous = editor.images.neighbour(image, -1)
    if (!editor.mayEdit) return
    if (!previous) return editor.say(texts.noPrevious)
    const from = await editor.labels.of(previous)
    if (editor.image !== image || !editor.mayEdit) return
    if (!from.boxes?.length) return editor.say(fill(texts.nothingToCopy, { name: from.page.name }))
    const across = editor.label.page.width / from.page.width, down = editor.label.page.height / from.page.height
    const scaled = ([left, top, right, bottom]) => [left * across, top * down, right * across, bottom * down]
    editor.label.add(from.boxes.map(({ field, xyxy }) => asBox({ field, xyxy: editor.pointer.clipped(scaled(xyxy)) })))
    editor.edited()
    editor.say(fill(texts.copied, { count: from.boxes.length, name: from.page.name }))
  }

  // ---- images ----

  next = () => this.walk(1)
  previous = () => this.walk(-1)

  async walk(step) {
    const { editor } = this, { images, image } = editor
    let other = images.neighbour(image, step)
    if (!other && (await editor.walker.extend(image))) other = images.neighbour(image, step)
    if (other) editor.go(other)
    else editor.say(step > 0 ? editor.texts.last : editor.texts.first)
  }

  async nextUnlabelled() {
    const { editor } = this, { image, texts, presence: { taken } } = editor
    const isLabelled = (known) => editor.labels.get(known)?.boxes != null
    const find = (isPassed) => editor.answered(editor.images.nextUnlabelled(image, isPassed))
    const free = await find((known) => isLabelled(known) || taken.has(known))
    const isRest = free === null && taken.size > 0 && (await find(isLabelled))
    if (free === undefined || editor.image !== image) return
    if (free) editor.go(free)
    else editor.say(isRest ? texts.allTaken : texts.allLabelled)
  }

  // Right as it is, or as it was corrected: on to the next.
  confirm() {
    const { editor } = this, { label } = editor
    if (!label) return
    if (editor.isUntouched && !editor.readOnly) editor.saver.accept(label)
    this.onward()
  }

  onward() {
    if (this.editor.mode === "review") this.nextToReview()
    else this.nextUnlabelled()
  }

  // Onward in the queue; at its end back to what was passed over.
  async nextToReview() {
    const { editor } = this, { images, image } = editor
    await editor.walker.extend(image)
    const isOpen = (item) => item.state === "auto" && item.image !== image && !editor.labels.get(item.image)?.isBusy
    const other = images.neighbour(image, 1) ?? images.items.find(isOpen)?.image
    if (other) editor.go(other)
    else editor.say(editor.texts.allReviewed)
  }

  // For hands that are used to it.
  save = () => this.editor.say(this.editor.notices.status.text)

  history = () => this.editor.versions.toggleHistory()
}

export const fitMode = () => (localStorage.getItem(FIT) === "width" ? "width" : "page")
