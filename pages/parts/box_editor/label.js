// The label of one image while it is edited: its boxes, what the server has of it, and the way back.
// Boxes are never changed in place: an edit makes new ones in a new list, so an older list is a whole earlier state.

import { typed } from "./values.js"

const STEPS = 200

let made = 0
// `text` with `read`, the reader's certainty, or without it as a person typed it; null where nobody said what is written there.
export const asBox = ({ field, xyxy, origin = "person", score = null, text = null, read = null }) =>
  ({ id: ++made, field, xyxy: [...xyxy], origin, score, text, read })
export const asBoxes = (boxes) => boxes && boxes.map(asBox)

const key = (box) => JSON.stringify([box.field, ...box.xyxy, typed(box)])

// Field, place and typed text are what people decide; equal contents have equal signatures, in whatever order.
export const signature = (boxes) => (boxes ? JSON.stringify(boxes.map(key).sort()) : "unlabelled")

export const isAlike = (one, other) => key(one) === key(other)

export class Label {
  constructor(head) {
    this.image = head.image.id
    this.page = head.image // id, name, width, height, turn, split
    this.past = []
    this.future = []
    this.locked = new Set() // ids of boxes; a matter of view, as is the next
    this.hidden = new Set()
    this.unsaved = false // the server has not acknowledged what is on the screen
    this.sending = false
    this.accepting = false // the boxes as they are were found right, and the server does not know it yet
    this.offline = false // the last try got no answer
    this.refusal = "" // why the server will not take it as it is
    this.conflict = null // what somebody else saved meanwhile, in the shape of a head
    this.tried = [] // signatures sent on top of this head: an answer can be lost after the server has saved
    this.show(head)
  }

  // Take what the server has, in place of what was here.
  show(head) {
    this.head = head
    this.boxes = asBoxes(head.boxes)
  }

  // The server has saved these boxes: they may have become a person's, or are still a model's.
  acknowledge(head) {
    this.head = head
    this.tried = []
    const known = new Map((head.boxes ?? []).map((box) => [key(box), box]))
    // In place, for once: these are the same boxes, and lists of the way back share them.
    for (const box of this.boxes ?? []) Object.assign(box, machinesOf(known.get(key(box))))
  }

  change(boxes) {
    this.past.push(this.boxes)
    if (this.past.length > STEPS) this.past.shift()
    this.future = []
    this.boxes = boxes
  }

  step(from, to) {
    if (!from.length) return false
    to.push(this.boxes)
    this.boxes = from.pop()
    return true
  }

  // Something of it is not on the server yet.
  get isBusy() {
    return this.unsaved || this.accepting || this.sending
  }

  undo = () => this.step(this.past, this.future)
  redo = () => this.step(this.future, this.past)
  box = (id) => this.boxes?.find((box) => box.id === id)
  isShown = (box) => !this.hidden.has(box.id)

  add(boxes) {
    this.change([...(this.boxes ?? []), ...boxes])
  }

  replace(id, changes) {
    this.alter(id, { origin: "person", score: null, ...changes })
  }

  // At another place is written something else, but what a person typed goes with the box.
  move(id, xyxy) {
    this.replace(id, typed(this.box(id)) === null ? { xyxy, text: null, read: null } : { xyxy })
  }

  // What is written in it; where it is stays whoever's word it was.
  write(id, text) {
    this.alter(id, { text, read: null })
  }

  alter(id, changes) {
    this.change(this.boxes.map((box) => (box.id === id ? { ...box, ...changes } : box)))
  }

  // Without its last box the image is unlabelled again: that no field is on it is said, not left over.
  remove(id) {
    const left = this.boxes.filter((box) => box.id !== id)
    this.change(left.length ? left : null)
  }
}

const machinesOf = (box) => box && { origin: box.origin, score: box.score, text: box.text ?? null, read: box.read ?? null }
