// Rows are drawn anew as one piece (sheet.py), and with them goes the focus of whoever walks them by keys: it is put back on the same button.
(() => {
  let last = null
  const sheetOf = button => button.closest('[data-sheet]')
  document.addEventListener('focusin', event => {
    // a dialog gives the focus back when it closes: until then the place in the rows behind it is kept
    if (event.target.closest('.q-dialog')) return
    const button = event.target.closest('button[data-press]')
    last = button && sheetOf(button) ? { button, sheet: sheetOf(button), press: button.dataset.press } : null
  })
  document.addEventListener('pointerdown', event => {
    if (last && !event.target.closest('.q-dialog') && event.target.closest('button') !== last.button) last = null
  })
  new MutationObserver(() => {
    if (!last || last.button.isConnected || document.activeElement !== document.body) return
    const again = [...last.sheet.querySelectorAll('button[data-press]')].find(button => button.dataset.press === last.press)
    if (again) again.focus({ preventScroll: true })
  }).observe(document, { childList: true, subtree: true })
})()
