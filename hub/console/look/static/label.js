// Reads a label by the camera where the browser can (BarcodeDetector); elsewhere the button is not shown and the name is typed.
(() => {
  const can = 'BarcodeDetector' in window && navigator.mediaDevices && navigator.mediaDevices.getUserMedia
  if (can) document.documentElement.classList.add('can-scan')
  // `tell` hears the label, `sorry` that there is no picture to read it from
  window.readLabel = async (tell, sorry) => {
    const video = document.querySelector('video.camera-picture')
    if (!can || !video) return
    let stream
    try { stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } }) } catch { return sorry() }
    const detector = new BarcodeDetector({ formats: ['qr_code'] })
    video.srcObject = stream
    video.hidden = false
    await video.play()
    const stop = () => { stream.getTracks().forEach(track => track.stop()); video.hidden = true }
    const look = async () => {
      if (!video.isConnected || video.offsetParent === null) return stop()
      const codes = await detector.detect(video).catch(() => [])
      const found = codes.map(code => code.rawValue).find(text => text.startsWith('HF1:'))
      if (found) { stop(); tell(found) } else setTimeout(look, 150)
    }
    look()
  }
})()
