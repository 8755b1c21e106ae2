// Edits that the server has not acknowledged, kept in this browser: they outlive the page, and the dashboard.

export class Drafts {
  constructor(project) {
    this.prefix = `fieldmark.draft/${project}/`
  }

  // By the revision they began from, so that two tabs that began from different ones do not overwrite each other's.
  key = (label) => `${this.prefix}${label.image}/${label.head.rev}`

  keep(label) {
    const boxes = label.boxes && label.boxes.map(({ id, ...box }) => box)
    try {
      localStorage.setItem(this.key(label), JSON.stringify({ boxes }))
    } catch {
      // Full, or forbidden: the edit is still on the screen and on its way.
    }
  }

  drop(label) {
    localStorage.removeItem(this.key(label))
  }

  // {base, boxes} of an image, null if there is none.
  of(image) {
    const found = this.all().filter((draft) => draft.image === image)
    return found.sort((one, other) => other.base - one.base)[0] ?? null
  }

  images() {
    return [...new Set(this.all().map((draft) => draft.image))]
  }

  forget(image) {
    for (const draft of this.all()) if (draft.image === image) localStorage.removeItem(draft.key)
  }

  all() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix))
    return keys.map((key) => {
      const [image, base] = key.slice(this.prefix.length).split("/")
      return { key, image, base: Number(base), boxes: JSON.parse(localStorage.getItem(key)).boxes }
    })
  }
}
