// Other versions of an image's label: its history, and what somebody else saved meanwhile. They take the column's place.

import { html, icon, iconButton, fill } from "./dom.js"
import { asBoxes, signature } from "./label.js"
import { Merge } from "./merge.js"

export const stateChip = (element, editor, state) => {
  const known = editor.states[state]
  element.textContent = known?.name ?? ""
  element.style.setProperty("--colour", known?.colour ?? "transparent")
  return element
}

// What a version of a label says, in a word.
function described(editor, boxes) {
  if (boxes === null) return editor.states.unlabelled.name
  if (editor.task === "classes") return editor.look(boxes[0].field).name
  return boxes.length ? fill(editor.texts.boxes, { count: boxes.length }) : editor.texts.none
}

const button = (kind, text, onclick, title = "") => html("button", { type: "button", class: kind, title, onclick }, text)

export class Versions {
  constructor(editor, element) {
    Object.assign(this, { editor, element, panel: "", pinned: null, previewed: null, merge: null })
  }

  // What lies over the page in place of the boxes, as [boxes, kind].
  get overlaid() {
    const { label, task } = this.editor
    if (task === "classes") return [] // has no place on it
    if (this.merge) return this.merge.overlaid
    if (label?.conflict) return [[label.conflict.boxes, "theirs"], [label.boxes, "mine"]]
    return this.previewed ? [[this.previewed, "past"]] : []
  }

  render() {
    const { editor } = this
    const isNew = Boolean(editor.label?.conflict) && this.panel !== "conflict"
    if (isNew) {
      this.panel = "conflict"
      this.renderConflict()
    }
    editor.host.dataset.panel = this.panel
    if (isNew) this.element.focus({ preventScroll: true }) // so that Tab leads to what can be chosen
  }

  close() {
    this.panel = ""
    this.pinned = this.previewed = this.merge = null
  }

  preview(boxes) {
    this.previewed = boxes
    this.editor.paint()
  }

  // ---- history: the newest first; pointing at a revision shows it on the page ----

  toggleHistory() {
    const { editor } = this
    if (this.panel === "history") this.close()
    else if (editor.label && !this.panel) {
      this.panel = "history"
      this.list()
    }
    editor.render()
  }

  async list() {
    const { editor, element } = this, { texts, label } = editor
    const list = html("div", { class: "revisions", onpointerleave: () => this.preview(this.pinned) }, html("p", {}, texts.loading))
    const close = iconButton("close", texts.close, "Esc", () => this.toggleHistory())
    element.replaceChildren(html("header", { class: "titled" }, html("h3", {}, texts.history), close), list)
    try {
      const revisions = await editor.api.history(label.image)
      list.replaceChildren(...revisions.map((revision, place) => this.row(revision, place === 0)))
      if (!revisions.length) list.append(html("p", {}, texts.noHistory))
    } catch (failure) {
      list.replaceChildren(html("p", { class: "failure" }, failure.kind === "offline" ? texts.noAnswer : failure.message))
    }
  }

  row(revision, newest) {
    const { editor } = this, { texts } = editor
    const title = fill(texts.revision, { rev: revision.rev, time: editor.time(revision.at) })
    const restore = button("plain", texts.restore, (event) => { event.stopPropagation(); this.restore(revision) })
    restore.disabled = newest || !editor.mayChange || signature(revision.boxes) === signature(editor.label.boxes)
    const reviewed = revision.reviewed_by && fill(texts.reviewedBy, { name: editor.person(revision.reviewed_by) })
    const row = html("div", { class: "revision", tabindex: 0, "data-rev": revision.rev,
      onpointerenter: () => this.preview(revision.boxes), onclick: () => this.pin(row, revision) },
    html("div", {}, html("b", {}, title), newest ? html("span", { class: "now" }, texts.newest) : ""),
    html("div", {}, stateChip(html("span", { class: "chip" }), editor, revision.state), ` ${described(editor, revision.boxes)}`),
    html("div", { class: "who" }, [editor.person(revision.author), reviewed].filter(Boolean).join(" · ")),
    restore)
    return row
  }

