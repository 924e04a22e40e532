// Finds the way back by itself: when the page has had no connection for a while and its server answers again, it is loaded anew.
(() => {
  const LOOK_MS = 3000, LOST_MS = 9000
  let lost = 0
  setInterval(async () => {
    if (window.socket && window.socket.connected) { lost = 0; return }
    lost = lost || Date.now()
    if (Date.now() - lost < LOST_MS) return
    try {
      const answer = await fetch('/console/hall.svg', { cache: 'no-store' })
      if (answer.ok) location.reload()
    } catch { /* not yet */ }
  }, LOOK_MS)
})()
