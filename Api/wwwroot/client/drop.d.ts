import { Chosen, Found } from './index.js'

/** What a drop or a paste brings. Call it in the event: the browser empties the list afterwards. */
export function filesOf(data: DataTransfer): Promise<Found>
/** Files of an input or a picker. */
export function foundOf(files?: Chosen[]): Found
/** What a folder has, such as showDirectoryPicker gives. */
export function walkHandle(handle: FileSystemDirectoryHandle): Promise<Found>
