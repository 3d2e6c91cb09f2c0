import { createRoot } from 'react-dom/client'
import { Uploads } from './Uploads'

// A real page gets the address and a short-lived key, or an upload link, from its own server.
const parameters = new URLSearchParams(location.search)
createRoot(document.getElementById('root')!).render(
  <Uploads service={parameters.get('service')!} token={parameters.get('key')!} />)
