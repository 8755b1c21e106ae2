// The server's routes around images and labels, and what can come back from them.

import { fill } from "./dom.js"

const PATIENCE_MS = 15000

// kind: "offline" (no answer: try again), "conflict" (somebody was faster: `body.head`) or "refused" (the text says why).
export class Failure extends Error {
  constructor(kind, text, body = {}) {
    super(text)
    this.kind = kind
    this.body = body
  }
}

export class Api {
  constructor(project, messages) {
    this.project = project
    this.messages = messages // templates of the store's refusals, with their translations
  }

  picture = (image) => `/app/static/images/${this.project}/${image}`
  thumb = (image, turn) => `/app/static/thumbs/${this.project}/${image}?turn=${turn}`
  images = (query) => this.ask(`images?${new URLSearchParams(query)}`)
  label = (image) => this.ask(`images/${image}/label`)
  history = (image) => this.ask(`images/${image}/history`)
  accept = (image, base) => this.ask(`images/${image}/accept`, { base })
  save = (image, base, boxes) =>
    this.ask(`images/${image}/label`, { base, boxes: boxes && boxes.map(({ field, xyxy }) => ({ field, xyxy })) })

  isAlive = () => fetch("/api/health").then((answer) => answer.ok, () => false)

  async ask(path, body) {
    const text = body && JSON.stringify(body)
    // A save outlives the page that sent it, where the browser allows it (64 KB in all).
    const sent = body && { method: "POST", body: text, headers: { "content-type": "application/json" }, keepalive: text.length < 50000 }
    let answer, answered
    try {
      answer = await fetch(`/api/projects/${this.project}/${path}`, { ...sent, signal: AbortSignal.timeout(PATIENCE_MS) })
      answered = await answer.json()
    } catch (error) {
      // Also where a proxy answers in HTML for a server that is away.
      throw new Failure("offline", String(error))
    }
    if (answer.ok) return answered
    throw new Failure(answer.status === 409 && answered.head ? "conflict" : "refused", this.translated(answered, answer.status), answered)
  }

  translated({ error, template, values }, status) {
    return template ? fill(this.messages[template] ?? template, values) : error ?? `HTTP ${status}`
  }
}
