// Two versions of a label made one: where both have a box of the same field at the same place, a person chooses; all else is kept.

import { html } from "./dom.js"
import { extent } from "./geometry.js"
import { asBoxes, isAlike } from "./label.js"
import { typed } from "./values.js"

const SAME_PLACE = 0.5 // IoU from which two boxes mean the same thing, as detections are judged by too

function iou(one, other) {
  const [low, high] = [[0, 1], [2, 3]].map((sides, end) => sides.map((side) => [Math.max, Math.min][end](one.xyxy[side], other.xyxy[side])))
  const common = Math.max(0, high[0] - low[0]) * Math.max(0, high[1] - low[1])
  return common / (extent(one) + extent(other) - common)
}

export class Merge {
  // `redraw()` is called when what is chosen or pointed at is another.
  constructor(theirs, mine, redraw) {
    const isIn = (boxes) => (box) => (boxes ?? []).some((other) => isAlike(other, box))
    const all = asBoxes(theirs ?? []), added = (mine ?? []).filter((box) => !isIn(theirs)(box)) // what both have is taken once
    const pairs = pairsOf(all.filter((box) => !isIn(mine)(box)), added)
    const isPaired = (box) => pairs.some((pair) => pair.theirs === box || pair.mine === box)
    this.pairs = pairs.filter((pair) => !isPlain(pair))
    this.theirs = [...all.filter((box) => !isPaired(box)), ...pairs.filter(isPlain).map(chosenOf)]
    this.mine = added.filter((box) => !isPaired(box))
    Object.assign(this, { redraw, pointed: null })
  }

  // The boxes as they would be saved.
  get boxes() {
    return [...this.theirs, ...this.pairs.map(chosenOf), ...this.mine]
  }

  // What lies over the page, as [boxes, kind]: the pair pointed at with both its boxes, of the others what was chosen.
  get overlaid() {
    const shown = (side) => this.pairs.filter((pair) => pair.chosen === side && pair !== this.pointed).map((pair) => pair[side])
    const pointed = this.pointed ? [[[this.pointed.theirs], "theirs asked"], [[this.pointed.mine], "mine asked"]] : []
    return [[[...this.theirs, ...shown("theirs")], "theirs"], [[...this.mine, ...shown("mine")], "mine"], ...pointed]
  }

  // A question for each pair, to be answered by mouse or with the arrow keys.
  questions(texts, look, textOf) {
    return this.pairs.map((pair, place) => {
      const point = () => this.point(pair)
      const said = (side) => [side === "mine" ? texts.myBox : texts.theirBox, textOf(pair[side]).text].filter(Boolean).join(" · ")
      const answer = (side) => html("label", { title: said(side) },
        html("input", { type: "radio", name: `pair-${place}`, checked: pair.chosen === side, onfocus: point, onchange: () => this.choose(pair, side) }),
        html("span", { class: `label ${side}` }, said(side)))
      return html("fieldset", { class: "pair", onpointerenter: point },
        html("legend", {}, look(pair.theirs.field).name), answer("theirs"), answer("mine"))
    })
  }

  choose(pair, side) {
    pair.chosen = side
    this.redraw()
  }

  point(pair) {
    this.pointed = pair
    this.redraw()
  }
}

// The box chosen, with what was typed for the other where nothing was for this one.
const chosenOf = ({ chosen, theirs, mine }) => {
  const [box, other] = chosen === "mine" ? [mine, theirs] : [theirs, mine]
  return typed(box) === null && typed(other) !== null ? { ...box, text: typed(other), read: null } : box
}

// The same box, for which only one of both typed a text: nothing is to be asked.
const isPlain = ({ theirs, mine }) => theirs.xyxy.join() === mine.xyxy.join() && (typed(theirs) === null || typed(mine) === null)

// Boxes of one field that overlap so far, those that overlap most first; each box is in one pair at most.
function pairsOf(theirs, mine) {
  const near = theirs.flatMap((one) => mine.filter((other) => other.field === one.field).map((other) => ({ theirs: one, mine: other, overlap: iou(one, other) })))
  const used = new Set(), found = []
  for (const pair of near.filter(({ overlap }) => overlap >= SAME_PLACE).sort((one, other) => other.overlap - one.overlap)) {
    if (used.has(pair.theirs) || used.has(pair.mine)) continue
    used.add(pair.theirs).add(pair.mine)
    found.push({ ...pair, chosen: "mine" })
  }
  return found
}
