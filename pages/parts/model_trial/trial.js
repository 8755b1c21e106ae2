// What a model found: a strip of pages, one of them large, a threshold, the list, and the outcome as text.

const FIRST = 5, LAST = 100 // positions of the threshold, in hundredths

class Trial {
  constructor(root) {
    this.root = root
    this.place = 0 // of the page that is open
    this.wide = false
    this.choice = { own: true, least: 0.5, format: "json" }
    root.addEventListener("keydown", (event) => this.key(event))
  }

  show(data) {
    const now = JSON.stringify(data)
    if (this.shown === now) return // a rerun of the page that brings nothing new
    if (this.data?.key !== data.key) this.place = 0
    this.shown = now
    const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 }
    this.data = { ...data, numbers: new Intl.NumberFormat(data.language, digits), whole: new Intl.NumberFormat(data.language) }
    this.build()
  }

  build() {
    const { pages, texts } = this.data
    this.badges = pages.map((page) => make("span", page.problem ? "badge problem" : "badge"))
    this.tiles = pages.map((page, place) => this.tile(page, place))
    const strip = make("div", "strip", ...this.tiles)
    Object.assign(strip, { role: "group", ariaLabel: texts.pages, hidden: pages.length < 2 })
    this.stage = make("div", "stage")
    this.findings = make("div", "findings")
    this.outcome = make("div", "outcome")
    const side = make("div", "side", this.threshold(), this.findings, this.outcome), waiting = pages.every((page) => !page.found && !page.problem)
    side.firstChild.hidden = this.outcome.hidden = waiting // there is nothing to choose from yet
    this.root.replaceChildren(strip, make("div", "main", this.stage, side))
    this.open(this.place)
  }

  tile(page, place) {
    const picture = make("img", ""), tile = button("tile", "", () => this.open(place))
    Object.assign(picture, { src: `${page.address}?small=1`, alt: "", loading: "lazy" })
    tile.append(picture, this.badges[place], make("span", "caption", page.name))
    tile.title = page.problem ?? page.name
    return tile
  }

  threshold() {
    const { texts } = this.data, slider = make("input", "slider"), score = make("output", "number")
    const own = button("plain", texts.own, () => this.choose({ own: true }))
    const one = button("plain", texts.one, () => this.choose({ own: false }))
    own.title = texts.own_hint
    Object.assign(slider, { type: "range", min: FIRST, max: LAST, step: 1, value: Math.round(100 * this.choice.least), ariaLabel: texts.least })
    slider.oninput = () => this.choose({ own: false, least: slider.value / 100 })
    const line = make("label", "row least", make("span", "", texts.least), slider, score)
    this.follow = () => {
      own.ariaPressed = String(this.choice.own)
      one.ariaPressed = String(!this.choice.own)
      line.classList.toggle("off", this.choice.own)
      score.textContent = this.choice.own ? "" : this.data.numbers.format(this.choice.least)
    }
    return make("div", "threshold", make("div", "row", own, one), line)
  }

  choose(changes) {
    Object.assign(this.choice, changes)
    this.refresh()
  }

  get page() {
    return this.data.pages[this.place]
  }

  open(place) {
    this.place = place
    this.tiles.forEach((tile, other) => { tile.ariaPressed = String(other === place) })
    this.tiles[place].scrollIntoView({ block: "nearest", inline: "nearest" })
    const { page } = this, picture = make("img", "")
    Object.assign(picture, { src: page.address, alt: page.name, draggable: false })
    this.boxes = make("div", "boxes")
    this.paper = make("div", "paper", picture, this.boxes)
    this.paper.style.aspectRatio = `${page.width} / ${page.height}`
    this.paper.title = this.data.texts.enlarge
    this.paper.onclick = () => { this.wide = !this.wide; this.fit() }
    this.stage.replaceChildren(this.paper)
    this.fit()
    this.refresh()
  }

  // The page's whole height on the screen, or the whole width there is.
  fit() {
    this.paper.style.width = this.wide ? "100%" : `min(100%, calc(76vh * ${this.page.width / this.page.height}))`
  }

  // Everything that follows the threshold; the pictures and the slider itself stay as they are.
  refresh() {
    const { data, page, choice } = this, rows = chosen(page, data, choice)
    const boxes = rows.filter(({ xyxy }) => xyxy).map((row) => boxOf(row, page, data))
    this.boxes.classList.toggle("many", boxes.length > MANY)
    this.boxes.replaceChildren(...boxes)
    this.findings.replaceChildren(...this.found(rows, boxes))
    this.outcome.replaceChildren(...outcome(data, choice, (changes) => this.choose(changes)))
    this.badges.forEach((badge, place) => { badge.textContent = badgeOf(data.pages[place], data, choice) })
    this.follow()
    this.root.dataset.shown = rows.length // what a test waits for
  }

  // What is said of the open page: its boxes or classes, or why there is nothing to say.
  found(rows, boxes) {
    const { data, page, choice } = this, { texts } = data
    if (page.problem) return [make("div", "problem", page.problem)]
    if (!page.found) return [make("div", "quiet", texts.waiting)]
    if (data.task === "classes") return [verdict(page, data, choice), ...bars(page, data, choice)]
    if (!rows.length) return [make("div", "quiet", page.found.length ? texts.nothing : texts.empty)]
    const [list, lines] = table(rows, data)
    boxes.forEach((box, place) => link(box, lines[place]))
    return [make("div", "sums", sums(rows.length, data, choice)), list]
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], to = this.place + step
    // In the slider and in the text the arrows have a meaning of their own.
    if (!step || !this.data.pages[to] || /INPUT|TEXTAREA/.test(event.composedPath()[0].tagName)) return
    event.preventDefault()
    this.open(to)
    this.tiles[to].focus()
  }
}

const badgeOf = (page, data, choice) => {
  if (page.problem) return "!"
  if (!page.found) return "…"
  const rows = chosen(page, data, choice)
  return data.task === "fields" ? data.whole.format(rows.length) : rows.length ? data.fields[rows[0].field].name : "–"
}

const sums = (here, data, choice) => {
  const { pages, texts, whole } = data, all = pages.reduce((sum, page) => sum + chosen(page, data, choice).length, 0)
  const said = [filled(texts.here, { count: whole.format(here) })]
  if (pages.length > 1) said.push(filled(texts.all, { count: whole.format(all) }))
  return said.join(" · ")
}

const trials = new WeakMap() // by element: which page is open, and what is shown of it, outlives a rerun of the page

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".trial")
  if (!trials.has(root)) trials.set(root, new Trial(root))
  trials.get(root).show(data)
}
