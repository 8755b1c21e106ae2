// The fields of the scheme in the column beside the page, each with its boxes.

import { arrange, html, icon, iconButton, fill } from "./dom.js"
import { typed } from "./values.js"

const MOST = 2000 // characters of a text, as the store takes them
const percent = (part) => `${Math.round(part * 100)} %`

export class BoxList {
  constructor(editor) {
    this.editor = editor
    this.rows = new Map() // by the id of the field or box, with what they were made from
    this.writing = null // what is being typed: the box, its label, the input
    this.element = html("div", { class: "fields" })
  }

  // Every field of the scheme, each with its boxes below it, so that a missing one is seen at once.
  render() {
    const { editor } = this, boxes = editor.shownBoxes
    const of = Map.groupBy(boxes, (box) => box.field)
    const unknown = [...of.keys()].filter((id) => !editor.fields.some((field) => field.id === id))
    const shown = [...editor.fields, ...unknown.map((id) => ({ id, ...editor.look(id) }))]
    const known = this.rows
    this.rows = new Map()
    arrange(this.element, shown.flatMap((field) => {
      const own = of.get(field.id) ?? []
      return [this.fieldRow(known, field, own.length), ...own.map((box) => this.boxRow(known, box))]
    }))
    if (editor.selected !== this.selected) this.rows.get(editor.selected)?.row.scrollIntoView({ block: "nearest" })
    this.selected = editor.selected
  }

  fieldRow(known, field, count) {
    const { editor } = this
    const isChosen = editor.field === field.id, missing = count === 0 && editor.mode === "review" && editor.label?.boxes != null
    return this.row(known, field.id, [isChosen, missing, count], () => this.madeField(field, isChosen, missing, count))
  }

  boxRow(known, box) {
    const { editor } = this, { label, selected } = editor
    if (this.writing?.id === box.id) return this.kept(known, box.id)
    const locked = label.locked.has(box.id), hidden = label.hidden.has(box.id), { text, read } = editor.words.textOf(box)
    const look = [box.origin, box.score, text, read, editor.words.isUnread, Boolean(editor.words.found), locked, hidden, box.id === selected, editor.mayEdit]
    return this.row(known, box.id, look, () => this.madeRow(box, locked, hidden))
  }

  // Made again only if something about it is different: there may be hundreds.
  row(known, id, look, make) {
    const state = JSON.stringify(look), before = known.get(id)
    const row = before?.state === state ? before.row : make()
    this.rows.set(id, { row, state })
    return row
  }

  kept(known, id) {
    this.rows.set(id, known.get(id))
    return known.get(id).row
  }

  madeField(field, isChosen, missing, count) {
    const { editor } = this
    const row = html("button", {
      type: "button", class: "field", title: field.description || field.name,
      "aria-pressed": String(isChosen), "aria-label": field.name,
      onclick: () => { editor.chooseField(field.id); editor.focus() },
    })
    row.append(html("kbd", { class: field.key ? "" : "empty" }, field.key || "·"), html("i", { class: "swatch" }))
    row.append(html("span", { class: "label" }, field.name))
    if (missing) row.append(html("span", { class: "missing" }, editor.texts.absent))
    if (count > 1) row.append(html("span", { class: "count" }, count))
    row.style.setProperty("--colour", field.colour)
    return row
  }

  madeRow(box, locked, hidden) {
    const { editor } = this, { texts } = editor
    const act = (command) => (event) => { event.stopPropagation(); editor.select(box.id); editor.run(command); editor.focus() }
    const button = (name, command, on) => iconButton(name, texts[command], editor.hotkeys.of(command), act(command), { class: on ? "tool on" : "tool" })
    return html("div", { class: `row${box.id === editor.selected ? " selected" : ""}${hidden ? " dim" : ""}`, "data-box": box.id,
      onclick: () => { editor.select(box.id); editor.focus() } },
    icon(box.origin === "auto" ? "auto" : "person"),
    html("div", { class: "label" }, this.value(box), html("div", { class: "source", title: this.source(box) }, this.source(box))),
    html("div", { class: "tools" }, button(locked ? "lock" : "unlock", "lock", locked), button(hidden ? "hidden" : "visible", "hide", hidden),
      ...(editor.mayEdit && !locked ? [button("clear", "remove", false)] : [])))
  }

  // What is written in the box. The first click selects it, the next one begins to edit.
  value(box) {
    const { editor } = this, { texts, words } = editor, { text } = words.textOf(box)
    const edit = (event) => {
      if (editor.target?.id !== box.id || !this.edit(box)) return
      event.stopPropagation()
    }
    const missing = text === "" ? texts.nothingWritten : words.found ? texts.noText : "…"
    const hint = editor.mayEdit ? `${texts.editText} · ${editor.hotkeys.of("editText")}` : ""
    const title = text || (words.isUnread && text === null ? texts.notRead : hint)
    return html("div", { class: `value${text ? "" : " none"}`, title, onclick: edit }, text || missing)
  }

  // Who says where it is, and who says what is written there; a program says how sure it is of it.
  source(box) {
    const { texts, words } = this.editor, { text, read } = words.textOf(box)
    const place = box.origin !== "auto" ? texts.person : box.score == null ? fill(texts.auto, { score: "" }) : fill(texts.found, { score: percent(box.score) })
    if (typed(box) !== null) return `${place} · ✎ ${texts.typed}`
    return text === null ? place : `${place} · ${fill(texts.read, { score: percent(read) })}`
  }

  // ---- typing a text ----

  // True if it may be typed.
  edit(box) {
    const { editor } = this, { label } = editor
    if (!editor.mayEdit || label.locked.has(box.id) || !this.rows.has(box.id)) return false
    const before = editor.words.textOf(box).text ?? ""
    const input = html("input", { type: "text", class: "text", "aria-label": editor.texts.editText, maxlength: MOST, autocomplete: "off", spellcheck: "false",
      onclick: (event) => event.stopPropagation(), onkeydown: (event) => this.pressed(event), onblur: () => this.finish(true) })
    input.value = before
    const { row } = this.rows.get(box.id)
    row.querySelector(".value").replaceWith(input)
    this.writing = { id: box.id, label, input, before }
    row.scrollIntoView({ block: "nearest" })
    input.focus()
    input.select()
    return true
  }

  pressed(event) {
    const { editor } = this, { code } = event
    event.stopPropagation() // Streamlit has keys of its own
    if (event.isComposing || !["Enter", "NumpadEnter", "Escape", "Tab"].includes(code)) return
    event.preventDefault()
    editor.selected = this.writing.id // where Tab goes on from
    this.finish(code !== "Escape")
    editor.focus()
    if (code !== "Tab") return
    editor.run(event.shiftKey ? "previousBox" : "nextBox")
    editor.run("editText")
  }

  // Somebody else saved this image meanwhile, or another one was opened: what was typed so far is part of this version.
  interrupted() {
    if (this.writing && !(this.editor.mayEdit && this.editor.label === this.writing.label)) this.finish(true)
  }

  // Keep what was typed, or not; left in any other way than by Esc it is kept.
  finish(keeps) {
    if (!this.writing) return
    const { editor } = this, { id, label, input, before } = this.writing
    this.writing = null
    this.rows.delete(id) // made anew, without the input
    const text = input.value.split(/\s+/).filter(Boolean).join(" ")
    if (!keeps || text === before || !label.box(id)) return editor.render()
    label.write(id, text)
    editor.commands.note()
    editor.saver.edited(label)
    editor.render()
  }
}
