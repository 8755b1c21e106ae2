// What is written in a box: the page's words that lie in it, as storage/words/values.py has it, on one table of cases.
// `words`: {texts, boxes, confidences, lines}, as the server sends them.

// Places of the words whose middle lies in the box, in reading order.
const inside = ({ boxes, lines }, [left, top, right, bottom]) => {
  const isIn = ([x0, y0, x1, y1]) => between(left, (x0 + x1) / 2, right) && between(top, (y0 + y1) / 2, bottom)
  return [...boxes.keys()].filter((place) => isIn(boxes[place])).sort((one, other) => lines[one] - lines[other])
}

const between = (low, value, high) => low <= value && value <= high

// As sure as of the word that the reader is least sure of; null without any word.
export const textIn = (words, xyxy) => {
  const places = inside(words, xyxy)
  if (!places.length) return null
  return { text: places.map((place) => words.texts[place]).join(" "), read: Math.min(...places.map((place) => words.confidences[place])) }
}

// The box moved so that it just encloses the words in it; null without any word.
export const snapped = (words, xyxy) => {
  const boxes = inside(words, xyxy).map((place) => words.boxes[place])
  return boxes.length ? [Math.min, Math.min, Math.max, Math.max].map((end, side) => end(...boxes.map((box) => box[side]))) : null
}

// The text that a person typed for a box, which may be the empty one; null if nobody did.
export const typed = ({ text, read }) => (read == null ? text ?? null : null)
