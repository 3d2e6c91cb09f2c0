// UI texts of ../parts/state.js.
export const t = /** @type {const} */ ({
  state: {
    uploading: 'Uploading', waiting: 'Waiting', broken: 'No connection', paused: 'Paused', completing: 'Verifying',
    checking: 'Checking',
    completed: 'Done', failed: 'Failed', cancelled: 'Cancelled', expired: 'Expired', deleted: 'Deleted'
  }
})