  pin(row, revision) {
    for (const other of row.parentElement.children) other.classList.toggle("pinned", other === row)
    this.pinned = revision.boxes
    this.preview(this.pinned)
  }

  restore({ boxes, rev }) {
    const { editor } = this
    this.close()
    editor.label.change(asBoxes(boxes))
    editor.edited()
    editor.say(fill(editor.texts.restored, { rev }))
  }

  // ---- conflict ----

  renderConflict() {
    const { editor } = this
    const shown = this.merge ? mergePanel(editor, this.merge, this) : conflictPanel(editor, this)
    this.element.replaceChildren(...shown)
  }

  // Where nothing is to be asked, both are one at once.
  startMerge() {
    const { editor } = this, { label } = editor
    const merge = new Merge(label.conflict.boxes, label.boxes, () => editor.paint())
    if (!merge.pairs.length) return this.settle("merge", merge.boxes)
    this.merge = merge
    this.renderConflict()
    this.element.querySelector("input:checked").focus()
    editor.paint()
  }

  leaveMerge() {
    this.merge = null
    this.renderConflict()
    this.element.focus({ preventScroll: true })
    this.editor.paint()
  }

  settle(kept, boxes) {
    const { editor } = this, { label } = editor
    this.close()
    editor.focus()
    editor.commands.note()
    if (kept === "theirs") editor.saver.giveWay(label)
    else editor.saver.settle(label, boxes)
    editor.render()
  }
}

// Both versions, and what can become of them.
function conflictPanel(editor, versions) {
  const { texts, label } = editor, theirs = label.conflict
  const about = { name: editor.person(theirs.author), rev: theirs.rev, time: editor.time(theirs.at) }
  const choose = (kept, boxes) => button("plain", texts[`keep_${kept}`], () => versions.settle(kept, boxes), texts[`keep_${kept}_means`])
  return [
    html("header", { class: "titled" }, html("h3", {}, icon("history"), texts.conflict)),
    html("div", { class: "versions" },
      html("p", {}, texts.conflictText),
      version(editor, "theirs", fill(texts.theirs, about), theirs.boxes, label.boxes),
      version(editor, "mine", texts.mine, label.boxes, theirs.boxes)),
    html("footer", {},
      choose("theirs", theirs.boxes),
      choose("mine", label.boxes),
      ...(editor.task === "classes" ? [] : [button("plain", texts.merge, () => versions.startMerge(), texts.mergeMeans)])),
  ]
}

// What both versions have at one place, one by one.
function mergePanel(editor, merge, versions) {
  const { texts } = editor
  return [
    html("header", { class: "titled" }, html("h3", {}, texts.merge)),
    html("div", { class: "versions" }, html("p", {}, texts.mergeText), ...merge.questions(texts, editor.look, editor.words.textOf)),
    html("footer", {},
      button("primary", texts.saveMerge, () => versions.settle("merge", merge.boxes)),
      button("plain", texts.back, () => versions.leaveMerge(), "Esc")),
  ]
}

// One version's boxes; those that the other version does not have are marked.
function version(editor, kind, title, boxes, others) {
  if (editor.task === "classes") return html("section", { class: `version ${kind}` }, html("h4", {}, title), html("div", {}, described(editor, boxes)))
  const row = (box) => {
    const same = (others ?? []).some((other) => signature([other]) === signature([box]))
    const { text } = editor.words.textOf(box)
    return html("li", { class: same ? "same" : "" }, html("div", { class: "label", title: text ?? "" }, editor.look(box.field).name, html("small", {}, text ?? "")),
      same ? "" : html("span", {}, editor.texts.only))
  }
  return html("section", { class: `version ${kind}` },
    html("h4", {}, title), html("div", { class: "who" }, described(editor, boxes)), html("ul", {}, ...(boxes ?? []).map(row)))
}
