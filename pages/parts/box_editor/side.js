// The column beside the page: which image, what is on it, what became of saving, and the way on.

import { BoxList } from "./box_list.js"
import { ClassList } from "./class_list.js"
import { html, icon, iconButton, fill, set } from "./dom.js"
import { stateChip } from "./versions.js"

export class Side {
  constructor(editor, element) {
    this.editor = editor
    this.list = editor.task === "classes" ? new ClassList(editor) : new BoxList(editor)
    const { texts, hotkeys } = editor
    const walk = (command, name) => iconButton(name, texts[command], hotkeys.of(command), () => { editor.run(command); editor.focus() })
    this.name = html("div", { class: "name" })
    this.state = html("span", { class: "chip" })
    this.position = html("span", { class: "position" })
    this.rules = html("div", { class: "rules", role: "note" })
    this.unread = html("div", { class: "unread", role: "note" }, texts.notRead)
    this.failed = html("div", { class: "unread", role: "note" })
    this.readAgain = html("button", { type: "button", class: "plain", onclick: () => { editor.words.readAgain(); editor.focus() } }, texts.readAgain)
    this.here = html("div", { class: "here", role: "status" }) // others at the same image
    this.status = html("div", { class: "status", role: "status" })
    this.none = html("button", { type: "button", class: "plain", onclick: () => { editor.run("none"); editor.focus() } })
    this.none.append(icon("none"), texts.none)
    this.none.title = `${texts.noneMeans} · ${hotkeys.of("none")}`
    this.none.hidden = editor.task === "classes" // each image is of some class, or not labelled
    this.confirm = html("button", { type: "button", class: "primary", onclick: () => { editor.run("confirm"); editor.focus() } })
    this.confirm.append(icon("check"), html("span"))
    const moves = [walk("previous", "previous"), this.position, walk("next", "next"), walk("nextUnlabelled", "nextUnlabelled")]
    element.replaceChildren(
      html("header", {}, html("div", { class: "about" }, this.name, this.state), html("div", { class: "walk" }, ...moves), this.here, this.rules, this.unread, this.failed),
      this.list.element,
      html("footer", {}, this.status, this.none, this.confirm),
    )
  }

  render() {
    const { editor } = this, { label, texts } = editor
    const item = editor.images.item(editor.image)
    this.name.textContent = this.name.title = label?.page.name ?? item?.name ?? ""
    stateChip(this.state, editor, label?.head.state ?? item?.state)
    this.position.textContent = editor.position
    this.renderHere()
    this.renderRules(item)
    this.unread.hidden = !editor.words.isUnread || !editor.shownBoxes.some((box) => box.text === null)
    this.renderFailed()
    this.list.render()
    this.renderStatus()
    this.none.disabled = !editor.mayEdit || label.boxes?.length === 0
    set(this.none, { "aria-pressed": String(label?.boxes?.length === 0) })
    this.confirm.lastChild.textContent = texts[editor.confirmText]
    this.confirm.title = `${texts.confirm} · ${editor.hotkeys.of("confirm")}`
    this.confirm.disabled = !label
  }

  renderHere() {
    const { editor } = this, { here, own } = editor.presence, { texts } = editor
    const names = here.map(({ account, name }) => name || editor.person(account)).join(", ")
    const said = [...(names ? [fill(texts.here, { names })] : []), ...(own ? [texts.alsoHere] : [])]
    this.here.replaceChildren(...said.map((text) => html("div", {}, icon("person"), html("span", {}, text))))
  }

  renderRules(item) {
    const { editor } = this, { missing = [], doubled = [] } = (editor.isUntouched && item?.broken) || {}
    const say = (ids, text) => ids.map((id) => fill(text, { field: editor.look(id).name }))
    const said = [...say(missing, editor.texts.missing), ...say(doubled, editor.texts.doubled)]
    this.rules.replaceChildren(...said.map((text) => html("div", {}, text)))
  }

  renderFailed() {
    const { mayEdit, texts, words } = this.editor, reason = words.failed
    this.failed.hidden = !reason
    if (reason) this.failed.replaceChildren(html("div", {}, fill(texts.couldNotRead, { reason })), ...(mayEdit ? [this.readAgain] : []))
  }

  renderStatus() {
    const { kind, text } = this.editor.notices.status
    this.status.dataset.kind = kind
    this.status.textContent = text
  }
}
