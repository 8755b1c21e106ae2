// The words on the page that is looked at: asked of the server until the page was read.

import { snapped, textIn } from "./values.js"

const SETTLE_MS = 100 // a key held down walks through many
const EVERY_MS = 3000
const NOTHING = { text: null, read: null }

export class PageWords {
  constructor(editor) {
    this.editor = editor
    this.seen = () => { if (!document.hidden && this.image && !this.found) this.ask() }
    document.addEventListener("visibilitychange", this.seen)
    this.look(null)
  }

  stop() {
    document.removeEventListener("visibilitychange", this.seen)
  }

  // The image that is open from now on.
  look(image) {
    Object.assign(this, { image, found: null, isUnread: false, known: new WeakMap() })
    if (image) this.editor.later("words", SETTLE_MS, () => this.ask())
  }

  // Why the page could not be read, in the reader's language; empty if it was.
  get failed() {
    return this.found?.failed ? this.editor.api.translated(this.found.failed) : ""
  }

  async readAgain() {
    const { editor, image } = this
    if ((await editor.answered(editor.api.readAgain(image))) && image === this.image) this.ask()
  }

  async ask() {
    const { editor, image } = this
    if (document.hidden) return // asked when somebody sees it again
    const answer = await editor.api.words(image).catch((failure) => (failure.kind === "offline" ? {} : null))
    if (image !== this.image || editor.gone) return
    Object.assign(this, { found: answer?.words ?? null, known: new WeakMap() })
    this.isUnread = Boolean(answer) && !this.found
    if (this.isUnread) editor.later("words", EVERY_MS, () => this.ask())
    editor.render()
  }

  // {text, read} of a box, as the server has it or else by the words; text is null if nobody knows.
  textOf = (box) => {
    if (box.text != null) return { text: box.text, read: box.read }
    if (!this.found) return NOTHING
    if (!this.known.has(box)) this.known.set(box, textIn(this.found, box.xyxy) ?? NOTHING)
    return this.known.get(box)
  }

  // The box around the words in it, in whole pixels; null without any.
  snapped(xyxy) {
    const found = this.found && snapped(this.found, xyxy)
    if (!found) return null
    const [left, top, right, bottom] = found
    return this.editor.pointer.clipped([Math.floor(left), Math.floor(top), Math.ceil(right), Math.ceil(bottom)])
  }
}
