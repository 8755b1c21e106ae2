// Points, ranges and rectangles.

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value))
export const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y)

export const between = (one, other) => ({
  left: Math.min(one.x, other.x), top: Math.min(one.y, other.y), right: Math.max(one.x, other.x), bottom: Math.max(one.y, other.y),
})

export const extent = ({ xyxy: [left, top, right, bottom] }) => (right - left) * (bottom - top)
export const isInside = ({ x, y }, [left, top, right, bottom]) => x >= left && x <= right && y >= top && y <= bottom

// The range with its low (-1) or high (1) end moved to `to`, but not nearer to the other end than `least`.
export const stretched = (low, high, end, to, least) => {
  const room = Math.min(least, high - low)
  return end < 0 ? [Math.min(to, high - room), high] : end > 0 ? [low, Math.max(to, low + room)] : [low, high]
}
