// The fields of the scheme in the column beside the page, each with its boxes.

import { arrange, html, icon, iconButton, fill } from "./dom.js"

export class BoxList {
  constructor(editor) {
    this.editor = editor
    this.rows = new Map() // by the id of the field or box, with what they were made from
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
    const locked = label.locked.has(box.id), hidden = label.hidden.has(box.id)
    const look = [box.origin, box.score, locked, hidden, box.id === selected, editor.mayEdit]
    return this.row(known, box.id, look, () => this.madeRow(box, locked, hidden))
  }

  // Made again only if something about it is different: there may be hundreds.
  row(known, id, look, make) {
    const state = JSON.stringify(look), before = known.get(id)
    const row = before?.state === state ? before.row : make()
    this.rows.set(id, { row, state })
    return row
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
    const score = box.score == null ? "" : `${Math.round(box.score * 100)} %`
    const origin = box.origin === "auto" ? fill(texts.auto, { score }) : texts.person
    const button = (name, command, on) => iconButton(name, texts[command], editor.hotkeys.of(command), act(command), { class: on ? "tool on" : "tool" })
    return html("div", { class: `row${box.id === editor.selected ? " selected" : ""}${hidden ? " dim" : ""}`, "data-box": box.id,
      onclick: () => { editor.select(box.id); editor.focus() } },
    icon(box.origin === "auto" ? "auto" : "person"), html("span", { class: "label" }, origin),
    button(locked ? "lock" : "unlock", "lock", locked), button(hidden ? "hidden" : "visible", "hide", hidden),
    ...(editor.mayEdit && !locked ? [button("clear", "remove", false)] : []))
  }
}
