// The column beside the page: which image, its fields with their boxes, what became of saving, and the way on.

import { html, icon, iconButton, fill, set } from "./dom.js"
import { keyOf } from "./keys.js"
import { stateChip } from "./versions.js"

export class Side {
  constructor(editor, element) {
    this.editor = editor
    this.rows = new Map() // by box id, with what they were made from
    const { texts } = editor
    const walk = (command, name) => iconButton(name, texts[command], keyOf(command), () => { editor.run(command); editor.focus() })
    this.name = html("div", { class: "name" })
    this.state = html("span", { class: "chip" })
    this.position = html("span", { class: "position" })
    this.rules = html("div", { class: "rules", role: "note" })
    this.fields = html("div", { class: "fields" })
    this.status = html("div", { class: "status", role: "status" })
    this.none = html("button", { type: "button", class: "plain", onclick: () => { editor.run("none"); editor.focus() } })
    this.none.append(icon("none"), texts.none)
    this.none.title = `${texts.noneMeans} · ${keyOf("none")}`
    this.confirm = html("button", { type: "button", class: "primary", onclick: () => { editor.run("confirm"); editor.focus() } })
    this.confirm.append(icon("check"), html("span"))
    const moves = [walk("previous", "previous"), this.position, walk("next", "next"), walk("nextUnlabelled", "nextUnlabelled")]
    element.replaceChildren(
      html("header", {}, html("div", { class: "about" }, this.name, this.state), html("div", { class: "walk" }, ...moves), this.rules),
      this.fields,
      html("footer", {}, this.status, this.none, this.confirm),
    )
  }

  render() {
    const { editor } = this, { label, texts } = editor
    const item = editor.images.item(editor.image)
    this.name.textContent = this.name.title = label?.page.name ?? item?.name ?? ""
    stateChip(this.state, editor, label?.head.state ?? item?.state)
    this.position.textContent = editor.position
    this.renderRules(item)
    this.renderFields()
    this.renderStatus()
    this.none.disabled = !editor.mayEdit || label.boxes?.length === 0
    set(this.none, { "aria-pressed": String(label?.boxes?.length === 0) })
    this.confirm.lastChild.textContent = texts[editor.confirmText]
    this.confirm.title = `${texts.confirm} · ${keyOf("confirm")}`
    this.confirm.disabled = !label
  }

  renderRules(item) {
    const { editor } = this, { missing = [], doubled = [] } = (editor.isUntouched && item?.broken) || {}
    const say = (ids, text) => ids.map((id) => fill(text, { field: editor.look(id).name }))
    const said = [...say(missing, editor.texts.missing), ...say(doubled, editor.texts.doubled)]
    this.rules.replaceChildren(...said.map((text) => html("div", {}, text)))
  }

  // Every field of the scheme, each with its boxes below it, so that a missing one is seen at once.
  renderFields() {
    const { editor } = this, boxes = editor.shownBoxes
    const kept = new Set(boxes.map((box) => box.id))
    for (const id of this.rows.keys()) if (!kept.has(id)) this.rows.delete(id)
    const of = Map.groupBy(boxes, (box) => box.field)
    const unknown = [...of.keys()].filter((id) => !editor.fields.some((field) => field.id === id))
    const shown = [...editor.fields, ...unknown.map((id) => ({ id, ...editor.look(id) }))]
    // Before replacing, which would scroll to the top.
    const { scrollTop } = this.fields
    this.fields.replaceChildren(...shown.flatMap((field) => {
      const own = of.get(field.id) ?? []
      return [this.fieldRow(field, own.length), ...own.map((box) => this.boxRow(box))]
    }))
    this.fields.scrollTop = scrollTop
    this.rows.get(editor.selected)?.row.scrollIntoView({ block: "nearest" })
  }

  fieldRow(field, count) {
    const { editor } = this
    const missing = count === 0 && editor.mode === "review" && editor.label?.boxes != null
    const row = html("button", {
      type: "button", class: "field", title: field.description || field.name,
      "aria-pressed": String(editor.field === field.id), "aria-label": field.name,
      onclick: () => { editor.chooseField(field.id); editor.focus() },
    })
    row.append(html("kbd", { class: field.key ? "" : "empty" }, field.key || "·"), html("i", { class: "swatch" }))
    row.append(html("span", { class: "label" }, field.name))
    if (missing) row.append(html("span", { class: "missing" }, editor.texts.absent))
    if (count > 1) row.append(html("span", { class: "count" }, count))
    row.style.setProperty("--colour", field.colour)
    return row
  }

  // Made again only if something about the box is different: there may be hundreds.
  boxRow(box) {
    const { editor } = this, { label, selected } = editor
    const locked = label.locked.has(box.id), hidden = label.hidden.has(box.id)
    const state = JSON.stringify([box.origin, box.score, locked, hidden, box.id === selected, editor.mayEdit])
    const known = this.rows.get(box.id)
    if (known?.state === state) return known.row
    const row = this.madeRow(box, locked, hidden)
    this.rows.set(box.id, { row, state })
    return row
  }

  madeRow(box, locked, hidden) {
    const { editor } = this, { texts } = editor
    const act = (command) => (event) => { event.stopPropagation(); editor.select(box.id); editor.run(command); editor.focus() }
    const score = box.score == null ? "" : `${Math.round(box.score * 100)} %`
    const origin = box.origin === "auto" ? fill(texts.auto, { score }) : texts.person
    const button = (name, command, on) => iconButton(name, texts[command], keyOf(command), act(command), { class: on ? "tool on" : "tool" })
    return html("div", { class: `row${box.id === editor.selected ? " selected" : ""}${hidden ? " dim" : ""}`, "data-box": box.id,
      onclick: () => { editor.select(box.id); editor.focus() } },
    icon(box.origin === "auto" ? "auto" : "person"), html("span", { class: "label" }, origin),
    button(locked ? "lock" : "unlock", "lock", locked), button(hidden ? "hidden" : "visible", "hide", hidden),
    ...(editor.mayEdit && !locked ? [button("clear", "remove", false)] : []))
  }

  renderStatus() {
    const { kind, text } = this.editor.notices.status
    this.status.dataset.kind = kind
    this.status.textContent = text
  }
}
