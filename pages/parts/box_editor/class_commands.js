// What keys and buttons do where each image gets one class: choosing it saves and goes on, and undoing leads back to it.

import { Commands } from "./commands.js"
import { asBox } from "./label.js"

export class ClassCommands extends Commands {
  constructor(editor) {
    super(editor)
    this.trail = { past: [], future: [] } // what was done on which image, over all images
  }

  // The class with its digit or name was chosen: this image is done.
  assign(id) {
    const { editor } = this, { label } = editor
    if (!editor.mayEdit) return
    if (editor.chosen?.field !== id) {
      label.change([asBox({ field: id, xyxy: [] })])
      editor.edited()
    } else if (editor.isUntouched) this.accept()
    this.onward()
  }

  confirm() {
    const { editor } = this
    if (!editor.label) return
    if (editor.isUntouched && editor.mayEdit) this.accept()
    this.onward()
  }

  onward() {
    const { editor } = this, { images: { query }, counts } = editor
    if (editor.mode === "review") return this.nextToReview()
    const isLabelling = counts.unlabelled > 0 && !query.class && ["all", "unlabelled"].includes(query.state)
    return isLabelling ? this.nextUnlabelled() : this.next()
  }

  accept() {
    const { editor } = this
    this.note("accept")
    editor.saver.accept(editor.label)
  }

  search = () => this.editor.side.list.focus()

  // ---- the way back ----

  note(done = "change") {
    this.trail.past.push({ image: this.editor.image, done })
    this.trail.future = []
  }

  get lastStep() {
    return this.trail.past.at(-1)
  }

  mayStep = (way) => !this.editor.readOnly && !this.editor.versions.panel && this.trail[way].length > 0

  undo = () => this.stepBack("past", "future")
  redo = () => this.stepBack("future", "past")

  stepBack(from, to) {
    const { editor } = this
    if (!this.mayStep(from)) return
    const step = this.trail[from].pop(), label = editor.labels.get(step.image)
    this.trail[to].push(step)
    if (step.image !== editor.image) editor.go(step.image)
    // That somebody looked at it stays true; from here it can be given another class.
    if (step.done === "accept" || !label || label.conflict) return editor.render()
    if (from === "past" ? label.undo() : label.redo()) editor.saver.edited(label)
    editor.render()
  }
}
