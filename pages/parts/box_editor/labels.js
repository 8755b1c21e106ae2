// The labels that were loaded so far: each once, kept while the editor is open, so that undo works after coming back.

export class Labels {
  constructor(api, drafts, saver) {
    Object.assign(this, { api, drafts, saver })
    this.known = new Map()
    this.loads = new Map()
  }

  get = (image) => this.known.get(image) ?? null

  async of(image) {
    if (this.known.has(image)) return this.known.get(image)
    const load = this.loads.get(image) ?? this.saver.load(image).finally(() => this.loads.delete(image))
    this.loads.set(image, load)
    const label = await load
    if (!this.known.has(image)) this.known.set(image, label)
    return this.known.get(image)
  }

  // What was fetched ahead may be old by now; true if it was.
  async freshen(label) {
    const head = await this.api.label(label.image).catch(() => null)
    if (!head || label.isBusy || label.conflict || head.rev <= label.head.rev) return false
    label.show(head)
    return true
  }

  // Edits that an earlier page, or an earlier dashboard, did not get acknowledged.
  async sendDrafts() {
    for (const image of this.drafts.images()) await this.of(image).catch(() => null)
  }

  // Those that need a decision before they can be saved.
  stuck = () => [...this.known.values()].filter((label) => label.conflict || label.refusal)

  get isOffline() {
    return [...this.known.values()].some((label) => label.offline && label.isBusy)
  }
}
