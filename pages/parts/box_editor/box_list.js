// The fields of the scheme in the column beside the page, each with its boxes.

import { html, icon, iconButton, fill } from "./dom.js"

export class BoxList {
  constructor(editor) {
    this.editor = editor
    this.rows = new Map() // by box id, with what they were made from
    this.element = html("div", { class: "fields" })
  }

  // Every field of the scheme, each with its boxes below it, so that a missing one is seen at once.
  render() {
    const { editor } = this, boxes = editor.shownBoxes
    const kept = new Set(boxes.map((box) => box.id))
    for (const id of this.rows.keys()) if (!kept.has(id)) this.rows.delete(id)
    const of = Map.groupBy(boxes, (box) => box.field)
    const unknown = [...of.keys()].filter((id) => !editor.fields.some((field) => field.id === id))
    const shown = [...editor.fields, ...unknown.map((id) => ({ id, ...editor.look(id) }))]
    // Before replacing, which would scroll to the top.
    const { scrollTop } = this.element
    this.element.replaceChildren(...shown.flatMap((field) => {
      const own = of.get(field.id) ?? []
      return [this.fieldRow(field, own.length), ...own.map((box) => this.boxRow(box))]
    }))
    this.element.scrollTop = scrollTop
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
    const button = (name, command, on) => iconButton(name, texts[command], editor.hotkeys.of(command), act(command), { class: on ? "tool on" : "tool" })
    return html("div", { class: `row${box.id === editor.selected ? " selected" : ""}${hidden ? " dim" : ""}`, "data-box": box.id,
      onclick: () => { editor.select(box.id); editor.focus() } },
    icon(box.origin === "auto" ? "auto" : "person"), html("span", { class: "label" }, origin),
    button(locked ? "lock" : "unlock", "lock", locked), button(hidden ? "hidden" : "visible", "hide", hidden),
    ...(editor.mayEdit && !locked ? [button("clear", "remove", false)] : []))
  }
}
