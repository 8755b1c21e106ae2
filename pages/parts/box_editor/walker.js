// Which image is looked at: brings its page and label on the screen, and fetches the neighbours ahead.

const AHEAD = [1, 2, -1] // neighbours, in the order in which they will be wanted
const TELL_MS = 500, SLOW_MS = 250, RETRY_MS = 2000

export class Walker {
  constructor(editor) {
    this.editor = editor
    this.viewTurn = 0 // on top of the turn that is stored with the image
  }

  go(image) {
    const { editor } = this
    if (!image || editor.gone) return
    editor.pointer.cancel()
    editor.versions.close()
    Object.assign(editor, { image, label: editor.labels.get(image), isShown: false, trouble: "", selected: null, lastDrawn: null })
    Object.assign(editor.host.dataset, { image, ready: "no" })
    Object.assign(this, { placed: null, viewTurn: 0 })
    this.address()
    editor.later("image", TELL_MS, () => editor.tell("image", image))
    editor.later("slow", SLOW_MS, () => editor.render())
    editor.strip.mark()
    editor.presence.look(image)
    if (editor.task !== "classes") editor.words.look(image)
    this.showLabel(image)
    this.showPicture(image)
    this.reach(image).then(() => this.ahead(image))
  }

  // The list may have been loaded elsewhere: the next unlabelled image can be thousands away.
  async reach(image) {
    const { editor } = this, { images } = editor
    if (images.item(image) || images.opened === image) return
    await editor.answered(images.open(image))
    editor.strip.render()
    editor.render()
  }

  // Into the address at once, in place of the last image: going back leaves the page, as one means it.
  address() {
    const { image, gone } = this.editor, url = new URL(location.href)
    if (!image || gone || url.searchParams.get("image") === image) return
    url.searchParams.set("image", image)
    window.history.replaceState(window.history.state, "", url)
  }

  async showLabel(image) {
    const { editor } = this, { labels } = editor
    const known = labels.get(image)
    try {
      this.show(known ?? (await labels.of(image)))
    } catch (failure) {
      this.fail(image, failure)
    }
    if (known && (await labels.freshen(known))) editor.savedOne(known)
  }

  show(label) {
    if (label.image !== this.editor.image) return
    this.editor.label = label
    this.place(label.page)
    this.ready()
  }

  async showPicture(image) {
    const { editor } = this, item = editor.images.item(image)
    if (item) this.place(item)
    const picture = await editor.images.picture(image).catch(() => null)
    // The picture's own error says nothing; asking for the label tells whether anybody answers.
    if (!picture) return editor.api.label(image).then(() => this.fail(image, null), (failure) => this.fail(image, failure))
    if (!item) await editor.labels.of(image).catch(() => null) // its record has the page's size
    if (image !== editor.image) return
    editor.canvas.hang(picture)
    editor.isShown = true
    this.ready()
  }

  place({ width, height, turn }) {
    const { editor } = this
    if (this.placed === editor.image) return
    this.placed = editor.image
    this.turn = turn
    editor.canvas.show({ width, height }, turn)
    editor.fit()
  }

  rotate() {
    const { editor } = this
    this.viewTurn = (this.viewTurn + 90) % 360
    editor.canvas.turn = (this.turn + this.viewTurn) % 360
    editor.fit()
  }

  ready() {
    const { editor } = this
    if (editor.isShown && editor.label) {
      clearTimeout(editor.timers.slow)
      editor.host.dataset.ready = "yes"
    }
    editor.render()
  }

  fail(image, failure) {
    const { editor } = this, { texts } = editor
    if (image !== editor.image) return
    const offline = failure?.kind === "offline"
    editor.trouble = offline ? texts.noAnswer : failure?.message ?? texts.unreadable
    editor.render()
    if (offline) editor.later("again", RETRY_MS, () => image === editor.image && this.go(image))
  }

  async ahead(image) {
    const { editor } = this, { images } = editor
    await this.extend(image)
    for (const step of AHEAD) {
      const other = images.neighbour(image, step)
      if (other && image === editor.image) await Promise.allSettled([images.picture(other), editor.labels.of(other)])
    }
  }

  // Ask for more of the list where it ends near an image; true if it grew.
  async extend(image) {
    const { editor } = this
    const grown = await editor.images.grow(image).catch(() => false) // asked again with the next image
    if (grown) editor.strip.render()
    return grown
  }
}
