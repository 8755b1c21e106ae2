// The row of thumbnails below the page, with how many images are in which state.

import { html } from "./dom.js"

export class Strip {
  constructor(editor, element) {
    this.editor = editor
    this.cells = new Map() // by image
    this.line = html("div", { class: "counts" })
    this.row = html("div", { class: "thumbs" })
    // A wheel turns downwards, the row goes sideways.
    this.row.addEventListener("wheel", (event) => {
      if (!event.deltaY) return
      event.preventDefault()
      this.row.scrollLeft += event.deltaY
    }, { passive: false })
    this.row.onscroll = () => this.reached()
    element.replaceChildren(this.line, this.row)
  }

  // Bring the thumbnails up to the list; those that are there stay, as they have their pictures.
  render() {
    const { items } = this.editor.images
    const ahead = this.row.firstChild && items.findIndex((item) => item.image === this.row.firstChild.dataset.image)
    const kept = new Set(items.map((item) => item.image))
    for (const [image, { cell }] of this.cells) if (!kept.has(image)) { cell.remove(); this.cells.delete(image) }
    const cells = items.map((item) => this.cell(item))
    if (this.row.children.length !== cells.length || cells.some((cell, place) => this.row.children[place] !== cell)) {
      const { scrollLeft } = this.row
      this.row.replaceChildren(...cells)
      this.row.scrollLeft = scrollLeft + Math.max(0, ahead ?? 0) * (cells[0]?.offsetWidth ?? 0) // what came in front moves all others
    }
    this.mark()
  }

  cell(item) {
    const known = this.cells.get(item.image) ?? this.made(item)
    const { name, colour } = this.editor.states[item.state] ?? this.editor.states.unlabelled
    known.cell.dataset.state = item.state
    known.cell.style.setProperty("--colour", colour)
    known.cell.title = [item.name, name, ...(item.class ? [this.editor.look(item.class).name] : [])].join(" · ")
    known.mark.hidden = !item.class
    known.mark.style.setProperty("--colour", this.editor.colour(item.class))
    return known.cell
  }

  made(item) {
    const { editor } = this
    const picture = html("img", { src: editor.api.thumb(item.image, item.turn), alt: "", loading: "lazy", draggable: "false" })
    const cell = html("button", { type: "button", class: "cell", "data-image": item.image, "aria-label": item.name,
      onclick: () => { editor.go(item.image); editor.focus() } }, picture, html("span", {}, item.name))
    const made = { cell, mark: html("i", { class: "swatch mark" }) } // of the image's class
    cell.append(made.mark)
    this.cells.set(item.image, made)
    return made
  }

  // Which one is on the page; brought into view without moving the window.
  mark() {
    const { image } = this.editor
    this.marked?.removeAttribute("aria-current")
    const cell = this.cells.get(image)?.cell
    this.marked = cell
    if (!cell) return
    cell.setAttribute("aria-current", "true")
    const start = cell.offsetLeft - this.row.offsetLeft
    this.row.scrollLeft = start - (this.row.clientWidth - cell.offsetWidth) / 2
  }

  reached() {
    const { row } = this, { items } = this.editor.images
    if (!items.length) return
    if (row.scrollLeft + row.clientWidth > row.scrollWidth - 200) this.editor.walker.extend(items.at(-1).image)
    else if (row.scrollLeft < 200) this.editor.walker.extend(items[0].image)
  }

  renderCounts() {
    const { states, counts } = this.editor
    const shown = Object.entries(states).filter(([state]) => counts[state])
    this.line.replaceChildren(...shown.map(([state, { name, colour }]) => {
      const item = html("span", { class: "counter", "data-state": state })
      item.append(html("i", { class: "dot" }), `${name} `, html("b", {}, this.editor.number(counts[state])))
      item.style.setProperty("--colour", colour)
      return item
    }))
  }
}
