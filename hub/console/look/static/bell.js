// Two soft tones, once: somebody is to be spoken to. A browser that lets no page sound before a click stays silent.
window.hallBell = () => {
  const sound = window.hallSound ??= new AudioContext()
  if (sound.state === 'suspended') sound.resume().catch(() => {})
  for (const [n, tone] of [659, 523].entries()) {
    const from = sound.currentTime + n * 0.28, voice = sound.createOscillator(), loud = sound.createGain()
    voice.frequency.value = tone
    loud.gain.setValueAtTime(0.18, from)
    loud.gain.exponentialRampToValueAtTime(0.001, from + 0.5)
    voice.connect(loud).connect(sound.destination)
    voice.start(from)
    voice.stop(from + 0.5)
  }
}
