// What the editor says: what became of saving, what needs a decision, and passing remarks.

import { fill, html } from "./dom.js"

const SAY_MS = 4000

export class Notices {
  // Inside the stage a message in its middle and a remark at its top; the banner at its foot.
  constructor(editor, stage, banner) {
    Object.assign(this, { editor, banner })
    this.message = html("div", { class: "message" })
    this.toast = html("div", { class: "toast", role: "status" })
    stage.append(this.message, this.toast, banner)
    const { language } = editor
    const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }
    this.clock = new Intl.DateTimeFormat(language, time)
    this.alarms = new MutationObserver(() => this.closeAlarm())
    this.alarms.observe(document.body, { childList: true })
    this.calendar = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", ...time })
  }

  say(text) {
    this.toast.textContent = text
    this.toast.classList.add("on")
    clearTimeout(this.ending)
    this.ending = setTimeout(() => this.toast.classList.remove("on"), SAY_MS)
  }

  time(at) {
    const moment = new Date(at)
    return (moment.toDateString() === new Date().toDateString() ? this.clock : this.calendar).format(moment)
  }

  get status() {
    const { label, texts } = this.editor
    if (!label) return { kind: "", text: "" }
    if (label.conflict) return { kind: "bad", text: texts.notSaved }
    if (label.refusal) return { kind: "bad", text: label.refusal }
    if (label.offline && label.isBusy) return { kind: "bad", text: texts.notSavedYet }
    if (label.isBusy) return { kind: "busy", text: texts.saving }
    if (!label.head.rev) return { kind: "", text: texts.untouched }
    return { kind: "good", text: fill(texts.saved, { rev: label.head.rev, time: this.time(label.head.at) }) }
  }

  render() {
    const { editor } = this, { trouble, texts } = editor
    const text = trouble || (editor.isShown && editor.label ? "" : texts.loading)
    const onward = html("button", { type: "button", class: "primary", onclick: () => editor.run("next") }, texts.next)
    this.message.replaceChildren(text && html("p", {}, text), trouble && onward)
    this.message.hidden = !text
    this.renderBanner()
  }

  renderBanner() {
    const { editor } = this, { label, texts } = editor
    const others = editor.labels.stuck().filter((other) => other !== label)
    const act = (text, onclick) => html("button", { type: "button", class: "plain", onclick }, text)
    const lines = []
    if (label?.refusal) lines.push([label.refusal, act(texts.again, () => editor.edited())])
    if (editor.labels.isOffline) lines.push([texts.offline])
    if (others.length) lines.push([fill(texts.others, { count: others.length }), act(texts.open, () => editor.go(others[0].image))])
    this.banner.replaceChildren(...lines.map((line) => html("div", {}, ...line)))
  }

  // Streamlit says in a dialog that its server is away, and nothing else can be done until it is closed. It is said in
  // the banner here, and one can go on drawing.
  async closeAlarm() {
    const dialog = document.querySelector("[data-testid=stDialog]")
    if (dialog && !(await this.editor.api.isAlive())) dialog.querySelector("button")?.click()
  }
}
