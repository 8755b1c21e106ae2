// The classes in the column beside the page: how many images each has, and which one this image is of.

import { html, icon, fill, set } from "./dom.js"

const SEARCHED_FROM = 10 // classes: the first nine have keys

export class ClassList {
  constructor(editor) {
    Object.assign(this, { editor, active: null }) // the class that Enter chooses while one searches
    const { texts, hotkeys, fields } = editor
    this.search = html("input", { type: "text", class: "search", "aria-label": texts.search, placeholder: `${texts.search} · ${hotkeys.of("search")}`,
      autocomplete: "off", spellcheck: "false", oninput: () => this.typed(), onkeydown: (event) => this.pressed(event) })
    this.search.hidden = fields.length < SEARCHED_FROM
    this.rows = html("div", { class: "fields" })
    this.badge = html("div", { class: "badge" }) // over the page, where one looks
    editor.stagePart.append(this.badge)
    this.last = html("button", { type: "button", class: "last", title: `${texts.lastMeans} · ${hotkeys.of("undo")}`,
      onclick: () => { editor.run("undo"); editor.focus() } })
    this.element = html("div", { class: "classes" }, this.search, this.rows, this.last)
  }

  render() {
    const { editor } = this, { fields, chosen } = editor
    const wanted = this.search.value.trim().toLocaleLowerCase()
    this.found = fields.filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    if (!this.found.some(({ id }) => id === this.active)) this.active = wanted ? this.found[0]?.id : null
    const unknown = chosen && !fields.some(({ id }) => id === chosen.field) ? [{ id: chosen.field, ...editor.look(chosen.field) }] : []
    this.renderBadge(chosen)
    this.renderLast()
    const { scrollTop } = this.rows // before replacing, which would scroll to the top
    const rows = [...this.found, ...unknown].flatMap((known) => {
      const isChosen = known.id === chosen?.field
      return isChosen ? [this.row(known, true), this.origin(chosen)] : [this.row(known, false)]
    })
    const nothing = rows.length ? [] : [html("p", { class: "nothing" }, editor.texts.noClassFound)]
    this.rows.replaceChildren(...rows, ...nothing)
    this.rows.scrollTop = scrollTop
  }

  renderBadge(chosen) {
    const { name, colour } = chosen ? this.editor.look(chosen.field) : { name: "", colour: "" }
    this.badge.textContent = name
    this.badge.style.setProperty("--colour", colour)
  }

  // What was done before, as one has gone on since: beside the page, where it hides nothing of it.
  renderLast() {
    const { editor } = this, { image } = editor.commands.lastStep ?? {}
    const label = editor.labels.get(image), found = label?.boxes?.[0]
    this.last.hidden = !label || image === editor.image
    if (this.last.hidden) return
    const mark = html("i", { class: "swatch" })
    mark.style.setProperty("--colour", found ? editor.colour(found.field) : "transparent")
    const said = found ? editor.look(found.field).name : editor.states.unlabelled.name
    this.last.replaceChildren(icon("undo"), html("span", { class: "label" }, html("div", {}, mark, said), html("div", { class: "who" }, label.page.name)))
  }

  row({ id, name, key, colour, description }, isChosen) {
    const { editor } = this
    const row = html("button", {
      type: "button", class: `field${id === this.active ? " active" : ""}`, title: description || name, "data-class": id,
      "aria-pressed": String(isChosen), "aria-label": name, onclick: () => { editor.chooseField(id); editor.focus() },
    })
    set(row, { disabled: !editor.mayEdit })
    row.append(html("kbd", { class: key ? "" : "empty" }, key || "·"), html("i", { class: "swatch" }), html("span", { class: "label" }, name))
    row.append(html("span", { class: "count" }, editor.number(editor.classCounts[id] ?? 0)))
    row.style.setProperty("--colour", colour)
    return row
  }

  // Whose word the class is, and how certain a model was.
  origin({ origin, score }) {
    const { texts } = this.editor, isAuto = origin === "auto"
    const text = isAuto ? fill(texts.auto, { score: score == null ? "" : `${Math.round(score * 100)} %` }) : texts.person
    return html("div", { class: "row origin" }, icon(isAuto ? "auto" : "person"), html("span", { class: "label" }, text))
  }

  // ---- search ----

  focus() {
    this.search.focus()
    this.search.select()
  }

  typed() {
    this.active = null
    this.render()
  }

  pressed(event) {
    const { editor } = this, at = this.found.findIndex(({ id }) => id === this.active)
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.code]
    if (step) this.active = this.found[Math.max(0, Math.min(this.found.length - 1, at + step))]?.id ?? null
    else if (event.key === "Enter" && this.active) this.leave(() => editor.chooseField(this.active))
    else if (event.key === "Escape") this.leave()
    else return event.stopPropagation() // Streamlit has keys of its own
    event.preventDefault()
    event.stopPropagation()
    this.render()
    this.rows.querySelector(".active")?.scrollIntoView({ block: "nearest" })
  }

  leave(then) {
    then?.()
    this.search.value = ""
    this.active = null
    this.editor.focus()
  }
}
