// Who else has this image open, and which images others have: told to the server and asked of it, again and again.
// Nothing is locked: a save is refused only where somebody else has saved.

const EVERY_MS = 10000
const SETTLE_MS = 200 // so long one looks at an image before it counts: a key held down walks through many

export class Presence {
  // `changed()` is called when somebody came to the image or left it.
  constructor(editor, changed) {
    Object.assign(this, { editor, changed, image: null, here: [], own: false, taken: new Set() })
    // Of this page's life alone: a copied tab would copy what is stored. randomUUID() is missing without https.
    this.window = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("")
    this.timer = setInterval(() => this.tell(), EVERY_MS)
    this.left = () => this.leave()
    this.seen = () => document.visibilityState === "visible" && this.tell() // timers of a hidden page are slowed down
    window.addEventListener("pagehide", this.left)
    document.addEventListener("visibilitychange", this.seen)
  }

  stop() {
    clearInterval(this.timer)
    window.removeEventListener("pagehide", this.left)
    document.removeEventListener("visibilitychange", this.seen)
    this.leave()
  }

  // The image that is open from now on.
  look(image) {
    Object.assign(this, { image, here: [], own: false })
    this.editor.later("presence", SETTLE_MS, () => this.tell())
  }

  async tell() {
    if (this.editor.readOnly) return // who may not label stands in nobody's way
    const { image } = this
    const found = await this.editor.api.presence({ window: this.window, image }).catch(() => null) // asked again soon
    if (!found || image !== this.image) return
    this.taken = new Set(found.taken)
    if (JSON.stringify([found.here, found.own]) === JSON.stringify([this.here, this.own])) return
    Object.assign(this, { here: found.here, own: found.own })
    this.changed()
  }

  // A beacon, as nothing else is sure to be sent by a page that goes away.
  leave() {
    if (this.editor.readOnly) return
    const said = JSON.stringify({ window: this.window, image: null })
    navigator.sendBeacon(this.editor.api.presencePath, new Blob([said], { type: "application/json" }))
  }
}
