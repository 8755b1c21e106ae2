// The images to walk through, as far as they were asked for, and the pages that were fetched ahead.

const WINDOW = 80 // images asked for at once
const NEAR = 12 // so close to an end, the list is asked on
const SCAN = 500, SCANS = 20 // how far ahead the next unlabelled image is looked for
const KEPT = 8 // decoded pages; one of 5000 × 7000 pixels takes 140 MB

export class Images {
  // `query`: filter and order as the route takes them.
  constructor(api, query) {
    Object.assign(this, { api, query, items: [], offset: 0, total: 0 })
    this.pictures = new Map()
    this.growing = null
  }

  // The list around an image, or from its beginning if the image is not in it.
  async open(image) {
    this.opened = image
    const found = await this.ask(image ? { around: image } : {})
    this.items = found.images
    this.offset = found.offset
    this.total = found.total
  }

  ask = (more) => this.api.images({ ...this.query, limit: WINDOW, ...more })

  index = (image) => this.items.findIndex((item) => item.image === image)
  item = (image) => this.items[this.index(image)]

  // The image `step` places on; null at the end of the list. One that is not in the list stands before its first.
  neighbour(image, step) {
    const index = this.index(image)
    return (index < 0 && step < 0 ? null : this.items[index + step]?.image) ?? null
  }

  // Ask for more where the list ends near an image; true if it grew.
  async grow(image) {
    const index = this.index(image)
    const end = index >= this.items.length - NEAR && this.offset + this.items.length < this.total
    const start = index >= 0 && index < NEAR && this.offset > 0
    if (!end && !start) return false
    // By one of its images and not by number: images that got labels leave a filtered list, and the others move up.
    this.growing ??= this.ask({ around: this.items.at(end ? -1 : 0).image }).finally(() => { this.growing = null })
    return this.join(await this.growing)
  }

  join(found) {
    const first = found.images.findIndex((item) => item.image === this.items[0].image)
    const last = found.images.findIndex((item) => item.image === this.items.at(-1).image)
    const known = new Set(this.items.map((item) => item.image))
    const fresh = (items) => items.filter((item) => !known.has(item.image))
    const before = first > 0 ? fresh(found.images.slice(0, first)) : []
    const after = last >= 0 ? fresh(found.images.slice(last + 1)) : []
    this.items = [...before, ...this.items, ...after]
    this.offset -= before.length
    return before.length + after.length > 0
  }

  // The next image in this order that nobody has labelled, from the list's beginning after its end; null if there is none.
  // With no image to begin at it is the first one, which the server finds without a scan.
  // `isPassed` tells of images to leave out: labelled, which the server has not acknowledged yet, or open elsewhere.
  async nextUnlabelled(image, isPassed = () => false) {
    const isNext = (item) => item.state === "unlabelled" && item.image !== image && !isPassed(item.image)
    const here = this.index(image)
    const known = this.items.slice(here + 1).find(isNext)
    if (known && image) return known.image
    const end = image ? this.offset + this.items.length : this.total
    for (let scan = 0, offset = end; scan < SCANS && offset < this.total; scan++, offset += SCAN) {
      const found = (await this.ask({ offset, limit: SCAN })).images.find(isNext)
      if (found) return found.image
    }
    const local = new Map(this.items.map((item) => [item.image, item]))
    const first = (await this.ask({ state: "unlabelled", offset: 0, limit: SCAN })).images
    return first.map((item) => local.get(item.image) ?? item).find(isNext)?.image ?? null
  }

  // A page's picture, decoded and ready to be put on the screen.
  picture(image) {
    const kept = this.pictures.get(image) ?? this.fetch(image)
    this.pictures.delete(image)
    this.pictures.set(image, kept) // last in line to be dropped
    if (this.pictures.size > KEPT) this.pictures.delete(this.pictures.keys().next().value)
    return kept
  }

  fetch(image) {
    const picture = new Image()
    picture.src = this.api.picture(image)
    picture.alt = ""
    const ready = picture.decode().then(() => picture)
    ready.catch(() => this.pictures.delete(image)) // the next time it may work
    return ready
  }
}
