import { useEffect, useMemo, useState } from 'react'
import { Uploader, filesOfInput, type Upload } from 'chunkupload-client'

/** A field for files, and the state of each upload. */
export function Uploads({ service, token }: { service: string, token: string }) {
  const uploader = useMemo(
    () => new Uploader({ base: service, headers: () => ({ Authorization: `Bearer ${token}` }) }), [service, token])
  // The uploader changes its uploads in place, so a counter makes React draw again.
  const [, draw] = useState(0)
  useEffect(() => {
    const stops = ['added', 'change', 'removed'].map((type) => uploader.on(type, () => draw((count) => count + 1)))
    return () => stops.forEach((stop) => stop())
  }, [uploader])
  return (
    <>
      <input type="file" multiple id="file"
        onChange={({ target }) => void uploader.add(filesOfInput(target.files ?? []), { folder: 'samples/react' })} />
      <ul id="state">{uploader.uploads.map((upload: Upload) => (
        <li key={upload.id}>{upload.name}: {upload.state}, {upload.safe.total} of {upload.size} bytes are safe</li>))}</ul>
    </>
  )
}
