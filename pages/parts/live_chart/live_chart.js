// Draws a Plotly figure with the theme's colours and updates it in place.

let library
const load = (address) =>
  (library ??= new Promise((done, failed) => {
    if (window.Plotly) return done(window.Plotly)
    const script = document.createElement("script")
    script.src = address
    script.onload = () => done(window.Plotly)
    script.onerror = () => { library = undefined; failed(new Error(`${address} cannot be loaded`)) }
    document.head.append(script)
  }))

const themed = (layout, element) => {
  const style = getComputedStyle(element)
  const text = style.getPropertyValue("--st-text-color"), grid = style.getPropertyValue("--st-border-color")
  const background = style.getPropertyValue("--st-background-color")
  for (const name of Object.keys(layout))
    if (/^[xy]axis/.test(name)) layout[name] = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, ...layout[name] }
  return {
    ...layout, autosize: true, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: text, family: style.getPropertyValue("--st-font"), ...layout.font },
    hoverlabel: { bgcolor: background, bordercolor: grid, font: { color: text } },
  }
}

// The export below runs again on every change of data or theme: what belongs to an element is kept here.
const jobs = new WeakMap()

export default function ({ parentElement, data }) {
  const element = parentElement.querySelector(".live-chart")
  element.style.height = `${data.height}px` // before the library is there, so that the page does not jump
  // One after the other: two updates at once would mix their figures.
  const job = (jobs.get(element) ?? Promise.resolve()).then(async () => {
    const Plotly = await load(data.library), figure = JSON.parse(data.figure)
    const options = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d"] }
    await Plotly.react(element, figure.data, themed(figure.layout, element), options)
    element.dataset.points = data.points // drawn now; what a test waits for
  }).catch((error) => { element.textContent = String(error) })
  jobs.set(element, job)
  return () => window.Plotly?.purge(element)
}
